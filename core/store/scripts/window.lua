-- The sliding window of core/rate_limit.py. A client's key holds its newest calendar window and the counts of
-- that one and the one before. The first call of a window enters the key in the index of clients.
-- `stored`: the key's value, where it has been read.
local function take(rate, limit, stored)
  if stored == nil then stored = get(key.client) end
  local moment, window = now(), math.floor(now() / arg.width)
  local at, current, previous = string.match(stored or '', '^(%d+):(%d+):(%d+)$')
  at, current, previous = tonumber(at), tonumber(current) or 0, tonumber(previous) or 0
  -- A clock that was set back (a replica that took over): the next window has begun, and its counts hold.
  if at == window + 1 then moment, window = at * arg.width, at end
  if at ~= window then current, previous = 0, at == window - 1 and current or 0 end
  local used = current + math.floor((arg.width - moment % arg.width) * previous / arg.width)
  if used + rate > limit then return false, current, previous end
  if rate ~= 0 then
    if rate < 0 and current == 0 then previous = math.max(0, previous + rate) end
    current = math.max(0, current + rate)
    call('SET', key.client, window .. ':' .. current .. ':' .. previous, 'PX', arg.width * 2)
    if at ~= window then
      sweep(key.clients)
      call('ZADD', key.clients, (window + 2) * arg.width, key.client)
      call('PEXPIRE', key.clients, arg.width * 2)
    end
  end
  return used < limit or rate > 0, current, previous
end
