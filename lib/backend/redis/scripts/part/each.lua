-- Part: many leases in one call, of different names. What is wrong with one of them is its own answer,
-- and no other's.
local function try(step, i)
  local is_sound, answer = pcall(step, i)
  if is_sound then return answer end
  return redis.error_reply(type(answer) == 'table' and answer.err or answer)
end
