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
       changed("  local mine = owner_id == id and owner_att <= att",
               "  local mine = owner_id and true")},
      {"there is no guard",
       {kExclusion, kFence, kValidity, kVotes},
       changed("admitted = guard[1] == ARGV[1] and guard[2] == ARGV[2]", "admitted = true")},
      {"the guard does not wait",
       {kExclusion, kVotes},
       changed("if want == 'wait' and left <= 0 then return let_in(raised()) end",
               "if want == 'wait' then return let_in(raised()) end")},
      {"a newcomer passes those who wait",
       {kOrder},
       changed("if not shared and call('EXISTS', L, Q, R) == 0 then return grant_exclusive() end",
               "if not shared and call('EXISTS', L, R) == 0 then return grant_exclusive() end")},
      {"readers pass a writer who waits",
       {kOrder},
       changed("if shared and not owner and call('EXISTS', Q) == 0 then",
               "if shared and not owner then")},
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
       changed("  call('SET', L, text('%s %d %s %s', me, now, ARGV[12], ARGV[13]), 'PX', ARGV[5])",
               "  call('SET', L, text('%s %d %s %s', me, now, ARGV[12], ARGV[13]))")},
      {"BREAK does not raise the fence",
       {kLostForGood, kFence},
       changed("  if number then set_fence(name.f, number + 1, 'o', state == 'c' and previous or "
               "BROKEN) end",
               "")},
      {"a fence is given again",
       {kFence},
       changed("  local fence = hinted(number) + 1", "  local fence = hinted(number)")},
      {"the lease on the server is not longer than its holder believes",
       {kValidity, kExclusion},
       changed("local id, att, px, shared = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), "
               "ARGV[6] == 's'",
               "ARGV[5] = ARGV[5] - cap + 30000\n"
               "local id, att, px, shared = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), "
               "ARGV[6] == 's'")},
  };
}

}  // namespace repolock::sim
