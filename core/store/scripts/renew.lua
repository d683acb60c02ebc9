-- Makes the lease last from now on, if it is still the asker's.
if get(key.lease) == arg.token then call('PEXPIRE', key.lease, arg.lease) end
return {calls}
