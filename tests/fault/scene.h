// scene.h - one lock, processes that queue up for it, and a board for what they see of each other.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "fault/locking.h"
#include "fault/row.h"
#include "support/child.h"
#include "support/lock_directory.h"
#include "support/shared.h"

namespace repolock::testing {

struct Board {
  std::atomic<pid_t> inside{0};  // who holds
  std::atomic<uint64_t> fence{0};
  std::atomic<int64_t> granted_ns{0};
  std::atomic<int32_t> previous{0};
  std::atomic<uint64_t> overlaps{0};
  std::atomic<uint64_t> fences_back{0};

  // Whoever enters is alone; one that was killed inside, or lost it to a break, has left its name.
  void enter(const Lease &lease) {
    granted_ns = now_ns();
    previous = repolock_lease_previous(lease.get());
    const bool may_be_left =
        previous == REPOLOCK_PREVIOUS_CRASHED || previous == REPOLOCK_PREVIOUS_BROKEN;
    if (inside.exchange(getpid()) != 0 && !may_be_left) ++overlaps;
    if (fence.exchange(fence_of(lease)) >= fence_of(lease)) ++fences_back;
  }
  void leave() {
    if (inside.exchange(0) != getpid()) ++overlaps;
  }
};

struct Scene {
  static constexpr char kRepo[] = "owner/name";
  // Exit codes of a process without a lease.
  static constexpr int kNotOpened = 100;
  static constexpr int kNotObtained = 101;

  const LockDirectory directory;
  const Shared<Board> board;

  // prepare: what the process does before it has a client.
  using Prepare = std::function<void(Child &parent)>;
  using Body = std::function<int(Child &parent, const Client &client)>;
  std::unique_ptr<Child> process(Body body, Prepare prepare = nullptr) const {
    return std::make_unique<Child>(
        [&, body = std::move(body), prepare = std::move(prepare)](Child &parent) {
          if (prepare) prepare(parent);
          const Client client = open_client(directory.url());
          return client ? body(parent, client) : kNotOpened;
        });
  }

  // Says 'w' when it waits and 'h' when it holds; hears a letter and releases. Its exit code is
  // what the release said, without the sign.
  std::unique_ptr<Child> holder(Prepare prepare = nullptr) const {
    return process([this](Child &parent, const Client &client) { return hold(parent, client); },
                   std::move(prepare));
  }
  int hold(Child &parent, const Client &client) const {
    const Lease lease = lock(client, kRepo, [&] { parent.say('w'); });
    if (!lease) return kNotObtained;
    board->enter(lease);
    parent.say('h');
    parent.hear();
    if (repolock_lease_status(lease.get()) == REPOLOCK_OK) board->leave();
    return -repolock_release(lease.get());
  }

  bool is_well() const { return board->overlaps == 0 && board->fences_back == 0; }
};

// Whether it holds, after it has waited or not.
inline bool holds(Child &holder) {
  const char letter = holder.hear();
  return letter == 'h' || (letter == 'w' && holder.hear() == 'h');
}

inline bool lets_go(Child &holder) {
  holder.say('r');
  return holder.wait() == 0;
}

// Whether one more process gets it now, and gives it back.
inline bool goes_on(const Scene &scene) {
  const auto next = scene.holder();
  return holds(*next) && lets_go(*next) && scene.is_well();
}

}  // namespace repolock::testing
