-- GUARD: does this node vote? Whoever connects asks, and lets it in.
--
-- KEYS  guard: run_id, config, floor, cap; pending, pending_since
-- ARGV  run_id, as INFO gives it on this connection
--       config: the fingerprint of what all clients must have in common
--       3 cap: max_ttl + lock_delay
--       4 look: change nothing
--         first: let it in if it has no guard at all: a first use
--         wait: it may have lost data; let it in when cap is over since the first who said so
--         survived: it lost no data (durability=aof_always); let it in at once, with its floor
--         now: let it in at once (restart_guard=off)
-- gives ADMITTED now floor                 it votes
--       PENDING now ms run_id              it will, in so many ms; run_id: of the guard, '' none
--       OTHER now run_id                   the guard is of another run; nobody asked to wait yet
--       MISSING now                        no guard
--       CONFIG now config                  other clients have another configuration: no effect
--
-- Promises: no lease of a run before is alive, by the server's clock, when a node is let in after
-- `wait`. The floor is above every fence that such a run gave, and never goes down. Nothing undoes
-- an admission.

-- include begin
-- include clock
local G, run_id, config, want = KEYS[1], ARGV[1], ARGV[2], ARGV[4]
cap = tonumber(ARGV[3])
local FLOOR_AHEAD_US = 2000000

local fields = call('HMGET', G, 'run_id', 'config', 'floor', 'pending', 'pending_since')
local its_run, its_config, pending = fields[1], fields[2], fields[4]
floor = tonumber(fields[3] or 0)
local since = tonumber(fields[5] or now)
local exists = its_run or its_config or pending

local function let_in(new_floor)
  call('HSET', G, 'run_id', run_id, 'config', config, 'cap', cap, 'floor', text('%d', new_floor))
  call('HDEL', G, 'pending', 'pending_since')
  return {'ADMITTED', now, new_floor}
end
local function raised() return math.max(floor, now_us + FLOOR_AHEAD_US) end

if exists and its_config ~= config then return {'CONFIG', now, its_config or ''} end
if its_run == run_id then return {'ADMITTED', now, floor} end

if want == 'now' or (want == 'first' and not exists) then return let_in(raised()) end
if want == 'survived' and its_run then return let_in(floor) end
if want == 'wait' and (pending ~= run_id or since > now) then -- the first, or the clock went back
  call('HSET', G, 'config', config, 'pending', run_id, 'pending_since', now)
  pending, since = run_id, now
end
if not exists and not pending then return {'MISSING', now} end
if pending ~= run_id then return {'OTHER', now, its_run or ''} end
local left = since + cap - now
if want == 'wait' and left <= 0 then return let_in(raised()) end
return {'PENDING', now, math.max(0, left), its_run or ''}
