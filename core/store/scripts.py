"""What the shared store does in one atomic step each, in Lua.

Every script is called with the same KEYS (`key.…` below), and with names and values in ARGV (`arg.…`): a name
that ends with # has a number, one that begins with + is a counter to be added. Upstash bills the commands
inside a script too, so every script answers how many it ran, first. All data of a key may be somebody
else's: what does not look like ours is treated as absent.
"""

from __future__ import annotations

COUNTER_NAMES = (
    *("hits", "misses", "collapsed", "stale_served", "generated"),
    *("tokens_in", "tokens_out", "cost_micros"),
)

_HEAD = """
local calls, arg, counters = 0, {}, {}
local key = {
  entry = KEYS[1], lease = KEYS[2], failure = KEYS[3], content = KEYS[4], client = KEYS[5],
  clients = KEYS[6], entries = KEYS[7], contents = KEYS[8], stats = KEYS[9], reserved = KEYS[10],
  thread = KEYS[11],
}
for i = 1, #ARGV, 2 do
  local name, value = ARGV[i], ARGV[i + 1]
  if string.sub(name, 1, 1) == '+' then
    counters[string.sub(name, 2)] = tonumber(value)
  elseif string.sub(name, -1) == '#' then
    arg[string.sub(name, 1, -2)] = tonumber(value)
  else
    arg[name] = value
  end
end
local function call(...)
  calls = calls + 1
  return redis.call(...)
end
local function get(name)
  calls = calls + 1
  local value = redis.pcall('GET', name)
  if type(value) == 'table' then
    call('DEL', name)
    return false
  end
  return value
end
local function count(name, number)
  call('HINCRBY', key.stats, arg.day .. ':' .. name, string.format('%.0f', number))
end
local function count_all()
  for name, number in pairs(counters) do count(name, number) end
end
"""

# The sliding window of core/window.py. A client's key holds its newest calendar window and the counts of that
# one and the one before; whoever begins a window enters the key in the index, which is there to be counted.
_TAKE = """
local function take(rate, limit)
  local window = math.floor(arg.now / arg.width)
  local at, current, previous = string.match(get(key.client) or '', '^(%d+):(%d+):(%d+)$')
  at, current, previous = tonumber(at), tonumber(current) or 0, tonumber(previous) or 0
  if at ~= window then current, previous = 0, at == window - 1 and current or 0 end
  local used = current + math.floor((arg.width - arg.now % arg.width) * previous / arg.width)
  if used + rate > limit then return false, current, previous end
  if rate ~= 0 then
    if rate < 0 and current == 0 then previous = math.max(0, previous + rate) end
    current = math.max(0, current + rate)
    call('SET', key.client, window .. ':' .. current .. ':' .. previous, 'PX', arg.width * 2)
    if at ~= window then
      call('ZREMRANGEBYSCORE', key.clients, '-inf', arg.now)
      call('ZADD', key.clients, (window + 2) * arg.width, key.client)
      call('PEXPIRE', key.clients, arg.width * 2)
    end
  end
  return used < limit or rate > 0, current, previous
end
"""

# Counts `rate` calls; 0 only looks.
TAKE = f"""{_HEAD}{_TAKE}
local allowed, current, previous = take(arg.rate, arg.limit)
return {{calls, allowed and 1 or 0, current, previous}}
"""

