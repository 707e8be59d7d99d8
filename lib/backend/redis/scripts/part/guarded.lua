-- Part: what KEYS[1], the guard, has to say to ARGV[1], run_id, and ARGV[2], config.
-- admitted: this node votes. floor: no fence below it is given or vouched for. cap: the longest PX
-- there is, max_ttl + lock_delay.
local guard = call('HMGET', KEYS[1], 'run_id', 'config', 'floor', 'cap')
admitted = guard[1] == ARGV[1] and guard[2] == ARGV[2]
floor, cap = tonumber(guard[3] or 0), tonumber(guard[4] or 0)
