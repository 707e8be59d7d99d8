-- Part: R, the shared leases of a name: "<lease id>:<att>" by the end of each, in ms of its
-- clock. Their records are in W. `name` is {l, f, q, w, r}, the keys of one name.

-- R, Q and W outlive whatever is in them, and end by themselves when nobody comes any more: a lease
-- after cap, a waiter after 15 s of silence.
local function keep(key) call('PEXPIRE', key, math.max(cap, 20000)) end

-- How many there are; those that have run out are removed first. An end that is too far away was
-- written before the clock went back.
local function readers(name)
  if name.readers then return name.readers end
  for _, member in ipairs(call('ZRANGEBYSCORE', name.r, '-inf', now)) do
    call('ZREM', name.r, member)
    call('HDEL', name.w, member)
  end
  name.readers = call('ZCARD', name.r)
  if name.readers > 0 then
    for _, member in ipairs(call('ZRANGEBYSCORE', name.r, text('(%d', now + cap), '+inf')) do
      call('ZADD', name.r, now + cap, member)
    end
  end
  return name.readers
end

-- The fence of a shared lease: that of the last exclusive one, which is over for good by then. One
-- that ran out might still be held on to by its holder: F is raised by one, as a release would.
local function shared_fence(name)
  local number, state, previous = fence_of(call('GET', name.f))
  local over = how_it_ended(number, state, previous)
  local fence = number
  if state ~= 'o' then fence = number + 1 end
  fence = math.max(fence or now_us, floor)
  if fence ~= number then set_fence(name.f, fence, 'o', over) end
  return fence, over
end

local function grant_shared(name, me, px, record)
  local fence, previous = shared_fence(name)
  name.readers = readers(name) + 1
  call('ZADD', name.r, now + px, me)
  call('HSET', name.w, me, record)
  keep(name.r)
  keep(name.w)
  return fence, previous
end
