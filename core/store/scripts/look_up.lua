-- Limit, look-up, lease and reservation in one step; store/memory.py does the same, step for step.
--
-- A value is `fresh-until created-at cost digest payload`, the first three in milliseconds and millionths.
-- Hits and what they saved are one number (hits + cost * 2^24, AMOUNT of core/usage.py): one command for both.
-- All days' counters are fields of one hash, whose TTL every kept answer renews: a hit need not.
local looks = arg.mode == 'normal' or arg.mode == 'only_if_cached'
local leads = arg.mode == 'normal' or arg.mode == 'refresh'
-- What an outcome adds to the day's counters; core/request.py has the same rule.
local function count_outcome(kind, cost)
  if kind == 'hit' then
    count(arg.waited == 1 and 'collapsed' or 'hits', 1 + cost * amount_unit)
  elseif kind == 'lead' and arg.mode ~= 'refresh' then
    count('misses', 1)
  end
end
-- One command for all; a key that holds another type reads as absent.
local read = call('MGET', key.entry, key.client, key.draft, key.failure, key.purged)
local value, stored, pointer, failed, purged = unpack(read)
local since, home = newest_draft(pointer)
load_client(stored)
-- `note`: the failure of `failed`, the known contents of `lead`.
local function answer(kind, found, note, budget, spent, own_spent)
  if kind == 'hit' then own_counters.hits = (own_counters.hits or 0) + 1 end
  if is_dry then
    budget, spent, own_spent = reserve()
  elseif kind ~= 'limited' then
    count_all()
    save_client(own_counters)
  end
  return {
    calls, now(), kind, found or false, client.current, client.previous, note or '', budget or 'covered',
    spent or -1, own_spent or -1, purged or '',
  }
end

local function is_fresh(text, from)
  local fresh, created = string.match(text, '^(%d+) (%d+) ')
  return fresh and tonumber(fresh) > now() and now() - created < arg.max_age and tonumber(created) >= from
end

if arg.charge == 'always' and not take(is_dry and 0 or 1, arg.limit) then return answer('limited') end
value = looks and value
if value then
  local cost, digest = string.match(value, '^%d+ %d+ (%d+) (%x+) ')
  if not cost then call('DEL', key.entry) end
  if digest ~= arg.digest then
    value = false
  elseif is_fresh(value, since) then
    if not is_dry then count_outcome('hit', cost) end
    return answer('hit', value)
  end
end
local draft = looks and home and home ~= key.entry and get(home)
if draft and is_fresh(draft, math.max(since, arg.unfit + 1)) then return answer('draft', draft) end
local made, failure = string.match(looks and failed or '', '^(%d+) (.+)$')
local is_purged = failure and tonumber(made) <= (tonumber(string.match(purged or '', '^%d+')) or -1)
if failure and not is_purged and now() - made < arg.max_age then return answer('failed', value, failure) end
if not leads then return answer('not_stored', value) end
local takes_over = arg.mode == 'refresh'
if is_dry then
  if not takes_over and call('EXISTS', key.lease) == 1 then return answer('follow', value) end
  if arg.charge == 'on_generation' and not take(0, arg.limit) then return answer('limited') end
  return answer('lead', value)
end
if not takes_over and not call('SET', key.lease, arg.token, 'NX', 'PX', arg.lease) then
  if call('PTTL', key.lease) ~= -1 then return answer('follow', value) end
  takes_over = true  -- a lease without an end was not set by this script
end
if arg.charge == 'on_generation' and not take(1, arg.limit) then
  if not takes_over then call('DEL', key.lease) end
  return answer('limited')
end
if takes_over then call('SET', key.lease, arg.token, 'PX', arg.lease) end
count_outcome('lead')
-- Only a page may be known under another address.
local by_url = arg.mode == 'normal' and string.sub(key.entry, 1, 18) == 'threadr:cache:url:'
local known = by_url and table.concat(call('ZRANGE', key.contents, 0, -1), '')
return answer('lead', value, known, reserve())
