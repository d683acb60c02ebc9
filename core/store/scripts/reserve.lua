-- Reserves what a leader may spend, when it knows.
local budget, spent = reserve()
return {calls, now(), budget, spent}
