-- INSPECT: who holds a name, and who waits for it, in order. Reads only, and also where this node
-- does not vote.
--
-- KEYS  guard, L, F, Q, W, R
-- ARGV  run_id, config
--       3 how many waiters at most
-- gives OK or GUARD, now, F, holders, waiters
--         holder: {x exclusive, s shared, f another library's;
--                 "<lease id>:<att> <since> <channel> <owner record>", or f's value;
--                 ms until it ends unless renewed, -1 no end}
--         waiter: {x or s; the same text}; those that would be dropped are left out
-- A row's age is now - since, both by the server's clock.

-- include begin
-- include guarded
-- include clock
-- include owner
-- include waiter
local L, F, Q, W, R = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local holders, waiters = {}, {}

local function told(me, waiter)
  return text('%s %s %s %s', me, waiter.since, waiter.channel, waiter.owner)
end

local owner = call('GET', L)
if owner then holders[1] = {owner_of(owner) and 'x' or 'f', owner, call('PTTL', L)} end
local shared = call('ZRANGE', R, 0, -1, 'WITHSCORES')
for i = 1, #shared, 2 do
  local record = waiter_of(call('HGET', W, shared[i]))
  local left = shared[i + 1] - now
  if left > 0 then
    holders[#holders + 1] = {'s', record and told(shared[i], record) or shared[i], left}
  end
end
for _, id in ipairs(call('ZRANGE', Q, 0, ARGV[3] - 1)) do
  local waiter = waiter_of(call('HGET', W, id))
  if is_live(waiter) then
    waiters[#waiters + 1] = {waiter.shared and 's' or 'x', told(id .. ':' .. waiter.att, waiter)}
  end
end
return {admitted and 'OK' or 'GUARD', now, call('GET', F) or '', holders, waiters}
