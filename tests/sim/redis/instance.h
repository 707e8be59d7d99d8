// instance.h - one server of a world: its machine, what its scripts did, and what it has lost.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "redis/habits.h"
#include "redis/ledger.h"
#include "redis/machine.h"
#include "run.h"

namespace repolock::sim {

class Wire;

class Instance {
 public:
  // number: from 1 on.
  Instance(Run &run, const Habits &habits, size_t number, Lua &lua,
           const std::vector<ServedScript> &scripts);

  const std::string &name() const { return machine_.name(); }
  Machine &machine() { return machine_; }
  const Ledger &ledger() const { return ledger_; }

  void add(const std::shared_ptr<Wire> &wire);
  Reply execute(Session &session, const Words &words);
  // What stands between may send it a second time.
  bool takes_again(const Words &words) const;
  void break_lease(const Ledger::Lease &lease);

  // Its leases are lost with its data, unless it keeps them; whoever restarts it says with which of the
  // two that follow: by then a guard waits for their end, or none does.
  bool restart();
  void lost_under_guard();
  void lost();
  bool has_guard() const;

  // ---- the truth, in real time ----
  // Nobody else gets the name from it before; 0: it does not stand in the way.
  Millis blocks_until(const Ledger::Lease &lease);
  // It may give the name to somebody else before the lease has ended, and that is no fault of the library.
  bool is_excused(const Ledger::Lease &lease) const;
  bool keeps_fences() const { return keeps_fences_; }  // it has never gone back

 private:
  void check_vote(const ServedScript &script, const Reply &reply) const;
  bool is_admitted() const;

  Run &run_;
  const Habits &habits_;
  const std::vector<ServedScript> &scripts_;
  Machine machine_;
  Ledger ledger_;
  std::vector<std::weak_ptr<Wire>> wires_;
  std::vector<Ledger::Lease> losing_;   // what it had when it was restarted
  std::set<Ledger::Lease> forgotten_;   // since then; it does not vote
  std::set<Ledger::Lease> taken_away_;  // and it votes
  Millis silent_until_ = 0;             // until then it must not vote
  bool keeps_fences_ = true;
};

}  // namespace repolock::sim
