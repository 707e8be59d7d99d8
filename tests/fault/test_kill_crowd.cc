// SIGKILL, SIGSTOP and SIGCONT at random among processes that hurry: whatever they are doing, two
// never hold at once, fences grow, and somebody always goes on.
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <random>
#include <vector>

#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

class Crowd {
 public:
  Crowd() {
    while (members_.size() < kSize) members_.push_back(one_more());
  }
  ~Crowd() { close(grants_); }
  Crowd(const Crowd &) = delete;
  Crowd &operator=(const Crowd &) = delete;

  bool await_grants(eventfd_t count) const {
    constexpr int kPatienceMs = 20'000;
    pollfd ready = {grants_, POLLIN, 0};
    eventfd_t more = 0;
    for (eventfd_t seen = 0; seen < count; seen += more)
      if (poll(&ready, 1, kPatienceMs) != 1 || eventfd_read(grants_, &more) != 0) return false;
    return true;
  }

  // Kills one, wherever it is, and another one comes; or stops it for a while.
  bool disturb() {
    auto &victim = members_[random_() % kSize];
    if (random_() % 3 == 0) {
      victim->stop();
      usleep(random_() % 10'000);
      victim->kill(SIGCONT);
      return true;
    }
    victim->kill(SIGKILL);
    const bool was_killed = victim->wait() == -SIGKILL;
    victim = one_more();
    return was_killed;
  }

  bool ends_well() {
    *is_over_ = true;
    bool is_well = scene_.is_well();
    for (const auto &member : members_) is_well = member->wait() == 0 && is_well;
    return is_well && scene_.is_well();
  }

 private:
  static constexpr size_t kSize = 6;

  std::unique_ptr<Child> one_more() {
    return scene_.process([this, seed = random_()](Child &, const Client &client) {
      return hurry(client, static_cast<uint32_t>(seed));
    });
  }

  // Two at a time wait in each process, and some of them give up.
  int hurry(const Client &client, uint32_t seed) const {
    std::minstd_rand random(seed);
    while (!*is_over_) {
      const Op first = start_lock(client, Scene::kRepo), second = start_lock(client, Scene::kRepo);
      if (random() % 2 == 0) repolock_op_cancel(second.get());
      for (const Op *op : {&first, &second}) {
        const auto status = repolock_op_wait(op->get(), -1);
        if (status == REPOLOCK_E_CANCELED) continue;
        if (status != REPOLOCK_OK) return 1;
        Lease lease = take(*op);
        scene_.board->enter(lease);
        eventfd_write(grants_, 1);
        if (random() % 8 == 0) usleep(random() % 1000);
        scene_.board->leave();
        if (!unlock(std::move(lease))) return 2;
      }
    }
    return repolock_shutdown(client.get(), 1000) == REPOLOCK_OK ? 0 : 3;
  }

  const Scene scene_;
  const Shared<std::atomic<bool>> is_over_;
  const int grants_ = eventfd(0, EFD_CLOEXEC);
  std::mt19937 random_{fault_seed()};
  std::vector<std::unique_ptr<Child>> members_;
};

void a_crowd_never_overlaps(void **) {
  Crowd crowd;
  row row = begin_row("SIGKILL or SIGSTOP of anybody in a crowd", 200);
  while (again(&row)) {
    if (!MUST(&row, crowd.await_grants(10))) break;
    MUST(&row, crowd.disturb());
  }
  MUST(&row, crowd.ends_well());
  assert_true(end_row(&row, "6 processes, seed %u", fault_seed()));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(a_crowd_never_overlaps)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
