-- Extends the lease if this token still holds it.
if get(key.lease) == arg.token then call('PEXPIRE', key.lease, arg.lease) end
return {calls}
