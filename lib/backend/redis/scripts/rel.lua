-- REL: lets go of leases, or of places in queues, one of each name; hands the locks over.
--
-- KEYS  guard, then of each lease L, F, Q, W, R; no name twice
-- ARGV  run_id, config, then of each lease
--       1 lease id:att    2 x exclusive, s shared
--       3 ended: as which a lease ended that had been obtained, REPOLOCK_PREVIOUS_*; 0: it was not
--         obtained, and no HOLD was sent for it
--       4 fence: of the lease; of a failed attempt, what its ACQ granted, 0 unknown
--       5 found: of a failed attempt, the F that its ACQ found; - unknown, or not to be put back, as
--         in whatever is sent a second time
-- gives OK, or GUARD: this node does not vote, so nothing was handed over; then of each lease an error
--       of its own, or what was done: 1 let go, 2 left the queue, 0 there was nothing of it, -1 that
--       too, and it was broken
--
-- Promises: lets go of nobody else's, of no newer att, and needs no guard for that. What was
-- obtained is over for good: F is raised above its fence, so that a late HOLD is refused. A failed attempt
-- puts F back if L is still its own and F still its grant, so that it shuts nobody out who may come
-- back. DEL comes first: a server out of memory allows it, and then the rest.

-- include begin
-- include fence
-- include owner
-- include each
local BROKEN = '4'
local count = (#KEYS - 1) / 5
local function key_at(i) return 5 * i - 3 end -- L of lease i
local function arg_at(i) return 5 * i - 2 end -- its id:att

-- Of an L: 'this', 'older', or nil, where it is not its own, or of a newer att.
local function att_in(owner, me)
  if not owner then return nil end
  if string.find(owner, me .. ' ', 1, true) == 1 then return 'this' end
  local owner_id, owner_att = owner_of(owner)
  local id, att = owner_of(me)
  return owner_id == id and owner_att <= att and 'older' or nil
end

local looked, own, gone, lines = {}, {}, {}, {}
for i = 1, count do
  local k = key_at(i)
  looked[2 * i - 1], looked[2 * i], lines[i] = KEYS[k], KEYS[k + 1], KEYS[k + 2]
end
local values = call('MGET', unpack(looked))
for i = 1, count do
  local a = arg_at(i)
  if ARGV[a + 1] == 'x' then own[i] = att_in(values[2 * i - 1], ARGV[a]) end
  if own[i] then gone[#gone + 1] = looked[2 * i - 1] end
end
if gone[1] then call('DEL', unpack(gone)) end

-- Gives what was done.
local function let_go(i)
  local k, a, done = key_at(i), arg_at(i), own[i] and 1 or 0
  local ended, its_fence, put_back = ARGV[a + 2], tonumber(ARGV[a + 3]), ARGV[a + 4]
  if ARGV[a + 1] == 's' then
    call('HDEL', KEYS[k + 3], ARGV[a])
    return call('ZREM', KEYS[k + 4], ARGV[a])
  end
  local F, mine = KEYS[k + 1], own[i]
  local number, state, previous = fence_of(values[2 * i])
  if number and ended ~= '0' and not mine and previous == BROKEN then
    -- BREAK raised F by one, whoever was granted it then by one more.
    if number - its_fence == (state == 'o' and 1 or 2) then done = -1 end
  end
  if number and ended ~= '0' then
    local is_behind = number < its_fence or (number == its_fence and state ~= 'o')
    local ran_out = not values[2 * i - 1] and is_behind
    local over = state == 'c' and previous or ended -- its HOLD never came
    if mine or ran_out then set_fence(F, math.max(number, its_fence) + 1, 'o', over) end
  elseif number and mine then
    local is_its_grant = state == 'h' and number == its_fence and mine == 'this'
    if is_its_grant and put_back == '' then
      call('DEL', F)
    elseif is_its_grant and put_back ~= '-' and fence_of(put_back) < number then
      call('SET', F, put_back, 'EX', FENCE_SECONDS)
    else
      set_fence(F, number, 'o', previous)
    end
  end
  return done
end

local reply = {'OK'}
for i = 1, count do reply[i + 1] = try(let_go, i) end
if call('EXISTS', unpack(lines)) == 0 then return reply end

-- include guarded
-- include clock
-- include base
-- include news
-- include readers
-- include waiter
-- include queue
-- Gives what was done.
local function hand_on(i)
  local k, done, rank = key_at(i), reply[i + 1], false
  local name = {l = KEYS[k], f = KEYS[k + 1], q = KEYS[k + 2], w = KEYS[k + 3], r = KEYS[k + 4]}
  local id, att = owner_of(ARGV[arg_at(i)])
  if done == 0 then
    local waiter = waiter_of(call('HGET', name.w, id))
    if waiter and waiter.att <= att then
      rank = call('ZRANK', name.q, id)
      leave_queue(name, id)
      done = 2
    end
  end
  local owner = redis.pcall('GET', name.l)
  if not admitted or type(owner) == 'table' then return done end -- of another type: not free
  name.owner = owner
  hand_over(name, rank == 0)
  return done
end

if not admitted then reply[1] = 'GUARD' end
for i = 1, count do
  local is_sound = type(reply[i + 1]) == 'number'
  if is_sound and call('EXISTS', lines[i]) == 1 then reply[i + 1] = try(hand_on, i) end
end
send_news()
return reply
