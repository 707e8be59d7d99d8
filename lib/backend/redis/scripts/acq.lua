-- ACQ: asks for one lease of one name; stands in the queue for it, where that is wanted.
--
-- KEYS  guard, L, F, Q, W, R
-- ARGV  run_id, config
--       3 lease id: 32 hex digits    4 att: of this lease, growing; one for a whole wait
--       5 px: ttl + lock_delay       6 x exclusive, s shared
--       7 deadline of this message   8 until when the lease is wanted: ms of its clock, 0 none
--       9 clock hint                10 seen hint: a fence to be above of, 0 none
--      11 1: stand in the queue     12 channel of the client, - none
--      13 owner record
-- gives GRANT now fence previous again found
--         again 1: had been granted before, and nothing was written: valid only from a HOLD on.
--         found: F as it was, for REL to put back; '' it was missing; - not to be put back.
--       HELD now place pttl fence readers holder record
--         place: 1 is the head, 0 not in the queue. pttl: until it may be free, -1 no end.
--         holder: L; with readers, the one that lasts longest, and its record.
--       LATE now    past a deadline: no effect       STALE now    a newer att was seen: no effect
--       GUARD       this node does not vote: no effect
--
-- Promises: no exclusive grant while anybody else has the name; its fence is above all that were
-- given, and above the floor. Nobody passes a live waiter. Shared grants raise no fence.

-- include begin
-- include guarded
if not admitted then return {'GUARD'} end
-- include clock
local deadline, last = tonumber(ARGV[7]), tonumber(ARGV[8])
if (deadline > 0 and now > deadline) or (last > 0 and now > last) then return {'LATE', now} end

-- include fence
-- include base
-- include owner
local DAY_US = 86400000000
local L, F, Q, W, R = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local id, att, px, shared = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == 's'
local me = id .. ':' .. ARGV[4]
if px > cap then return redis.error_reply('REPOLOCK px is above the cap, ' .. cap) end

-- Both hints let the nodes of a quorum agree at once. A clock may be ahead by a second, and what
-- was seen elsewhere by a day: more would be poison.
local function hinted(number)
  local base = base_of(number)
  local raised, clock, seen = base, tonumber(ARGV[9]), tonumber(ARGV[10])
  if clock > base and clock <= now_us + 1000000 then raised = clock end
  if seen > raised and seen <= now_us + DAY_US then raised = seen end
  return raised
end

local function grant_exclusive(over)
  local found = call('GET', F)
  local number, state, previous = fence_of(found)
  local fence = hinted(number) + 1
  over = over and previous or how_it_ended(number, state, previous)
  set_fence(F, fence, 'h', over)
  call('SET', L, text('%s %d %s %s', me, now, ARGV[12], ARGV[13]), 'PX', ARGV[5])
  return {'GRANT', now, fence, tonumber(over), 0, found or ''}
end

if not shared and call('EXISTS', L, Q, R) == 0 then return grant_exclusive() end

-- The rare way: somebody has it, or waits, or this was asked before.
local owner, found = call('GET', L), call('GET', F)
local owner_id, owner_att = owner_of(owner)
local stored, _, stored_previous = fence_of(found)
local granted_before = {'GRANT', now, stored or 0, tonumber(stored_previous), 1, '-'}
if owner_id == id and not shared then
  if owner_att > att then return {'STALE', now} end
  if owner_att == att and stored then return granted_before end
  call('ZREM', Q, id)
  call('HDEL', W, id)
  return grant_exclusive('nobody has worked under the older att')
end

-- include news
-- include readers
-- include waiter
-- include queue
local name = {l = L, f = F, q = Q, w = W, r = R, owner = owner}
local waits, kind, fence, previous = ARGV[11] == '1', ARGV[6], nil, nil
local function share()
  local record = record_of(att, kind, px, 0, now, ARGV[12], ARGV[13])
  fence, previous = grant_shared(name, me, px, record)
end
if shared then
  local ends = call('ZSCORE', R, me)
  if stored and ends and tonumber(ends) > now then return granted_before end
end
if shared and not owner and call('EXISTS', Q) == 0 then
  share()
elseif waits then
  local stands = call('ZSCORE', Q, id) and waiter_of(call('HGET', W, id))
  if stands and stands.att > att then return {'STALE', now} end
  if not stands then
    local behind = call('ZREVRANGE', Q, 0, 0, 'WITHSCORES')[2] or 0
    call('ZADD', Q, behind + 1, id)
  end
  local since = stands and stands.since or now
  call('HSET', W, id, record_of(att, kind, px, last, since, ARGV[12], ARGV[13]))
  keep(Q)
  keep(W)
  fence, previous = hand_over(name, false, id, hinted)
else
  hand_over(name, false)
  if not name.first and is_free(name, shared) then
    if not shared then return grant_exclusive() end
    share()
  end
end
send_news()
if fence then return {'GRANT', now, fence, tonumber(previous), 0, found or ''} end

local place = waits and call('ZRANK', Q, id) + 1 or 0
local number = fence_of(call('GET', F)) or 0
if name.owner then
  local left = call('PTTL', L)
  if (left < 0 or left > cap) and owner_of(name.owner) then -- the clock went back
    left = cap
    call('PEXPIRE', L, cap)
  end
  return {'HELD', now, place, left, number, 0, name.owner, ''}
end
local longest = call('ZREVRANGE', R, 0, 0, 'WITHSCORES')
if not longest[1] then return {'HELD', now, place, 0, number, 0, '', ''} end
return {'HELD', now, place, longest[2] - now, number, readers(name), longest[1],
        call('HGET', W, longest[1]) or ''}
