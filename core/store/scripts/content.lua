-- The entry stored for a content digest.
local entry = get(key.content)
local value = entry and get(entry) or false
return {calls, value}
