-- Reserves what a leader may spend, when it knows.
local budget, spent, own_spent = reserve()
return {calls, now(), budget, spent, own_spent}
