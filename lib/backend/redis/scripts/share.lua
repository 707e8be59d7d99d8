-- SHARE: keeps shared leases, many in one call, as HOLD keeps exclusive ones.
--
-- KEYS  guard, then of each lease W, R
-- ARGV  run_id, config
--       3 deadline of this message, ms of the server's clock, 0 none
--       then of each lease: lease id:att, its fence, px
-- gives OK now, then of each lease OK, or why not:
--         MISSING     it ran out and was removed, was broken, released, or the data were lost
--         FLOOR       the floor is above its fence
--       LATE now    past the deadline: no effect       GUARD    this node does not vote: no effect
--
-- Promises: a lease that is gone never comes back. One that ran out is still there as long as
-- nobody looked: whoever is granted an exclusive lease looks, and removes it.

-- include begin
-- include guarded
if not admitted then return {'GUARD'} end
-- include clock
local deadline = tonumber(ARGV[3])
if deadline > 0 and now > deadline then return {'LATE', now} end
-- include readers
local reply = {'OK', now}
for i = 1, (#KEYS - 1) / 2 do
  local W, R, at = KEYS[2 * i], KEYS[2 * i + 1], 3 * i + 1
  local me, px = ARGV[at], math.min(tonumber(ARGV[at + 2]), cap)
  if floor > tonumber(ARGV[at + 1]) then
    reply[i + 2] = 'FLOOR'
  elseif not call('ZSCORE', R, me) then
    reply[i + 2] = 'MISSING'
  else -- one that comes late takes nothing from what a later one has promised
    local ends = tonumber(call('ZSCORE', R, me))
    if ends < now + px or ends > now + cap then call('ZADD', R, now + px, me) end
    keep(R)
    keep(W)
    reply[i + 2] = 'OK'
  end
end
return reply
