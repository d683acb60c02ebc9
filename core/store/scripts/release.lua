-- Settles what was reserved and gives the lease back without a value; a failure is remembered.
settle()
if arg.refund == 1 then take(-1, math.huge) end
if arg.failure ~= '' then call('SET', key.failure, arg.failure, 'PX', arg.failure_ttl) end
if get(key.lease) == arg.token then call('DEL', key.lease) end
return {calls}
