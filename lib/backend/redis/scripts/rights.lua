-- RIGHTS: which commands of the other scripts this user may not run, for the doctor: most of them are
-- first needed where somebody waits. Redis before 7 cannot tell, and names none. Touches no key, and
-- runs also where this node does not vote.
--
-- KEYS  guard
-- ARGV  run_id, config
--       3 to 6 L, F, Q, W: no KEYS, as those that are denied would end it before it begins
-- gives OK, then each command that is denied, as in +command

local L, F, Q, W = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local needed = {
  {'GET', L}, {'SET', L, 'x', 'PX', 1}, {'MGET', L, F}, {'DEL', L}, {'EXISTS', L}, {'PTTL', L},
  {'PEXPIRE', L, 1}, {'EXPIRE', F, 1}, {'TIME'},
  {'HGET', W, 'x'}, {'HMGET', W, 'x'}, {'HSET', W, 'x', 'x'}, {'HDEL', W, 'x'},
  {'ZADD', Q, 1, 'x'}, {'ZREM', Q, 'x'}, {'ZRANGE', Q, 0, 0}, {'ZREVRANGE', Q, 0, 0},
  {'ZRANGEBYSCORE', Q, 0, 1}, {'ZSCORE', Q, 'x'}, {'ZRANK', Q, 'x'}, {'ZCARD', Q},
}
local reply = {'OK'}
for _, words in ipairs(needed) do
  if redis.acl_check_cmd and not redis.acl_check_cmd(unpack(words)) then
    reply[#reply + 1] = string.lower(words[1])
  end
end
return reply
