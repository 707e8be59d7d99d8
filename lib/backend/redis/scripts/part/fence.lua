-- Part: F is "<fence><state><previous>", kept for 7 days after the last write of it.
-- state: h held; c handed over, not confirmed yet; o over. previous: how the lease before ended,
-- and with o the last one: REPOLOCK_PREVIOUS_*. In Lua numbers are exact below 2^53.
local FENCE_SECONDS, DAY_US, FENCE_END = 604800, 86400000000, 9007199254740992

-- number, state, previous; nil where F is missing.
local function fence_of(raw)
  if not raw then return nil, 'o', '0' end
  local number, state, previous = string.match(raw, '^(%d+)([hco])([0-4])$')
  if not number or tonumber(number) >= FENCE_END then error('REPOLOCK F is no fence: ' .. raw) end
  return tonumber(number), state, previous
end

local function set_fence(key, number, state, previous)
  if number >= FENCE_END then error('REPOLOCK no fence is left') end
  call('SET', key, text('%d%s%s', number, state, previous), 'EX', FENCE_SECONDS)
end

-- How the last lease ended, where L is missing: still "held" then means that it ran out. What was
-- before the admission of the node may have been lost.
local function how_it_ended(number, state, previous)
  if not number or number < floor then return '0' end
  return state == 'h' and '3' or previous
end

-- What the next fence must be above.
local function base_of(number) return math.max(number or now_us, floor) end
