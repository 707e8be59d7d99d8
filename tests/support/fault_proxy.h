// fault_proxy.h - stands between clients and a server, and does what a bad network does: each way by
// itself late, in small pieces, not at all, cut at a byte, or twice.
//
//   FaultProxy proxy(server.path());
//   open_client("redis+unix://" + proxy.path());
//   proxy.set([](ProxyFaults &faults) { faults.replies.stalls = true; });
//
// It is a process of its own, so a test that forks has no thread of it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

#include "support/child.h"
#include "support/lock_directory.h"
#include "support/shared.h"

namespace repolock::testing {

// What is sent one way.
struct WayFaults {
  std::atomic<int32_t> delay_ms{0};
  std::atomic<int32_t> jitter_ms{0};  // up to so much more, the order is kept
  std::atomic<int32_t> slice{0};      // of so many bytes at most, each a read of its own; 0: whole
  std::atomic<int64_t> cut_after{
      -1};                            // so many bytes still pass, of any connection, then it is cut
  std::atomic<bool> stalls{false};    // nothing passes; it comes late
  std::atomic<bool> swallows{false};  // nothing passes; what lost bytes is cut once this ends
};

// Processes; none: all of them.
class Processes {
 public:
  Processes &operator=(std::initializer_list<int32_t> pids) {
    for (size_t i = 0; i < pids_.size(); ++i) pids_[i] = i < pids.size() ? pids.begin()[i] : 0;
    return *this;
  }
  void add(int32_t pid) {
    for (auto &each : pids_)
      if (int32_t none = 0; each.compare_exchange_strong(none, pid)) return;
  }
  bool have(int32_t pid) const {
    return pids_.front() == 0 ||
           std::ranges::any_of(pids_, [pid](const auto &each) { return each == pid; });
  }

 private:
  std::array<std::atomic<int32_t>, 8> pids_{};
};

struct ProxyFaults {
  WayFaults requests, replies;
  Processes only;                           // these two are for clients there
  std::atomic<int32_t> again_after_ms{-1};  // requests are delivered a second time, so much later
  std::atomic<bool> refuses{false};         // whoever calls is hung up on
  std::atomic<uint32_t> cuts{0};            // one more: all connections are cut now
  std::atomic<bool> records{false};         // what clients say, for said()
  // What it did.
  std::atomic<uint64_t> connections{0};
  std::atomic<uint64_t> bytes_said{0};
  std::atomic<uint64_t> bytes_answered{0};
};

class FaultProxy {
 public:
  enum class Kind {
    kUnix,
    kTcp
  };

  explicit FaultProxy(std::string server_path, Kind kind = Kind::kUnix, uint32_t seed = 1);
  ~FaultProxy();
  FaultProxy(const FaultProxy &) = delete;
  FaultProxy &operator=(const FaultProxy &) = delete;

  std::string path() const { return directory_.path() / "socket"; }
  uint16_t port() const { return static_cast<uint16_t>(*port_); }

  // At once, and for the connections that there are.
  template <class Change>
  void set(Change change) {
    change(*faults_);
    wake();
  }
  void cut() {
    set([](ProxyFaults &faults) { ++faults.cuts; });
  }
  void heal();  // none of it any more
  const ProxyFaults &seen() const { return *faults_; }
  std::string said() const;  // by all clients, since `records`

 private:
  void wake();

  const LockDirectory directory_;
  const Shared<ProxyFaults> faults_;
  const Shared<std::atomic<int>> port_;
  const int wake_up_;
  const int record_;
  std::unique_ptr<Child> process_;
};

}  // namespace repolock::testing
