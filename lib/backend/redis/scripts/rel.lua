-- REL: lets go of one lease of one name, or of a place in its queue; hands the lock over.
--
-- KEYS  guard, L, F, Q, W, R
-- ARGV  run_id, config
--       3 lease id    4 att    5 x exclusive, s shared
--       6 ended: as which a lease ended that had been obtained, REPOLOCK_PREVIOUS_*; 0: it was not
--         obtained, and no HOLD was sent for it
--       7 fence: of the lease; of a failed attempt, what its ACQ granted, 0 unknown
--       8 found: of a failed attempt, the F that its ACQ found; - unknown, or not to be put back, as
--         in whatever is sent a second time
-- gives OK done         done: 1 let go, 2 left the queue, 0 there was nothing of it, -1 that too, and it was
--                       broken
--       GUARD done      that too, but this node does not vote, so nothing was handed over
--
-- Promises: lets go of nobody else's, of no newer att, and needs no guard for that. What was
-- obtained is over for good: F is raised above its fence, so that a late HOLD is refused. A failed attempt
-- puts F back if L is still its own and F still its grant, so that it shuts nobody out who may come
-- back. DEL comes first: a server out of memory allows it, and then the rest.

-- include begin
-- include fence
-- include owner
local L, F, Q, W, R = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local id, att, shared = ARGV[3], tonumber(ARGV[4]), ARGV[5] == 's'
local ended, its_fence, put_back = ARGV[6], tonumber(ARGV[7]), ARGV[8]
local me = id .. ':' .. ARGV[4]
local BROKEN = '4'
local done, rank = 0, false

if shared then
  done = call('ZREM', R, me)
  call('HDEL', W, me)
else
  local values = call('MGET', L, F)
  local owner_id, owner_att = owner_of(values[1])
  local mine = owner_id == id and owner_att <= att
  if mine then done = call('DEL', L) end
  local number, state, previous = fence_of(values[2])
  if number and ended ~= '0' and not mine and previous == BROKEN then
    -- BREAK raised F by one, whoever was granted it then by one more.
    if number - its_fence == (state == 'o' and 1 or 2) then done = -1 end
  end
  if number and ended ~= '0' then
    local is_behind = number < its_fence or (number == its_fence and state ~= 'o')
    local ran_out = not values[1] and is_behind
    local over = state == 'c' and previous or ended -- its HOLD never came
    if mine or ran_out then set_fence(F, math.max(number, its_fence) + 1, 'o', over) end
  elseif number and mine then
    local is_its_grant = state == 'h' and number == its_fence and owner_att == att
    if is_its_grant and put_back == '' then
      call('DEL', F)
    elseif is_its_grant and put_back ~= '-' and fence_of(put_back) < number then
      call('SET', F, put_back, 'EX', FENCE_SECONDS)
    else
      set_fence(F, number, 'o', previous)
    end
  end
end

if call('EXISTS', Q) == 0 then return {'OK', done} end
-- include guarded
-- include clock
-- include base
-- include news
-- include readers
-- include waiter
-- include queue
local name = {l = L, f = F, q = Q, w = W, r = R}
if done == 0 then
  local waiter = waiter_of(call('HGET', W, id))
  if waiter and waiter.att <= att then
    rank = call('ZRANK', Q, id)
    leave_queue(name, id)
    done = 2
  end
end
if not admitted then return {'GUARD', done} end
local owner = redis.pcall('GET', L)
if type(owner) == 'table' then return {'OK', done} end -- of another type: not free
name.owner = owner
hand_over(name, rank == 0)
send_news()
return {'OK', done}
