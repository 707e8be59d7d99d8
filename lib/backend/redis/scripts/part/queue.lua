-- Part: the handing over. `name` is {l, f, q, w, r}, the keys of one name; owner, the value of L.
local CLAIM_MS = 6000 -- longer than from one beat to the next

local function leave_queue(name, id)
  call('ZREM', name.q, id)
  call('HDEL', name.w, id)
end

-- What name.owner (L) and R leave free.
local function is_free(name, shared)
  return not name.owner and (shared or readers(name) == 0)
end

-- Gives the lock to `id`, for px; returns its fence and how the lease before it ended.
local function hand_to(name, id, waiter, px, state, hint)
  local me = text('%s:%d', id, waiter.att)
  if waiter.shared then
    leave_queue(name, id)
    local rest = waiter.channel .. ' ' .. waiter.owner
    return grant_shared(name, me, px, record_of(waiter.att, 's', waiter.px, 0, now, rest))
  end
  local number, was, previous = fence_of(call('GET', name.f))
  local fence, over = (hint or base_of)(number) + 1, how_it_ended(number, was, previous)
  name.owner = text('%s %d %s %s', me, now, waiter.channel, waiter.owner)
  set_fence(name.f, fence, state, over)
  call('SET', name.l, name.owner, 'PX', px)
  leave_queue(name, id)
  return fence, over
end

-- Hands what is free to whoever comes first, shared ones together; drops those in front who are not
-- heard of any more, or past their deadline. Who gets it has CLAIM_MS to confirm by HOLD. `me` asks
-- just now, and gets it at once, for the whole px; its fence and `previous` are returned then.
-- `moved`: the head of the queue has left it. name.first: who is the head in the end.
local function hand_over(name, moved, me, hint)
  local fence, previous
  while true do
    local first = call('ZRANGE', name.q, 0, 0)[1]
    name.first = first
    if not first then break end
    local waiter = waiter_of(call('HGET', name.w, first))
    if not is_live(waiter) then
      leave_queue(name, first)
    elseif not is_free(name, waiter.shared) then
      if moved and first ~= me then tell(waiter.channel, 'head ' .. first) end
      break
    elseif first == me then
      fence, previous = hand_to(name, first, waiter, waiter.px, 'h', hint)
    else
      local its, over = hand_to(name, first, waiter, math.min(CLAIM_MS, waiter.px), 'c')
      tell(waiter.channel, text('grant %s:%d %d %s', first, waiter.att, its, over))
    end
    moved = true
  end
  return fence, previous
end
