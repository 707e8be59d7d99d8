-- ACQ: asks for leases, one of each name; stands in the queue for them, where that is wanted.
--
-- KEYS  guard, then of each lease L, F, Q, W, R; no name twice
-- ARGV  run_id, config
--       3 deadline of this message, ms of the server's clock, 0 none
--       then of each lease
--       1 lease id:att. The id has 32 hex digits; att, of this lease, grows, and is one for a whole wait
--       2 px: ttl + lock_delay       3 x exclusive, s shared; xq, sq: stands in the queue for it
--       4 until when the lease is wanted: ms of the server's clock, 0 none
--       5 clock hint                 6 seen hint: a fence to be above of; 0 none, of both
--       7 "<channel> <owner record>": the channel of the client, - none
-- gives OK now, then of each lease an error of its own, or
--         GRANT F found
--           F: its fence, and how the lease before it ended, as F says it.
--           found: F as it was, for REL to put back; '' it was missing; - it had been granted before,
--           and nothing was written: valid only from a HOLD on, and not to be put back.
--         HELD place pttl fence readers holder record
--           place: 1 is the head, 0 not in the queue. pttl: until it may be free, -1 no end.
--           holder: L; with readers, the one that lasts longest, and its record.
--         LATE    it is not wanted any more: no effect      STALE    a newer att was seen: no effect
--       LATE now    past the deadline: no effect       GUARD    this node does not vote: no effect
--
-- Promises: no exclusive grant while anybody else has the name; its fence is above all that were
-- given, and above the floor. Nobody passes a live waiter. Shared grants raise no fence.

