-- Settles what was reserved, keeps the value and gives the lease back. The fence: a leader whose lease has
-- gone to another answers for nobody else. What it spent counts, and its own caller's permalink works.
call('HDEL', key.reserved, arg.token)
count_all()
local names, forgotten = 'hits misses collapsed stale_served generated tokens_in tokens_out cost_micros', {}
for name in string.gmatch(names, '%S+') do table.insert(forgotten, arg.forgotten_day .. ':' .. name) end
call('HDEL', key.stats, unpack(forgotten))
call('PEXPIRE', key.stats, arg.index_ttl)
if arg.value ~= '' and arg.thread_ttl > 0 then call('SET', key.thread, arg.value, 'PX', arg.thread_ttl) end
if get(key.lease) ~= arg.token then return {calls, 0} end
call('DEL', key.lease)
if arg.value == '' or arg.ttl == 0 then return {calls, 0} end
call('SET', key.entry, arg.value, 'PX', arg.ttl)
call('ZREMRANGEBYSCORE', key.entries, '-inf', arg.now)
call('ZADD', key.entries, arg.now + arg.ttl, key.entry)
call('PEXPIRE', key.entries, arg.index_ttl)
if arg.mark ~= '' then
  call('SET', key.content, key.entry, 'PX', arg.ttl)
  call('ZADD', key.contents, arg.now, arg.mark)
  call('ZREMRANGEBYRANK', key.contents, 0, -1 - arg.max_contents)
  call('PEXPIRE', key.contents, arg.index_ttl)
end
return {calls, 1}
