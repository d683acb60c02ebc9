-- Limit, look-up, lease and reservation in one step; store/memory.py does the same, step for step.
--
-- A value is `fresh-until created-at cost digest payload`, the first three in milliseconds and millionths.
-- Hits and what they saved are one number (hits + cost * 2^24), so that a hit costs one command for both.
-- All days' counters are fields of one hash, whose TTL every kept answer renews: a hit need not.
local looks = arg.mode == 'normal' or arg.mode == 'only_if_cached'
local leads = arg.mode == 'normal' or arg.mode == 'refresh'
local current, previous = 0, 0
-- What an outcome adds to the day's counters; core/request.py has the same rule.
local function count_outcome(kind, cost)
  if kind == 'hit' and arg.waited == 1 then
    count('collapsed', 1)
  elseif kind == 'hit' then
    count('hits', 1 + cost * 16777216)
  elseif kind == 'lead' and arg.mode ~= 'refresh' then
    count('misses', 1)
  end
end
-- `note`: the failure of `failed`, the known contents of `lead`.
local function answer(kind, value, within_budget, note)
  return {calls, kind, value or false, current, previous, within_budget and 1 or 0, note or ''}
end
local function is_charged()
  local allowed
  allowed, current, previous = take(1, arg.limit)
  return allowed
end
local function reserve()
  -- In whole millionths, rounded up as core/usage.py does.
  local max_cost = math.ceil(math.floor(tonumber(arg.max_cost_usd) * 1e9 + 0.5) / 1e3)
  if max_cost == 0 or arg.budget == 0 then return true end
  local spent = tonumber(call('HGET', key.stats, arg.day .. ':cost_micros') or 0)
  local held = call('HGETALL', key.reserved)
  for i = 1, #held, 2 do
    local amount, ends = string.match(held[i + 1], '^(%d+):(%d+)$')
    if not ends or tonumber(ends) <= arg.now then
      call('HDEL', key.reserved, held[i])
    else
      spent = spent + amount
    end
  end
  if spent + max_cost > arg.budget then return false end
  call('HSET', key.reserved, arg.token, string.format('%.0f:%.0f', max_cost, arg.held_until))
  call('EXPIRE', key.reserved, 86400)
  return true
end

if arg.charge == 'always' and not is_charged() then return answer('limited') end
count_all()
local value = looks and get(key.entry)
if value then
  local fresh, created, cost, digest = string.match(value, '^(%d+) (%d+) (%d+) (%x+) ')
  if not fresh then call('DEL', key.entry) end
  if digest ~= arg.digest then
    value = false
  elseif tonumber(fresh) > arg.now and tonumber(created) > arg.min_created_at then
    count_outcome('hit', cost)
    return answer('hit', value)
  end
end
local made, failure = string.match(looks and get(key.failure) or '', '^(%d+) (.+)$')
if failure and tonumber(made) > arg.min_created_at then return answer('failed', value, false, failure) end
if not leads then return answer('not_stored', value) end
local takes_over = arg.mode == 'refresh'
if not takes_over and not call('SET', key.lease, arg.token, 'NX', 'PX', arg.lease) then
  if call('PTTL', key.lease) ~= -1 then return answer('follow', value) end
  takes_over = true  -- a lease without an end was not set by this script
end
if arg.charge == 'on_generation' and not is_charged() then
  if not takes_over then call('DEL', key.lease) end
  return answer('limited')
end
if takes_over then call('SET', key.lease, arg.token, 'PX', arg.lease) end
count_outcome('lead')
-- Only a page may be known under another address.
local by_url = arg.mode == 'normal' and string.sub(key.entry, 1, 18) == 'threadr:cache:url:'
local known = by_url and table.concat(call('ZRANGE', key.contents, 0, -1), '')
return answer('lead', value, reserve(), known)
