-- The entry that a source text is filed under.
local entry = get(key.content)
return {calls, entry and get(entry) or false}
