-- Settles what was reserved, keeps the value and gives the lease back. Fencing: if another leader holds the
-- lease now, the entry is not stored under its key; the cost still counts and the permalink is stored.
local index_ttl = 400 * day_ms  -- longer than any entry can live
settle()
local day = date_of(now() - arg.kept_days * day_ms)
local names, forgotten = 'blocked hits misses collapsed stale_served generated tokens_in tokens_out cost_micros', {}
for name in string.gmatch(names, '%S+') do table.insert(forgotten, day .. ':' .. name) end
call('HDEL', key.stats, unpack(forgotten))
call('PEXPIRE', key.stats, index_ttl)
if arg.value ~= '' and arg.thread_ttl > 0 then call('SET', key.thread, arg.value, 'PX', arg.thread_ttl) end
if get(key.lease) ~= arg.token then return {calls, 0} end
call('DEL', key.lease)
if arg.value == '' or arg.ttl == 0 then return {calls, 0} end
call('SET', key.entry, arg.value, 'PX', arg.ttl)
sweep(key.entries)
call('ZADD', key.entries, now() + arg.ttl, key.entry)
call('PEXPIRE', key.entries, index_ttl)
local mark = string.sub(key.content, 17, 24)  -- of threadr:content:<digest>
if mark ~= '' then
  call('SET', key.content, key.entry, 'PX', arg.ttl)
  call('ZADD', key.contents, now(), mark)
  call('ZREMRANGEBYRANK', key.contents, 0, -501)
  call('PEXPIRE', key.contents, index_ttl)
end
return {calls, 1}
