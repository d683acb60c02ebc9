-- The head of every script: names and values in ARGV (`arg.…`), keys in KEYS (`key.…`, the same for all).
-- A name that ends with # has a number, one that begins with + is a counter to be added. Upstash bills the
-- commands inside a script too, so every script answers how many it ran, first. Any key may hold foreign
-- data: values in another form are treated as absent.
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
