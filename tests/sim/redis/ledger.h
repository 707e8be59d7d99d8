// ledger.h - what one server did, script by script, beside what the scripts promise: who was given the
// name and in which order, which fences there were, and that what is over stays over.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "redis/server.h"

namespace repolock::sim {

class Ledger {
 public:
  explicit Ledger(const Store &data) : data_(data) {}

  // Around each script. Throws a Violation.
  void before(const ServedScript &script, const Words &words);
  void after(const Reply &reply);
  using Lease = std::pair<std::string, std::string>;  // name and lease id
  // The server's data went back, and no guard stands before those leases, which it had until then.
  void start_anew(const std::vector<Lease> &lost);

  bool was_refused(const Lease &lease) const { return refused_.count(lease) != 0; }
  bool was_broken(const Lease &lease) const { return broken_.count(lease) != 0; }
  // All that hold now.
  std::vector<Lease> holders() const;
  // By the server's clock; 0: it has not that lease.
  int64_t end_of(const Lease &lease) const;
  static std::vector<Lease> leases_of_hold(const Words &words);
  // Throws a Violation where there is more than fences and the guard.
  void check_empty() const;

 private:
  struct Name {
    std::string owner;              // L as "<lease id>:<att>"; "" nobody
    std::set<std::string> readers;  // that have not run out
    uint64_t fence = 0;             // 0: none
    std::vector<std::string> line;  // live waiters, in order
  };
  // What ACQ, REL or BREAK was told of one name.
  struct Asked {
    std::string id, me, kind;         // me: "<lease id>:<att>"
    std::string ended, fence, found;  // of REL
  };
  struct End {
    uint64_t fence, put_backs;  // at that moment
  };
  struct Past {
    uint64_t highest = 0;             // fence that was given, and not put back
    std::map<std::string, End> over;  // by "<lease id>:<att>"
    uint64_t put_backs = 0;
  };

  // asks: who is live by asking just now. heard: of whom a beat tells just now.
  Name look(const std::string &lock, const std::string &asks = "",
            const std::set<std::string> &heard = {}) const;
  std::map<std::string, Asked> what_was_asked() const;
  void compare(const std::string &lock, const Name &old, const Name &now);
  void check_order(const std::string &lock, const Name &old, const Name &now,
                   const std::set<std::string> &granted) const;
  void check_fence(const std::string &lock, const Name &old, const Name &now, bool is_grant);
  void check_renewals(const Reply &reply);

  const Store &data_;
  const ServedScript *script_ = nullptr;
  Words keys_, argv_;
  std::map<std::string, Asked> asked_;  // by L's key, as the next ones
  std::map<std::string, Name> old_;
  std::map<std::string, Past> past_;
  std::set<Lease> refused_, broken_, excused_;
};

}  // namespace repolock::sim
