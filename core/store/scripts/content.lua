-- The entry stored for a content digest.
local entry = get(key.content)
return {calls, entry and get(entry) or false}
