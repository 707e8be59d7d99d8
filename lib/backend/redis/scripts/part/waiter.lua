-- Part: who waits. Q has the waiters' lease ids by ticket, W the record of each:
-- "<seen> <att> <x or s> <px> <last> <since> <channel> <owner record>". seen: when its client asked
-- or sent a beat. last: until when it is wanted, 0 without end. All of it by the server's clock.
local SILENT_MS = 15000

local function waiter_of(record)
  if not record then return nil end
  local seen, att, kind, px, last, since, channel, owner =
      string.match(record, '^(%d+) (%d+) ([xs]) (%d+) (%d+) (%d+) (%S+) (.*)$')
  if not seen then return nil end
  return {seen = tonumber(seen), att = tonumber(att), shared = kind == 's', px = tonumber(px),
          last = tonumber(last), since = since, channel = channel, owner = owner}
end

-- rest: "<channel> <owner record>"
local function record_of(att, kind, px, last, since, rest)
  return text('%d %d %s %d %d %d %s', now, att, kind, px, last, since, rest)
end

local function is_live(waiter)
  return waiter and now - waiter.seen <= SILENT_MS and (waiter.last == 0 or now <= waiter.last)
end
