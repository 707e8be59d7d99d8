-- Part: how each script begins. Redis 5 and 6 can be set to replicate a script as such, and then
-- forbid it to write after TIME: the first line has them replicate its effects.
if redis.replicate_commands then redis.replicate_commands() end
local call, text = redis.call, string.format
local admitted, floor, cap -- what the part `guarded` finds out
