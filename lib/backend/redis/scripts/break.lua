-- BREAK: ends somebody's lease, on demand, and tells him.
--
-- KEYS  guard, L, F, Q, W, R
-- ARGV  run_id, config
--       3 lease id, as it was seen; of another library's lock, its whole value
-- gives OK now        it is over for good: F is raised by one
--       GONE now      nobody holds under that id: no effect
--       GUARD         this node does not vote: no effect
--
-- Promises: breaks what was seen, and never who came after it.

-- include begin
-- include guarded
if not admitted then return {'GUARD'} end
-- include clock
-- include fence
-- include base
-- include owner
-- include news
-- include readers
-- include waiter
-- include queue
local BROKEN = '4'
local function channel_of(value) return string.match(value, '^%x+:%d+ %d+ (%S+)') end
local name = {l = KEYS[2], f = KEYS[3], q = KEYS[4], w = KEYS[5], r = KEYS[6]}
local id, broken = ARGV[3], false

name.owner = call('GET', name.l)
if name.owner and (owner_of(name.owner) or name.owner) == id then
  local number, state, previous = fence_of(call('GET', name.f))
  broken = call('DEL', name.l) == 1
  if number then set_fence(name.f, number + 1, 'o', state == 'c' and previous or BROKEN) end
  tell(channel_of(name.owner), 'broken ' .. string.match(name.owner, '^%S+'))
  name.owner = false
else
  for _, member in ipairs(call('ZRANGE', name.r, 0, -1)) do
    if string.sub(member, 1, #id + 1) == id .. ':' then
      local record = waiter_of(call('HGET', name.w, member))
      call('ZREM', name.r, member)
      call('HDEL', name.w, member)
      if record then tell(record.channel, 'broken ' .. member) end
      broken = true
    end
  end
end
if not broken then return {'GONE', now} end
hand_over(name, false)
send_news()
return {'OK', now}