-- include begin
-- include guarded
if not admitted then return {'GUARD'} end
-- include clock
local deadline = tonumber(ARGV[3])
if deadline > 0 and now > deadline then return {'LATE', now} end
-- include fence
-- include base
-- include each
local DAY_US = 86400000000
local count = (#KEYS - 1) / 5
local function key_at(i) return 5 * i - 3 end -- L of lease i
local function arg_at(i) return 7 * i - 3 end -- its id:att
local since = text(' %d ', now)

-- Both hints let the nodes of a quorum agree at once. A clock may be ahead by a second, and what
-- was seen elsewhere by a day: more would be poison.
local function hinted(number, a)
  local raised, clock, seen = base_of(number), ARGV[a + 4], ARGV[a + 5]
  local function raise_to(hint, lead)
    hint = tonumber(hint)
    if hint > raised and hint <= now_us + lead then raised = hint end
  end
  if clock ~= '0' then raise_to(clock, 1000000) end
  if seen ~= '0' then raise_to(seen, DAY_US) end
  return raised
end

-- raw: F. only: NX where nobody has L, as it seems; nil: somebody has. XX where it is its own.
local function grant_exclusive(i, raw, only, over)
  local k, a = key_at(i), arg_at(i)
  local number, state, previous = fence_of(raw)
  over = over and previous or how_it_ended(number, state, previous)
  local record = record_of_fence(hinted(number, a) + 1, 'h', over)
  local lease = ARGV[a] .. since .. ARGV[a + 6]
  if not call('SET', KEYS[k], lease, 'PX', ARGV[a + 1], only) then return nil end
  call('SET', KEYS[k + 1], record, 'EX', FENCE_SECONDS)
  return {'GRANT', record, raw or ''}
end

-- All names at once, where there are several: does nobody wait for any of them, and their F.
local is_quiet, found = false, {}
if count > 1 then
  local lines, fences = {}, {}
  for i = 1, count do
    local k = key_at(i)
    fences[i], lines[2 * i - 1], lines[2 * i] = KEYS[k + 1], KEYS[k + 2], KEYS[k + 4]
  end
  is_quiet, found = call('EXISTS', unpack(lines)) == 0, call('MGET', unpack(fences))
end

-- nil: not granted at once.
local function ask(i)
  local k, a = key_at(i), arg_at(i)
  if ARGV[a + 3] ~= '0' and now > tonumber(ARGV[a + 3]) then return {'LATE'} end
  if tonumber(ARGV[a + 1]) > cap then
    return redis.error_reply('REPOLOCK px is above the cap, ' .. cap)
  end
  if string.sub(ARGV[a + 2], 1, 1) == 's' then return nil end
  if not is_quiet and call('EXISTS', KEYS[k + 2], KEYS[k + 4]) ~= 0 then return nil end
  return grant_exclusive(i, found[i] or call('GET', KEYS[k + 1]), 'NX')
end

local reply, others = {'OK', now}, {}
for i = 1, count do
  local answer = try(ask, i)
  reply[i + 2] = answer or '' -- no gap
  if not answer then others[#others + 1] = i end
end
if not others[1] then return reply end

-- The rare way: somebody has it, or waits, or this was asked before.
-- include owner
-- include news
-- include readers
-- include waiter
-- include queue
local function ask_again(i)
  local k, a = key_at(i), arg_at(i)
  local L, F, Q, W, R = KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4]
  local me, px, last, rest = ARGV[a], tonumber(ARGV[a + 1]), tonumber(ARGV[a + 3]), ARGV[a + 6]
  local kind, waits = string.sub(ARGV[a + 2], 1, 1), #ARGV[a + 2] == 2
  local shared, id, att = kind == 's', owner_of(me)
  local owner, raw = call('GET', L), call('GET', F)
  local owner_id, owner_att = owner_of(owner)
  fence_of(raw) -- or an error
  if owner_id == id and not shared then
    if owner_att > att then return {'STALE'} end
    if owner_att == att and raw then return {'GRANT', raw, '-'} end
    call('ZREM', Q, id)
    call('HDEL', W, id)
    return grant_exclusive(i, raw, 'XX', 'nobody has worked under the older att')
  end

  local name = {l = L, f = F, q = Q, w = W, r = R, owner = owner}
  local fence, previous
  local function share()
    fence, previous = grant_shared(name, me, px, record_of(att, kind, px, 0, now, rest))
  end
  if shared then
    local ends = call('ZSCORE', R, me)
    if raw and ends and tonumber(ends) > now then return {'GRANT', raw, '-'} end
  end
  if shared and not owner and call('EXISTS', Q) == 0 then
    share()
  elseif waits then
    local stands = call('ZSCORE', Q, id) and waiter_of(call('HGET', W, id))
    if stands and stands.att > att then return {'STALE'} end
    if not stands then
      local behind = call('ZREVRANGE', Q, 0, 0, 'WITHSCORES')[2] or 0
      call('ZADD', Q, behind + 1, id)
    end
    local since = stands and stands.since or now
    call('HSET', W, id, record_of(att, kind, px, last, since, rest))
    keep(Q)
    keep(W)
    fence, previous = hand_over(name, false, id, function(number) return hinted(number, a) end)
  else
    hand_over(name, false)
    if not name.first and is_free(name, shared) then
      if not shared then return grant_exclusive(i, call('GET', F), 'NX') end
      share()
    end
  end
  if fence then return {'GRANT', record_of_fence(fence, 'h', previous), raw or ''} end

  local place = waits and call('ZRANK', Q, id) + 1 or 0
  local number = fence_of(call('GET', F)) or 0
  if name.owner then
    local left = call('PTTL', L)
    if (left < 0 or left > cap) and owner_of(name.owner) then -- the clock went back
      left = cap
      call('PEXPIRE', L, cap)
    end
    return {'HELD', place, left, number, 0, name.owner, ''}
  end
  local longest = call('ZREVRANGE', R, 0, 0, 'WITHSCORES')
  if not longest[1] then return {'HELD', place, 0, number, 0, '', ''} end
  return {'HELD', place, longest[2] - now, number, readers(name), longest[1],
          call('HGET', W, longest[1]) or ''}
end

for _, i in ipairs(others) do reply[i + 2] = try(ask_again, i) end
send_news()
return reply
