// names.h - what a client has of each name: who waits, what is held, which descriptors are free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/file/descriptor.h"
#include "backend/file/layout.h"

namespace repolock::backend::file {

struct Request;

struct Lease {
  Descriptor file;
  Ticket ticket = 0;
  Ticket slot = 0;
  bool shared = false;
  bool is_broken = false;  // its holder knows; the descriptor stays open until the release
};

struct Name {
  struct Idle {
    Descriptor file;
    int64_t since_ms;
  };

  std::map<Ticket, Request *> waiting;
  std::unordered_map<std::string, Lease> leases;  // by lease id
  std::vector<Idle> idle;

  bool is_unused() const { return waiting.empty() && leases.empty() && idle.empty(); }
};

// A descriptor that is not needed any more stays open for the next lease of its name: to open one
// takes time, and to close one wakes everybody who watches for crashes.
class Names {
 public:
  Name &operator[](const std::string &repo) { return names_[repo]; }
  Name *find(const std::string &repo);
  Lease *find_lease(const std::string &repo, const std::string &lease_id);
  std::vector<std::string> all() const;

  // One without locks; not open where there is none.
  Descriptor take_idle(const std::string &repo);
  // Holds no lock any more.
  void put_idle(const std::string &repo, Descriptor file, int64_t now);
  bool has_idle() const { return idle_count_ > 0; }
  // Closes what has been idle for long. The names that are not used any more, and are gone here.
  std::vector<std::string> sweep(int64_t now);

 private:
  std::unordered_map<std::string, Name> names_;
  size_t idle_count_ = 0;
};

inline constexpr int64_t kIdleMs = 10'000;

}  // namespace repolock::backend::file
