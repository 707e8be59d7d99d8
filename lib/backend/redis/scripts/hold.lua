-- HOLD: keeps exclusive leases, many in one call: the renewal of a lease, the confirmation of one
-- that was handed over, its repair on a node that came back, the write-back of a quorum's fence.
--
-- KEYS  guard, then of each lease L, F
-- ARGV  run_id, config
--       3 deadline of this message, ms of the server's clock, 0 none
--       4 write: write-back; renew: all else; stay: for both, take no missing L: L may have been
--         another library's meanwhile, which raises no F
--       then of each lease: lease id:att, m (its fence), px, "<since> <channel> <owner record>"
-- gives OK now, then of each lease OK, or {why, F, L}:
--         HELD        L is somebody else's
--         PASSED      F is above m: somebody had it since, or it is over for good (F tells how)
--         MISSING     F is missing: data lost
--         FLOOR       the floor is above m
--         FREE        L is missing, and may not be taken
--         POISON      m is no fence: not below 2^53, or more than a day ahead
--         TYPE        L or F is of another type, or F no fence
--       LATE now    past the deadline: no effect       GUARD    this node does not vote: no effect
--
-- Promises: after OK, L is this lease's for px at least, and F is m. Nobody was granted this name with a
-- higher fence by this node before.

-- include begin
-- include guarded
if not admitted then return {'GUARD'} end
-- include clock
local deadline = tonumber(ARGV[3])
if deadline > 0 and now > deadline then return {'LATE', now} end
-- include fence
-- include base
local DAY_US = 86400000000
local mode = ARGV[4]

local function hold(L, F, me, m, px, rest)
  local owner, raw = redis.pcall('GET', L), redis.pcall('GET', F)
  if type(owner) == 'table' or type(raw) == 'table' then return {'TYPE', '', ''} end
  local sound, number, state, previous = pcall(fence_of, raw)
  if not sound then return {'TYPE', raw, owner or ''} end
  local function refused(why) return {why, raw or '', owner or ''} end
  local is_mine = owner and (owner == me or string.sub(owner, 1, #me + 1) == me .. ' ')
  if owner and not is_mine then return refused('HELD') end
  if not number then return refused('MISSING') end
  if number > m then return refused('PASSED') end
  if floor > m then return refused('FLOOR') end
  if m > number and (m >= FENCE_END or m > now_us + DAY_US) then return refused('POISON') end
  if not owner and (mode == 'stay' or (mode == 'write' and number == m)) then
    return refused('FREE')
  end
  if number < m or state ~= 'h' then
    set_fence(F, m, 'h', owner and previous or how_it_ended(number, state, previous))
  else
    call('EXPIRE', F, FENCE_SECONDS)
  end
  if owner then -- one that comes late takes nothing from what a later one has promised
    local left = call('PTTL', L)
    if left < tonumber(px) or left > cap then call('PEXPIRE', L, px) end
  else
    call('SET', L, me .. ' ' .. rest, 'PX', px)
  end
  return 'OK'
end

local reply = {'OK', now}
for i = 1, (#KEYS - 1) / 2 do
  local at = 4 * i + 1
  local m, px = tonumber(ARGV[at + 1]), ARGV[at + 2]
  if tonumber(px) > cap then px = cap end
  reply[i + 2] = hold(KEYS[2 * i], KEYS[2 * i + 1], ARGV[at], m, px, ARGV[at + 3])
end
return reply
