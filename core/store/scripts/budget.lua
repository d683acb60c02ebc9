-- What is reserved of the day's budgets, of everybody's and of the client's own: `token:millionths` by its end, so that
-- nobody reads them all. The member `total` holds minus their sum, which sorts before all ends.
local is_dry = arg.token == ''  -- a look-up that changes nothing
local function cost()
  -- In whole millionths, rounded up as core/usage.py does.
  return math.ceil(math.floor(tonumber(arg.max_cost_usd) * 1e9 + 0.5) / 1e3)
end
local function reservation()
  return string.format('%s:%.0f', arg.token, cost())
end
local function free(reserved, amount)
  call('ZINCRBY', reserved, string.format('%.0f', amount), 'total')
end
-- Why the budget does not cover the cost. `spent`: what is left would not, were nothing reserved.
local function shortage(reserved, budget, spent)
  local ended, ended_cost = call('ZRANGEBYSCORE', reserved, '(0', now(), 'LIMIT', 0, 100), 0
  for _, member in ipairs(ended) do ended_cost = ended_cost + (string.match(member, ':(%d+)$') or 0) end
  if #ended > 0 then
    call('ZREM', reserved, unpack(ended))
    free(reserved, ended_cost)
  end
  if spent + cost() > budget then return 'spent' end
  if spent + cost() - (tonumber(call('ZSCORE', reserved, 'total') or 0)) > budget then return 'reserved' end
end
local function hold(reserved)
  local is_new = call('ZADD', reserved, string.format('%.0f', now() + arg.held), reservation()) == 1
  if is_new then free(reserved, -cost()) end
  call('PEXPIRE', reserved, day_ms)
end
-- Whether both budgets cover the cost, which is then reserved of both, and what is spent today (-1: not read), by
-- everybody and by the client. `own_…`: it is the client's that does not.
local function reserve()
  local state, spent, own_spent = nil, -1, -1
  if cost() == 0 then return 'covered', spent, own_spent end
  if arg.budget > 0 then
    spent = tonumber(call('HGET', key.stats, today() .. ':cost_micros') or 0)
    state = shortage(key.reserved, arg.budget, spent)
  end
  if arg.own_budget > 0 then
    if not client then load_client() end
    own_spent = used.cost_micros
    local own = not state and shortage(key.own_reserved, arg.own_budget, own_spent)
    state = state or own and 'own_' .. own
  end
  if state or is_dry then return state or 'covered', spent, own_spent end
  if arg.budget > 0 then hold(key.reserved) end
  if arg.own_budget > 0 then hold(key.own_reserved) end
  return 'covered', spent, own_spent
end
-- Ends the reservations and counts what was spent: once, however often it is sent.
local function settle()
  for _, reserved in ipairs({key.reserved, arg.own_budget > 0 and key.own_reserved or nil}) do
    if cost() > 0 and call('ZREM', reserved, reservation()) == 1 then free(reserved, cost()) end
  end
  if next(counters) and call('SET', key.settled, 1, 'NX', 'PX', day_ms) then
    count_all()
    if arg.keyed == 1 then
      load_client()
      own_counters.generations = (counters.generated or 0) % amount_unit
      for _, name in ipairs({'tokens_in', 'tokens_out', 'cost_micros'}) do own_counters[name] = counters[name] end
      save_client(own_counters)
    end
  end
end
