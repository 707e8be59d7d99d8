// Each single call on a lock file fails, once or from then on: whoever makes it hears of it in
// words, the others go on, no lock is lost or stuck, and all is well when the disk is.
#include <algorithm>
#include <cerrno>
#include <string>

#include "fault/plays.h"
#include "fault/scene.h"
#include "support/calls/calls.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

// The errno of a call on a disk that fails so; 0: it does not.
using Disk = int (*)(const std::string &call);

int broken(const std::string &call) {
  if (call == "unlock" || call == "look") return 0;  // for these the kernel needs nothing
  return call == "lock" ? ENOLCK : EIO;
}

int full(const std::string &call) {
  const bool takes_room = call == "pwrite" || call == "linkat" || call == "mkdirat";
  return takes_room || call.ends_with("sync") ? ENOSPC : 0;
}

int read_only(const std::string &call) {
  const bool writes = call == "pwrite" || call == "linkat" || call == "unlinkat";
  return writes || call == "mkdirat" || call == "openat" ? EROFS : 0;
}

struct Fault {
  const char *name;
  Disk disk;
  bool is_lasting;
};

// Whether it was obtained and released, or refused in words.
bool is_used_or_refused(const Scene &scene, const Client &client, bool may_be_refused) {
  constexpr int64_t kPatienceMs = 20'000;
  const Op op = start_lock(client, Scene::kRepo);
  const auto status = repolock_op_wait(op.get(), kPatienceMs);
  if (status != REPOLOCK_OK) {
    const bool is_honest = status == REPOLOCK_E_IO || status == REPOLOCK_E_UNAVAILABLE;
    const bool is_told = std::string(repolock_op_message(op.get())).find("; ") != std::string::npos;
    if (!is_honest || !is_told || !may_be_refused)
      std::fprintf(stderr, "%s: %s\n", repolock_status_name(status), repolock_op_message(op.get()));
    return is_honest && is_told && may_be_refused;
  }
  const Lease lease = take(op);
  scene.board->enter(lease);
  scene.board->leave();
  const auto released = repolock_release(lease.get());
  // Where it cannot be seen that it was held to the end, nobody says so.
  return released == REPOLOCK_OK || (may_be_refused && released == REPOLOCK_E_LOST);
}

enum Ended {
  kWell,        // and a call has failed
  kNoneFailed,  // there are fewer calls
  kNotWell,
};

int use_it(const Scene &scene, const Client &client, const Fault &fault, int n) {
  bool has_failed = false;
  watch_calls([&, left = n](const char *call) mutable {
    if (left-- > 0 || (has_failed && !fault.is_lasting)) return 0;
    const int error = fault.disk(call);
    has_failed = has_failed || error != 0;
    return error;
  });
  const bool was_well = is_used_or_refused(scene, client, true);
  unwatch_calls();
  if (!was_well || !is_used_or_refused(scene, client, false)) return kNotWell;
  return has_failed ? kWell : kNoneFailed;
}

// The n-th call fails to one that makes the lock file, and to one between a holder and a waiter.
int play(const Fault &fault, int n) {
  const Scene scene;
  const auto use = [&](Child &, const Client &client) { return use_it(scene, client, fault, n); };
  const int alone = scene.process(use)->wait();

  const auto holder = scene.holder();
  if (!holds(*holder)) return kNotWell;
  const auto victim = scene.process(use);
  const auto waiter = scene.holder();
  if (waiter->hear() != 'w' || !lets_go(*holder)) return kNotWell;
  if (!holds(*waiter) || !lets_go(*waiter)) return kNotWell;
  const int between = victim->wait();
  if (alone >= kNotWell || between >= kNotWell || !goes_on(scene)) return kNotWell;
  return std::min(alone, between);
}

// Who is not told that it is its turn finds out by its timer, after a second.
void each_call_fails(const Fault &fault) {
  row row = begin_row(fault.name, 1);
  int calls = 0;
  for (uint64_t sweep = 0; sweep < row.planned; ++sweep) {
    bool is_over = false;
    for (calls = 0; !is_over; calls += kAtATime) {
      for (const int ended : play_side_by_side(calls, [&](int n) { return play(fault, n); })) {
        MUST(&row, ended == kWell || ended == kNoneFailed);
        is_over = is_over || ended == kNoneFailed;
        row.runs += ended == kNoneFailed ? 0 : 2;
      }
    }
  }
  assert_true(end_row(&row, "each of some %d calls", calls));
}

void on_a_broken_disk(void **) {
  each_call_fails({"EIO or ENOLCK of each call", broken, false});
  each_call_fails({"EIO or ENOLCK of each call, and of all after it", broken, true});
}

void on_a_full_disk(void **) {
  each_call_fails({"ENOSPC of each call", full, false});
  each_call_fails({"ENOSPC of each call, and of all after it", full, true});
}

void on_a_disk_that_became_read_only(void **) {
  each_call_fails({"EROFS of each call, and of all after it", read_only, true});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(on_a_broken_disk),
      cmocka_unit_test(on_a_full_disk),
      cmocka_unit_test(on_a_disk_that_became_read_only),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
