-- Part: L is "<lease id>:<att> <since> <channel> <owner record>". Anything else is somebody else's
-- lock, of another library: it is waited for, and never written to.
-- lease id, att; nil of a foreign one.
local function owner_of(value)
  if not value then return nil end
  local id, att = string.match(value, '^(%x+):(%d+)')
  if not id or #id ~= 32 then return nil end
  return id, tonumber(att)
end
