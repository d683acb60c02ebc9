-- Settles what was reserved, keeps the value and gives the lease back. Fencing: if another leader holds the
-- lease now, the entry is not stored under its key; the cost still counts and the permalink is stored. After a
-- purge since the look-up neither is. A view has no lease: it is stored as long as its draft, kept elsewhere, is
-- not forgotten or made again.
settle()
local day = date_of(now() - arg.kept_days * day_ms)
local names = 'blocked hits first_tier misses collapsed same_content same_draft stale_served generated composed '
  .. 'tokens_in tokens_out cost_micros'
local forgotten = {}
for name in string.gmatch(names, '%S+') do table.insert(forgotten, day .. ':' .. name) end
if arg.is_view == 0 then
  call('HDEL', key.stats, unpack(forgotten))
  call('PEXPIRE', key.stats, index_ttl)
end
local holder, pointer, purged = unpack(call('MGET', key.lease, key.draft, key.purged))
local since, home = newest_draft(pointer)
local created = tonumber(string.match(arg.value, '^%d+ (%d+) ') or 0)
local may = holder == arg.token
if arg.is_view == 1 then
  may = home and home ~= key.entry and created >= since
elseif may then
  call('DEL', key.lease)
end
if arg.value == '' or (purged or '') ~= arg.purged then return {calls, 0} end
local made, longest = {}, math.max(arg.ttl, arg.thread_ttl)  -- made: names of what is stored, each behind its end
local function store(name, value, ttl)
  call('SET', name, value, 'PX', ttl)
  table.insert(made, string.format('%.0f', now() + ttl))
  table.insert(made, name .. '\n' .. arg.prompt)
end
if arg.thread_ttl > 0 then store(key.thread, arg.value, arg.thread_ttl) end
local is_kept = may and arg.ttl > 0
if is_kept then
  store(key.entry, arg.value, arg.ttl)
  sweep(key.entries)
  call('ZADD', key.entries, now() + arg.ttl, key.entry)
  call('PEXPIRE', key.entries, index_ttl)
end
if is_kept and arg.is_view == 0 and key.draft ~= 'threadr:draft:' then
  if arg.mode == 'refresh' then since = created end
  store(key.draft, string.format('%.0f ', since) .. key.entry, arg.ttl)
end
local mark = string.sub(key.content, 17, 24)  -- of threadr:content:<digest>
if is_kept and mark ~= '' then
  store(key.content, key.entry, arg.ttl)
  call('ZADD', key.contents, now(), mark)
  call('ZREMRANGEBYRANK', key.contents, 0, -501)
  call('PEXPIRE', key.contents, index_ttl)
end
-- Each source names what was made of it, until the last of it ends; the address that was asked for also names
-- the one that it led to, which comes first.
for source in string.gmatch(#made > 0 and arg.sources or '', '%S+') do
  local index = 'threadr:made:' .. source
  call('ZADD', index, unpack(made))
  sweep(index)
  if call('PTTL', index) < longest then call('PEXPIRE', index, longest) end
  call('ZADD', key.sources, 'GT', string.format('%.0f', now() + longest), source)
  table.insert(made, made[1])
  table.insert(made, index .. '\n')
end
if #made > 0 and arg.sources ~= '' then
  sweep(key.sources)
  call('PEXPIRE', key.sources, index_ttl)
end
return {calls, is_kept and 1 or 0}
