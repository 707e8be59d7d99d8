-- Part: F is "<fence><state><previous>", kept for 7 days after the last write of it.
-- state: h held; c handed over, not confirmed yet; o over. previous: how the lease before ended,
-- and with o the last one: REPOLOCK_PREVIOUS_*. In Lua numbers are exact below 2^53.
local FENCE_SECONDS, FENCE_END = '604800', 9007199254740992 -- text where it only is passed on

-- number, state, previous; nil where F is missing.
local function fence_of(raw)
  if not raw then return nil, 'o', '0' end
  local number, state, previous = string.match(raw, '^(%d+)([hco])([0-4])$')
  number = tonumber(number)
  if not number or number >= FENCE_END then error('REPOLOCK F is no fence: ' .. raw) end
  return number, state, previous
end

local function record_of_fence(number, state, previous)
  if number >= FENCE_END then error('REPOLOCK no fence is left') end
  return text('%d%s%s', number, state, previous)
end

local function set_fence(key, number, state, previous)
  call('SET', key, record_of_fence(number, state, previous), 'EX', FENCE_SECONDS)
end
