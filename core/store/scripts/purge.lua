-- Removes what was made of one source, or of a page of all sources, by host or by prompt, and `keys`; at most
-- some 1,000 names a call. Leaders that looked up before can keep nothing then, and failures from before are
-- forgotten: both look at the stamp. It answers how many threads it removed, and the page to go on with: '' for none.
call('SET', key.purged, arg.stamp, 'PX', index_ttl)
local answers, threads, left = 0, 0, 1000
local function remove(name)
  local kind, rest = string.match(name, '^threadr:(%a+):(.*)$')
  local gone = call('DEL', name)
  if kind == 'cache' or kind == 'draft' then
    call('DEL', 'threadr:lease:' .. rest, 'threadr:failure:' .. rest)
  end
  if kind == 'cache' then
    answers = answers + gone
    call('ZREM', key.entries, name)
  elseif kind == 'thread' then
    threads = threads + gone
  elseif kind == 'content' then
    call('ZREM', key.contents, string.sub(name, 17, 24))
  end
end
local function is_by(prompt)
  if string.sub(arg.prompt, 1, 1) == '!' then return prompt ~= '' and '!' .. prompt ~= arg.prompt end
  return arg.prompt == '' or prompt == arg.prompt or string.sub(prompt, 1, #arg.prompt + 1) == arg.prompt .. '/'
end
local function is_at(source)  -- the host or a name below it
  local host = string.match(source, '^url:%a+://(%b[])') or string.match(source, '^url:%a+://([^/:?]+)') or ''
  return arg.host == '' or host == arg.host or string.sub(host, -#arg.host - 1) == '.' .. arg.host
end
local function purge(index)
  for _, member in ipairs(left > 0 and call('ZRANGE', index, 0, left - 1) or {}) do
    left = left - 1
    local name, prompt = string.match(member, '^(.*)\n(.*)$')
    if name and is_by(prompt) then
      call('ZREM', index, member)
      if string.sub(name, 1, 13) == 'threadr:made:' then purge(name) else remove(name) end
    end
  end
  if left > 0 and arg.prompt == '' then call('ZREM', key.sources, string.sub(index, 14)) end
end
for name in string.gmatch(arg.keys, '[^\n]+') do remove(name) end
local page = {'0', {arg.source, 0}}
if arg.source == '' then page = call('ZSCAN', key.sources, arg.cursor, 'COUNT', 100) end
for i = 1, #page[2], 2 do
  if is_at(page[2][i]) then purge('threadr:made:' .. page[2][i]) end
end
local next_page = left <= 0 and arg.cursor or page[1] ~= '0' and page[1] or ''
return {calls, math.max(answers, threads), next_page}
