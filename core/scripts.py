"""What the shared store does in one atomic step each, in Lua.

Upstash bills the commands inside a script too, so every script answers how many it ran, first. All data
of a key may be somebody else's: what does not look like ours is treated as absent.
"""

from __future__ import annotations

COUNTER_NAMES = (
    *("hits", "misses", "collapsed", "stale_served", "generated"),
    *("tokens_in", "tokens_out", "cost_micros"),
)

_HEAD = """
local calls = 0
local function call(...)
  calls = calls + 1
  return redis.call(...)
end
local function get(key)
  calls = calls + 1
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then
    call('DEL', key)
    return false
  end
  return value
end
local function add(stats, day, name, number)
  call('HINCRBY', stats, day .. ':' .. name, string.format('%.0f', number))
end
local function add_all(stats, day, first)
  for i = first, #ARGV, 2 do add(stats, day, ARGV[i], tonumber(ARGV[i + 1])) end
end
"""

# The sliding window of core/window.py. A client's key holds its newest calendar window and the counts of
# that one and the one before; whoever makes it also enters it in the index, which is there to be counted.
_TAKE = """
local function take(key, index, now, width, limit, rate)
  local window = math.floor(now / width)
  local at, current, previous = string.match(get(key) or '', '^(%d+):(%d+):(%d+)$')
  at, current, previous = tonumber(at), tonumber(current) or 0, tonumber(previous) or 0
  if at ~= window then current, previous = 0, at == window - 1 and current or 0 end
  local used = current + math.floor((width - now % width) * previous / width)
  if used + rate > limit then return false, current, previous end
  if rate ~= 0 then
    if rate < 0 and current == 0 then previous = math.max(0, previous + rate) end
    current = math.max(0, current + rate)
    call('SET', key, window .. ':' .. current .. ':' .. previous, 'PX', width * 2)
    if at ~= window then
      call('ZREMRANGEBYSCORE', index, '-inf', now)
      call('ZADD', index, (window + 2) * width, key)
      call('PEXPIRE', index, width * 2)
    end
  end
  return used < limit or rate > 0, current, previous
end
"""

# KEYS: client, index. ARGV: now, width, limit, rate (0 looks, less gives back).
TAKE = f"""{_HEAD}{_TAKE}
local allowed, current, previous = take(KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]),
  tonumber(ARGV[3]), tonumber(ARGV[4]))
return {{calls, allowed and 1 or 0, current, previous}}
"""

# A value is `fresh-until kept-at worth digest payload`, the first three in milliseconds and millionths.
# Hits and what they saved are one number (hits + worth * 2^24), so that a hit costs one command for both.
# All days' counters are fields of one hash, whose TTL every kept answer renews: a hit need not.
#
# KEYS: entry, lease, failure, client, client index, stats, reserved, content index.
# ARGV: now, flags, width, limit, token, lease ms, digest, oldest kept-at, day, reserve, budget,
#       reserved until, then counters of this process that wait to be added.
# Flags: c count the call now; g count it when it leads; l look; w it has waited; f take the lease
#        from whoever has it; o only look; k tell the known contents.
ENTER = f"""{_HEAD}{_TAKE}
local now, flags, token = tonumber(ARGV[1]), ARGV[2], ARGV[5]
local stats, day = KEYS[6], ARGV[9]
local current, previous = 0, 0
local function has(flag) return string.find(flags, flag, 1, true) end
local function answer(kind, value, paid, known)
  return {{calls, kind, value or false, current, previous, paid and 1 or 0, known or ''}}
end
local function counted()
  local allowed
  allowed, current, previous = take(KEYS[4], KEYS[5], now, tonumber(ARGV[3]), tonumber(ARGV[4]), 1)
  return allowed
end
local function reserved()
  local amount, budget = tonumber(ARGV[10]), tonumber(ARGV[11])
  if amount == 0 or budget == 0 then return true end
  local spent = tonumber(call('HGET', stats, day .. ':cost_micros') or 0)
  local held = call('HGETALL', KEYS[7])
  for i = 1, #held, 2 do
    local other, ends = string.match(held[i + 1], '^(%d+):(%d+)$')
    if not ends or tonumber(ends) <= now then call('HDEL', KEYS[7], held[i]) else spent = spent + other end
  end
  if spent + amount > budget then return false end
  call('HSET', KEYS[7], token, ARGV[10] .. ':' .. ARGV[12])
  call('EXPIRE', KEYS[7], 86400)
  return true
end

if has('c') and not counted() then return answer('blocked') end
add_all(stats, day, 13)
local value = has('l') and get(KEYS[1])
if value then
  local fresh, kept, worth, digest = string.match(value, '^(%d+) (%d+) (%d+) (%x+) ')
  if not fresh then call('DEL', KEYS[1]) end
  if digest ~= ARGV[7] then
    value = false
  elseif tonumber(fresh) > now and tonumber(kept) > tonumber(ARGV[8]) then
    add(stats, day, has('w') and 'collapsed' or 'hits', has('w') and 1 or 1 + worth * 16777216)
    return answer('hit', value)
  end
end
if has('l') then
  local failure = get(KEYS[3])
  if failure then return answer('failed', failure) end
end
if has('o') then return answer('absent', value) end
if has('f') then
  call('SET', KEYS[2], token, 'PX', ARGV[6])
elseif not call('SET', KEYS[2], token, 'NX', 'PX', ARGV[6]) then
  if call('PTTL', KEYS[2]) ~= -1 then return answer('follow', value) end
  call('SET', KEYS[2], token, 'PX', ARGV[6])  -- a lease without an end is not one of ours
end
if has('g') and not counted() then
  call('DEL', KEYS[2])
  return answer('blocked')
end
if has('l') then add(stats, day, 'misses', 1) end
local known = has('k') and table.concat(call('ZRANGE', KEYS[8], 0, -1), '') or ''
return answer('lead', value, reserved(), known)
"""

