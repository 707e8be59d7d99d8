// Several servers with one rule of the quorum missing: in a script, in what the clients were told, or at
// the border where their commands leave and replies come.
#include <algorithm>
#include <utility>

#include "mutants/redis/policy.h"
#include "oracle/violation.h"

namespace repolock::sim {

namespace {

namespace script = backend::redis::script;
using backend::redis::Outcome;
using backend::redis::Settings;

// Different fences are taken for one: whoever should carry the highest is not asked to.
class WritesNothingBack : public WireConnection {
  using WireConnection::WireConnection;
  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override {
    if (!is_connected() || !runs(words, script::kHold) || argument(words, 3) != "write")
      return WireConnection::send(words, std::move(on_outcome));
    const int64_t now = link().host().now();
    const Reply reply = array({text("OK"), integer(now), text("OK")});
    link().hear([on_outcome = std::move(on_outcome), reply, now] {
      on_outcome({reply, std::nullopt, now});
    });
  }
};

Reply granted(const std::vector<std::string> &below) {
  Reply reply = array({text("OK"), integer(0)});
  for (const std::string &fence : below)
    reply.elements.push_back(
        array({text("GRANT"), text(std::to_string(std::stoll(fence) + 1) + "h0"), text("-")}));
  return reply;
}

// A server that waits, since it was restarted, is taken for one that votes.
class CountsWhoeverWaits : public WireConnection {
  using WireConnection::WireConnection;
  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override {
    const bool is_acq = runs(words, script::kAcq);
    const bool is_hold = runs(words, script::kHold);
    std::vector<std::string> fences;  // of each lease
    if (is_acq)
      for (size_t at = place_of_argument(words, 3); at < words.size(); at += 7)
        fences.emplace_back(std::max(words[at + 4], words[at + 5]));
    WireConnection::send(words, [=, on_outcome = std::move(on_outcome)](Outcome outcome) {
      auto &elements = outcome.reply.elements;
      const std::string word = elements.empty() ? "" : elements[0].text;
      if (word == "PENDING")
        outcome.reply = array({text("ADMITTED"), elements[1], integer(0)});
      else if (word == "GUARD" && is_acq)
        outcome.reply = granted(fences);
      else if (word == "GUARD" && is_hold)
        outcome.reply = array({text("OK"), integer(0), text("OK")});
      on_outcome(outcome);
    });
  }
};

// A server without a guard is taken for one that was never used, whatever the others have.
class TakesEachForNew : public WireConnection {
  using WireConnection::WireConnection;
  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override {
    std::vector<std::string_view> changed(words.begin(), words.end());
    if (runs(words, script::kGuard) && words.back() == "look") changed.back() = "first";
    WireConnection::send(changed, std::move(on_outcome));
  }
};

// All rounds of a lease are one and the same.
class KeepsItsAtt : public WireConnection {
  using WireConnection::WireConnection;
  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override {
    std::vector<std::string> changed(words.begin(), words.end());
    const auto change = [&](const backend::redis::Script &one, size_t first, size_t of_each) {
      if (!runs(words, one)) return;
      for (size_t at = place_of_argument(words, first); at < words.size(); at += of_each)
        changed[at] = changed[at].substr(0, changed[at].find(':')) + ":1";
    };
    change(script::kAcq, 3, 7);
    change(script::kRel, 2, 5);
    change(script::kHold, 4, 4);
    const std::vector<std::string_view> views(changed.begin(), changed.end());
    WireConnection::send(views, std::move(on_outcome));
  }
};

RedisParts changed(const std::string &line, const std::string &instead) {
  return with_line(Topology::kQuorum, line, instead);
}

RedisParts told(void (*change)(Settings *)) {
  RedisParts parts;
  parts.topology = Topology::kQuorum;
  parts.change = change;
  return parts;
}

}  // namespace

std::vector<RedisMutant> wrong_quorums() {
  constexpr Topology kQuorum = Topology::kQuorum;
  return {
      {"a quorum: no write-back", {kFence, kLostForGood}, with<WritesNothingBack>(kQuorum)},
      {"a quorum: who owns it may renew it, whoever had it since",
       {kFence, kLostForGood, kExclusion},
       changed("  if number > m then return refused('PASSED') end", "")},
      {"a quorum: the clients have no guard, and claim to",
       {kExclusion, kFence, kVotes},
       told([](Settings *settings) {
         settings->restart_guard = backend::redis::RestartGuard::kOff;
       })},
      {"a quorum: a server that waits is counted",
       {kExclusion, kFence, kValidity},
       with<CountsWhoeverWaits>(kQuorum)},
      {"a quorum: one without a guard is new, whatever the others have",
       {kExclusion, kFence, kVotes},
       with<TakesEachForNew>(kQuorum)},
      {"a quorum: validity counts from the reply", {kValidity}, with<CountsFromTheReply>(kQuorum)},
      {"a quorum: half of the servers are enough",
       {kExclusion, kFence, kValidity},
       told([](Settings *settings) {
         settings->quorum = std::max<size_t>(1, settings->address.servers.size() / 2);
       })},
      {"a quorum: REL lets go of the name, whoever has it",
       {kExclusion, kValidity},
       changed("  return owner_id == id and owner_att <= att and 'older' or nil",
               "  return 'this'")},
      {"a quorum: all rounds of a lease have one att",
       {kExclusion, kValidity},
       with<KeepsItsAtt>(kQuorum)},
      {"a quorum: a failed attempt puts back a fence that is not its own",
       {kFence, kLostForGood},
       changed("    local is_its_grant = state == 'h' and number == its_fence and mine == 'this'",
               "    local is_its_grant = true")},
      {"a quorum: a server that comes back has the floor that it had",
       {kFence, kExclusion},
       changed("local function raised() return math.max(floor, now_us + FLOOR_AHEAD_US) end",
               "local function raised() return floor end")},
  };
}

}  // namespace repolock::sim
