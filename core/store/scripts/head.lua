-- The head of every script: names and values in ARGV (`arg.…`), keys in KEYS (`key.…`, the same for all).
-- A name that ends with # has a number, one that begins with + is a counter to be added, one with +@ of the client's
-- own. Upstash bills the commands inside a script too, so every script answers how many it ran, first. Any key may hold foreign
-- data: values in another form are treated as absent.
local calls, arg, counters, own_counters = 0, {}, {}, {}
local key = {
  entry = KEYS[1], lease = KEYS[2], failure = KEYS[3], content = KEYS[4], client = KEYS[5],
  clients = KEYS[6], entries = KEYS[7], contents = KEYS[8], stats = KEYS[9], reserved = KEYS[10],
  thread = KEYS[11], settled = KEYS[12], own_reserved = KEYS[13], draft = KEYS[14], sources = KEYS[15],
  purged = KEYS[16],
}
local day_ms = 86400000
local amount_unit = 16777216  -- AMOUNT of core/usage.py
local index_ttl = 400 * day_ms  -- longer than any entry can live
for i = 1, #ARGV, 2 do
  local name, value = ARGV[i], ARGV[i + 1]
  if string.sub(name, 1, 2) == '+@' then
    own_counters[string.sub(name, 3)] = tonumber(value)
  elseif string.sub(name, 1, 1) == '+' then
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
-- Where the newest draft is kept, and from when on views must be made of it: nil where there is none.
local function newest_draft(pointer)
  local since, home = string.match(pointer or '', '^(%d+) (threadr:cache:.+)$')
  return tonumber(since or 0), home
end
-- Milliseconds by the store's clock, the same all through a script; by the caller's where a store allows no
-- TIME in scripts (ElastiCache Serverless). Tests send the time as `now`.
local function now()
  if not arg.now then
    calls = calls + 1
    local time = redis.pcall('TIME')
    arg.now = time.err and arg.clock or time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return arg.now
end
-- The ISO date in UTC, which scripts have no library for: howardhinnant.github.io/date_algorithms.html.
local function date_of(ms)
  local days = math.floor(ms / day_ms) + 719468
  local era = math.floor(days / 146097)
  local of_era = days % 146097
  local year = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524)
    - math.floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local month = math.floor((5 * of_year + 2) / 153)
  local day = of_year - math.floor((153 * month + 2) / 5) + 1
  month = month < 10 and month + 3 or month - 9
  return string.format('%04d-%02d-%02d', year + era * 400 + (month <= 2 and 1 or 0), month, day)
end
local function today()
  arg.today = arg.today or date_of(now())
  return arg.today
end
local function count(name, number)
  call('HINCRBY', key.stats, today() .. ':' .. name, string.format('%.0f', number))
end
local function count_all()
  for name, number in pairs(counters) do count(name, number) end
end
-- Removes what has ended from an index by end, at most 100 a call: nobody else is served meanwhile.
local function sweep(index)
  local ended = math.min(100, call('ZCOUNT', index, '-inf', now()))
  if ended > 0 then call('ZREMRANGEBYRANK', index, 0, ended - 1) end
end
