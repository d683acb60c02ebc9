-- What is reserved of the day's budget: `token:millionths` by its end, so that nobody reads them all. The member
-- `total` holds minus their sum, which sorts before all ends.
local function cost()
  -- In whole millionths, rounded up as core/usage.py does.
  return math.ceil(math.floor(tonumber(arg.max_cost_usd) * 1e9 + 0.5) / 1e3)
end
local function reservation()
  return string.format('%s:%.0f', arg.token, cost())
end
local function free(amount)
  call('ZINCRBY', key.reserved, string.format('%.0f', amount), 'total')
end
-- Whether the budget covers the cost, which is then reserved, and what is spent today (-1: not read). `spent`:
-- what is left would not cover it, were nothing reserved.
local function reserve()
  if cost() == 0 or arg.budget == 0 then return 'covered', -1 end
  local ended, ended_cost = call('ZRANGEBYSCORE', key.reserved, '(0', now(), 'LIMIT', 0, 100), 0
  for _, member in ipairs(ended) do ended_cost = ended_cost + (string.match(member, ':(%d+)$') or 0) end
  if #ended > 0 then
    call('ZREM', key.reserved, unpack(ended))
    free(ended_cost)
  end
  local spent = tonumber(call('HGET', key.stats, today() .. ':cost_micros') or 0)
  if spent + cost() > arg.budget then return 'spent', spent end
  local reserved = -(tonumber(call('ZSCORE', key.reserved, 'total') or 0))
  if spent + reserved + cost() > arg.budget then return 'reserved', spent end
  local is_new = call('ZADD', key.reserved, string.format('%.0f', now() + arg.held), reservation()) == 1
  if is_new then free(-cost()) end
  call('PEXPIRE', key.reserved, day_ms)
  return 'covered', spent
end
-- Ends the reservation and counts what was spent: once, however often it is sent.
local function settle()
  if cost() > 0 and call('ZREM', key.reserved, reservation()) == 1 then free(cost()) end
  if next(counters) and call('SET', key.settled, 1, 'NX', 'PX', day_ms) then count_all() end
end
