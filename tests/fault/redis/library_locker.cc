// The library, through its public functions.
#include "fault/redis/locker.h"
#include "fault/redis/on_nodes.h"

namespace repolock::testing {

namespace {

class LibraryLock final : public HeldLock {
 public:
  explicit LibraryLock(Lease lease) : lease_(std::move(lease)) {}
  bool is_held() override { return repolock_lease_status(lease_.get()) == REPOLOCK_OK; }
  uint64_t fence() const override { return fence_of(lease_); }
  void release() override { repolock_release(lease_.get()); }

 private:
  Lease lease_;
};

class LibraryLocker final : public Locker {
 public:
  LibraryLocker(const Nodes &nodes, const char *restart_guard)
      : client_(open_at(nodes.url(), kLongestWait, restart_guard)) {}
  std::unique_ptr<HeldLock> acquire(const std::string &name) override {
    repolock_lease_t *lease = nullptr;
    const auto status =
        repolock_acquire(client_.get(), name.data(), name.size(), nullptr, &lease, nullptr, 0);
    if (status != REPOLOCK_OK) return nullptr;
    return std::make_unique<LibraryLock>(Lease(lease));
  }

 private:
  Client client_;
};

}  // namespace

std::unique_ptr<Locker> make_library_locker(const Nodes &nodes, const char *restart_guard) {
  return std::make_unique<LibraryLocker>(nodes, restart_guard);
}

}  // namespace repolock::testing
