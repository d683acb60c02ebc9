-- Settles what was reserved, keeps the value and gives the lease back. Fencing: if another leader holds the
-- lease now, the entry is not stored under its key; the cost still counts and the permalink is stored. A view
-- has no lease: it is stored as long as its draft, kept elsewhere, is not forgotten or made again.
local index_ttl = 400 * day_ms  -- longer than any entry can live
settle()
local day = date_of(now() - arg.kept_days * day_ms)
local names = 'blocked hits misses collapsed same_draft stale_served generated tokens_in tokens_out cost_micros'
local forgotten = {}
for name in string.gmatch(names, '%S+') do table.insert(forgotten, day .. ':' .. name) end
if arg.is_view == 0 then
  call('HDEL', key.stats, unpack(forgotten))
  call('PEXPIRE', key.stats, index_ttl)
end
if arg.value ~= '' and arg.thread_ttl > 0 then call('SET', key.thread, arg.value, 'PX', arg.thread_ttl) end
local holder, pointer = unpack(call('MGET', key.lease, key.draft))
local since, home = newest_draft(pointer)
local created = tonumber(string.match(arg.value, '^%d+ (%d+) ') or 0)
if arg.is_view == 1 then
  if not home or home == key.entry or created < since then return {calls, 0} end
else
  if holder ~= arg.token then return {calls, 0} end
  call('DEL', key.lease)
end
if arg.value == '' or arg.ttl == 0 then return {calls, 0} end
call('SET', key.entry, arg.value, 'PX', arg.ttl)
sweep(key.entries)
call('ZADD', key.entries, now() + arg.ttl, key.entry)
call('PEXPIRE', key.entries, index_ttl)
if arg.is_view == 1 then return {calls, 1} end
if key.draft ~= 'threadr:draft:' then
  if arg.mode == 'refresh' then since = created end
  call('SET', key.draft, string.format('%.0f ', since) .. key.entry, 'PX', arg.ttl)
end
local mark = string.sub(key.content, 17, 24)  -- of threadr:content:<digest>
if mark ~= '' then
  call('SET', key.content, key.entry, 'PX', arg.ttl)
  call('ZADD', key.contents, now(), mark)
  call('ZREMRANGEBYRANK', key.contents, 0, -501)
  call('PEXPIRE', key.contents, index_ttl)
end
return {calls, 1}
