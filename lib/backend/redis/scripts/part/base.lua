-- Part: what a grant goes on from.

-- How the last lease ended, where L is missing: still "held" then means that it ran out. What was
-- before the admission of the node may have been lost.
local function how_it_ended(number, state, previous)
  if not number or number < floor then return '0' end
  return state == 'h' and '3' or previous
end

-- What the next fence must be above.
local function base_of(number) return math.max(number or now_us, floor) end
