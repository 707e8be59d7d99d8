// Scripts with one line changed.
#include "mutants/redis/mutant.h"
#include "oracle/violation.h"

namespace repolock::sim {

namespace {

RedisParts changed(const std::string &line, const std::string &instead) {
  return with_line(Topology::kOneServer, line, instead);
}

}  // namespace

std::vector<RedisMutant> wrong_scripts() {
  return {
      {"HOLD does not look at the fence",
       {kFence, kLostForGood, kExclusion},
       changed("  if number > m then return refused('PASSED') end", "")},
      {"REL does not raise the fence",
       {kLostForGood, kFence},
       changed("    if mine or ran_out then set_fence(F, math.max(number, its_fence) + 1, 'o', "
               "over) end",
               "")},
      {"REL lets go of the name, whoever has it",
       {kExclusion, kValidity},
       changed("  return owner_id == id and owner_att <= att and 'older' or nil",
               "  return 'this'")},
      {"there is no guard",
       {kExclusion, kFence, kValidity, kVotes},
       changed("admitted = guard[1] == ARGV[1] and guard[2] == ARGV[2]", "admitted = true")},
      {"the guard does not wait",
       {kExclusion, kVotes},
       changed("if want == 'wait' and left <= 0 then return let_in(raised()) end",
               "if want == 'wait' then return let_in(raised()) end")},
      {"a newcomer passes those who wait",
       {kOrder},
       changed("  if not is_quiet and call('EXISTS', KEYS[k + 2], KEYS[k + 4]) ~= 0 then return "
               "nil end",
               "  if not is_quiet and call('EXISTS', KEYS[k + 4]) ~= 0 then return nil end")},
      {"readers pass a writer who waits",
       {kOrder},
       changed("  if shared and not owner and call('EXISTS', Q) == 0 then",
               "  if shared and not owner then")},
      {"a writer joins readers",
       {kExclusion},
       changed("  return not name.owner and (shared or readers(name) == 0)",
               "  return not name.owner")},
      {"readers end no exclusive lease that ran out",
       {kExclusion, kFence, kLostForGood},
       changed("  if state ~= 'o' then fence = number + 1 end", "")},
      {"a renewal does not renew",
       {kValidity, kKept},
       changed("    if left < tonumber(px) or left > cap then call('PEXPIRE', L, px) end", "")},
      {"leases have no end",
       {kLiveness, kNothingLeft},
       changed("  if not call('SET', KEYS[k], lease, 'PX', ARGV[a + 1], only) then return nil end",
               "  if not call('SET', KEYS[k], lease, only) then return nil end")},
      {"BREAK does not raise the fence",
       {kLostForGood, kFence},
       changed("  if number then set_fence(name.f, number + 1, 'o', state == 'c' and previous or "
               "BROKEN) end",
               "")},
      {"a fence is given again",
       {kFence},
       changed("  local record = record_of_fence(hinted(number, a) + 1, 'h', over)",
               "  local record = record_of_fence(hinted(number, a), 'h', over)")},
      {"the lease on the server is not longer than its holder believes",
       {kValidity, kExclusion},
       changed("local since = text(' %d ', now)",
               "local since = text(' %d ', now)\n"
               "for i = 1, count do ARGV[arg_at(i) + 1] = ARGV[arg_at(i) + 1] - cap + 30000 end")},
  };
}

}  // namespace repolock::sim
