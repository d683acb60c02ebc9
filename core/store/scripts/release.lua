-- Settles what was reserved and gives the lease back without a value; a failure is remembered.
settle()
if arg.refund == 1 then
  load_client()
  take(-1, math.huge)
  save_client()
end
local seconds, failure = string.match(arg.failure, '^(%d+) (.+)$')
if failure then call('SET', key.failure, string.format('%.0f %s', now(), failure), 'EX', seconds) end
if get(key.lease) == arg.token then call('DEL', key.lease) end
return {calls}
