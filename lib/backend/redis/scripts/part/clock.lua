-- Part: the server's clock, in milliseconds, and `now_us`. Wall clock: the only one it has.
local time = call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)
