-- Counts `rate` calls of the client; 0 reads only.
local allowed, current, previous = take(arg.rate, arg.limit)
return {calls, now(), allowed and 1 or 0, current, previous}