# A value is `fresh-until kept-at worth digest payload`, the first three in milliseconds and millionths.
# Hits and what they saved are one number (hits + worth * 2^24), so that a hit costs one command for both.
# All days' counters are fields of one hash, whose TTL every kept answer renews: a hit need not.
#
# Flags: c count the call now; g count it when it leads; l look; w it has waited; f take the lease from
# whoever has it; o only look; k tell the known contents.
ENTER = f"""{_HEAD}{_TAKE}
local current, previous = 0, 0
local function has(flag) return string.find(arg.flags, flag, 1, true) end
local function answer(kind, value, paid, known)
  return {{calls, kind, value or false, current, previous, paid and 1 or 0, known or ''}}
end
local function counted()
  local allowed
  allowed, current, previous = take(1, arg.limit)
  return allowed
end
local function paid()
  if arg.max_cost == 0 or arg.budget == 0 then return true end
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
  if spent + arg.max_cost > arg.budget then return false end
  call('HSET', key.reserved, arg.token, string.format('%.0f:%.0f', arg.max_cost, arg.held_until))
  call('EXPIRE', key.reserved, 86400)
  return true
end

if has('c') and not counted() then return answer('blocked') end
count_all()
local value = has('l') and get(key.entry)
if value then
  local fresh, kept, worth, digest = string.match(value, '^(%d+) (%d+) (%d+) (%x+) ')
  if not fresh then call('DEL', key.entry) end
  if digest ~= arg.digest then
    value = false
  elseif tonumber(fresh) > arg.now and tonumber(kept) > arg.oldest then
    count(has('w') and 'collapsed' or 'hits', has('w') and 1 or 1 + worth * 16777216)
    return answer('hit', value)
  end
end
if has('l') then
  local failure = get(key.failure)
  if failure then return answer('failed', failure) end
end
if has('o') then return answer('absent', value) end
if has('f') then
  call('SET', key.lease, arg.token, 'PX', arg.lease)
elseif not call('SET', key.lease, arg.token, 'NX', 'PX', arg.lease) then
  if call('PTTL', key.lease) ~= -1 then return answer('follow', value) end
  call('SET', key.lease, arg.token, 'PX', arg.lease)  -- a lease without an end is not one of ours
end
if has('g') and not counted() then
  call('DEL', key.lease)
  return answer('blocked')
end
if has('l') then count('misses', 1) end
local known = has('k') and table.concat(call('ZRANGE', key.contents, 0, -1), '') or ''
return answer('lead', value, paid(), known)
"""

# The fence: a leader whose lease has gone to another (or nobody) answers for nobody else. What it spent
# counts, and its own caller's permalink leads somewhere.
KEEP = f"""{_HEAD}
call('HDEL', key.reserved, arg.token)
count_all()
call('HDEL', key.stats, {", ".join(f"arg.forgotten_day .. ':{name}'" for name in COUNTER_NAMES)})
call('PEXPIRE', key.stats, arg.index_ttl)
if arg.value ~= '' and arg.thread_ttl > 0 then call('SET', key.thread, arg.value, 'PX', arg.thread_ttl) end
if get(key.lease) ~= arg.token then return {{calls, 0}} end
call('DEL', key.lease)
if arg.value == '' or arg.ttl == 0 then return {{calls, 0}} end
call('SET', key.entry, arg.value, 'PX', arg.ttl)
call('ZREMRANGEBYSCORE', key.entries, '-inf', arg.now)
call('ZADD', key.entries, arg.now + arg.ttl, key.entry)
call('PEXPIRE', key.entries, arg.index_ttl)
if arg.mark ~= '' then
  call('SET', key.content, key.entry, 'PX', arg.ttl)
  call('ZADD', key.contents, arg.now, arg.mark)
  call('ZREMRANGEBYRANK', key.contents, 0, -1 - arg.max_contents)
  call('PEXPIRE', key.contents, arg.index_ttl)
end
return {{calls, 1}}
"""

RELEASE = f"""{_HEAD}{_TAKE}
call('HDEL', key.reserved, arg.token)
if arg.refund == 1 then take(-1, math.huge) end
if arg.failure ~= '' then call('SET', key.failure, arg.failure, 'PX', arg.failure_ttl) end
if get(key.lease) == arg.token then call('DEL', key.lease) end
count_all()
return {{calls}}
"""

RENEW = f"""{_HEAD}
if get(key.lease) == arg.token then call('PEXPIRE', key.lease, arg.lease) end
return {{calls}}
"""

# The entry that the content is filed under is read too.
CONTENT = f"""{_HEAD}
local entry = get(key.content)
return {{calls, entry and get(entry) or false}}
"""
