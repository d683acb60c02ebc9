-- The client: the sliding window of core/rate_limit.py, and what a client with a key used. Its key holds its newest
-- calendar window, the counts of that one and the one before, and a row for each of 30 days, the newest first: the
-- date and the numbers of `uses`. The first call of a window enters the key in the index of clients.
local uses = {'requests', 'generations', 'hits', 'blocked', 'tokens_in', 'tokens_out', 'cost_micros'}
local client, used = nil, {}
local function load_rows(rows)
  local first, older = string.match(rows, '^( %S+)(.*)$')
  local day, numbers = string.match(first or '', '^ (%d+%-%d+%-%d+)([,%d]*)$')
  client.day, client.older = today(), ''
  if day and day >= client.day then  -- later: a clock that was set back
    client.day, client.older = day, older
  else
    local count = 0
    for row in string.gmatch(rows, ' [%d,-]+') do
      count = count + 1
      if count < 30 then client.older = client.older .. row end
    end
    numbers = ''
  end
  local numbers_of_today = string.gmatch(numbers, '%d+')
  for _, name in ipairs(uses) do used[name] = tonumber(numbers_of_today() or 0) end
end
-- `stored`: the key's value, where it has been read.
local function load_client(stored)
  if stored == nil then stored = get(key.client) end
  local moment, window = now(), math.floor(now() / arg.width)
  local at, current, previous, rows = string.match(stored or '', '^(%d+):(%d+):(%d+)(.*)$')
  at, current, previous = tonumber(at), tonumber(current) or 0, tonumber(previous) or 0
  -- A clock that was set back (a replica that took over): the next window has begun, and its counts hold.
  if at == window + 1 then moment, window = at * arg.width, at end
  if at ~= window then current, previous = 0, at == window - 1 and current or 0 end
  client = {moment = moment, at = at, window = window, current = current, previous = previous}
  if arg.keyed == 1 then load_rows(rows or '') end
end
local function take(rate, limit)
  local current, previous = client.current, client.previous
  local counted = current + math.floor((arg.width - client.moment % arg.width) * previous / arg.width)
  if counted + rate > limit then return false end
  if rate ~= 0 then
    if rate < 0 and current == 0 then client.previous = math.max(0, previous + rate) end
    client.is_charged, client.is_first = true, client.at ~= client.window or current == 0
    client.current = math.max(0, current + rate)
  end
  return counted < limit or rate > 0
end
local function rows()
  local row = {client.day}
  for _, name in ipairs(uses) do table.insert(row, string.format('%.0f', used[name])) end
  return ' ' .. table.concat(row, ',') .. client.older
end
-- Stores what was taken and, of a client with a key, adds the numbers to its day.
local function save_client(numbers)
  for name, number in pairs(arg.keyed == 1 and numbers or {}) do
    if used[name] then used[name], client.is_used = math.max(0, used[name] + number), true end
  end
  if not (client.is_charged or client.is_used) then return end
  local value, ttl = client.window .. ':' .. client.current .. ':' .. client.previous, arg.width * 2
  if arg.keyed == 1 then
    value, ttl = value .. rows(), math.max(ttl, 31 * day_ms)
  end
  call('SET', key.client, value, 'PX', ttl)
  if client.is_first then
    sweep(key.clients)
    call('ZADD', key.clients, (client.window + 2) * arg.width, key.client)
    call('PEXPIRE', key.clients, 63 * day_ms)  -- two of the longest windows
  end
end
