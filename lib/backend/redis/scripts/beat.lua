-- BEAT: a client says every 5 s that it is there, for all its waiters of many names in one call,
-- and hears their places. Who is not heard of for 15 s is dropped as soon as it is in front. What
-- is free, because its holder crashed, is handed over.
--
-- KEYS  guard, then of each name L, F, Q, W, R
-- ARGV  run_id, config, then of each name: how many waiters, their lease ids
-- gives OK now, then of each name {L, pttl, place of each waiter}
--         place: 1 is the head; 0 not in the queue: granted, dropped or lost. It asks again then.
--       GUARD    this node does not vote: no effect
--
-- Promises: who is in front learns so within 5 s, whatever messages were lost.

-- include begin
-- include guarded
if not admitted then return {'GUARD'} end
-- include clock
-- include fence
-- include base
-- include news
-- include readers
-- include waiter
-- include queue
local reply, at = {'OK', now}, 3
for i = 1, (#KEYS - 1) / 5 do
  local k = 5 * i - 3
  local name = {l = KEYS[k], f = KEYS[k + 1], q = KEYS[k + 2], w = KEYS[k + 3], r = KEYS[k + 4]}
  local count = tonumber(ARGV[at])
  for n = at + 1, at + count do
    local record = call('HGET', name.w, ARGV[n])
    if record then
      call('HSET', name.w, ARGV[n], (string.gsub(record, '^%d+', text('%d', now))))
    end
  end
  keep(name.q)
  keep(name.w)
  local owner = redis.pcall('GET', name.l)
  name.owner = type(owner) == 'table' and '?' or owner -- ?: of another type
  hand_over(name, false)
  local places = {name.owner or '', name.owner and call('PTTL', name.l) or 0}
  for n = at + 1, at + count do
    places[n - at + 2] = (call('ZRANK', name.q, ARGV[n]) or -1) + 1
  end
  reply[i + 2] = places
  at = at + count + 1
end
send_news()
return reply
