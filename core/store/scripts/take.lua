-- Counts `rate` calls of the client, and what it used; 0 reads only. The rows of its days come along.
load_client()
local allowed = take(arg.rate, arg.limit)
save_client(own_counters)
return {calls, now(), allowed and 1 or 0, client.current, client.previous, arg.keyed == 1 and rows() or ''}