COUNTED = ", ".join(f"ARGV[9] .. ':{name}'" for name in COUNTER_NAMES)

# The fence: a leader whose lease has gone to another (or nobody) writes nothing, but what it spent counts.
# KEYS: entry, lease, entry index, stats, reserved, content, content index.
# ARGV: now, token, value, TTL ms, day, index TTL ms, content mark, most contents, day to forget, counters.
KEEP = f"""{_HEAD}
local now, token = tonumber(ARGV[1]), ARGV[2]
call('HDEL', KEYS[5], token)
add_all(KEYS[4], ARGV[5], 10)
call('HDEL', KEYS[4], {COUNTED})
call('PEXPIRE', KEYS[4], ARGV[6])
if get(KEYS[2]) ~= token then return {{calls, 0}} end
call('DEL', KEYS[2])
if ARGV[3] == '' then return {{calls, 0}} end
call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
call('ZADD', KEYS[3], now + ARGV[4], KEYS[1])
call('PEXPIRE', KEYS[3], ARGV[6])
if ARGV[7] ~= '' then
  call('SET', KEYS[6], KEYS[1], 'PX', ARGV[4])
  call('ZADD', KEYS[7], now, ARGV[7])
  call('ZREMRANGEBYRANK', KEYS[7], 0, -1 - ARGV[8])
  call('PEXPIRE', KEYS[7], ARGV[6])
end
return {{calls, 1}}
"""

# KEYS: lease, failure, client, client index, stats, reserved.
# ARGV: now, token, width, limit, refund, failure, failure's TTL ms, day, then counters.
RELEASE = f"""{_HEAD}{_TAKE}
call('HDEL', KEYS[6], ARGV[2])
if ARGV[5] == '1' then take(KEYS[3], KEYS[4], tonumber(ARGV[1]), tonumber(ARGV[3]), math.huge, -1) end
if ARGV[6] ~= '' then call('SET', KEYS[2], ARGV[6], 'PX', ARGV[7]) end
if get(KEYS[1]) == ARGV[2] then call('DEL', KEYS[1]) end
add_all(KEYS[5], ARGV[8], 9)
return {{calls}}
"""

# KEYS: lease. ARGV: token, lease ms.
RENEW = f"""{_HEAD}
if get(KEYS[1]) == ARGV[1] then call('PEXPIRE', KEYS[1], ARGV[2]) end
return {{calls}}
"""

# KEYS: content. The entry that the content is filed under is read too.
CONTENT = f"""{_HEAD}
local key = get(KEYS[1])
return {{calls, key and get(key) or false}}
"""
