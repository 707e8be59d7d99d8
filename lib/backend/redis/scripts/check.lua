-- CHECK: is it still so? Reads only.
--
-- KEYS  guard, L, F, Q, W, R
-- ARGV  run_id, config
--       3 lease id:att    4 x exclusive, s shared
-- gives OK now pttl F L    it has the lock for pttl more      LOST now 0 F L    it has not
--       GUARD              this node does not vote

-- include begin
-- include guarded
if not admitted then return {'GUARD'} end
-- include clock
local me, owner, raw = ARGV[3], call('GET', KEYS[2]) or '', call('GET', KEYS[3]) or ''
local left = 0
if ARGV[4] == 's' then
  left = math.max(0, (call('ZSCORE', KEYS[6], me) or 0) - now)
elseif owner == me or string.sub(owner, 1, #me + 1) == me .. ' ' then
  left = call('PTTL', KEYS[2])
end
return {left ~= 0 and 'OK' or 'LOST', now, left, raw, owner}
