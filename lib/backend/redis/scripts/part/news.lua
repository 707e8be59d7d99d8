-- Part: what clients are told, each on its own channel: one message a client, with a line for each
-- thing. Nothing depends on it: where PUBLISH is denied, waiters find out by asking.
local news, channels = {}, {}

local function tell(channel, line)
  if not channel or channel == '-' then return end
  if not news[channel] then
    news[channel] = {}
    channels[#channels + 1] = channel
  end
  table.insert(news[channel], line)
end

local function send_news()
  for _, channel in ipairs(channels) do
    redis.pcall('PUBLISH', channel, table.concat(news[channel], '\n'))
  end
end
