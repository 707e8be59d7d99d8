// SIGKILL before each single call that a process makes on a lock file, from the first to the last:
// what it leaves half done harms nobody, and the next one goes on with a larger fence.
#include <poll.h>
#include <signal.h>

#include <functional>
#include <memory>
#include <string_view>

#include "fault/scene.h"
#include "support/calls/calls.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

constexpr std::string_view kRepo = Scene::kRepo;

Scene::Prepare die_before(int n) {
  return [n](Child &) {
    watch_calls([left = n](const char *) mutable { return left-- == 0 ? raise(SIGKILL) : 0; });
  };
}

// With a fresh scene for each call n = 0, 1, 2... until each() finds that its victim was not
// killed.
using Each = std::function<bool(row *row, const Scene &scene, int n)>;
void at_each_call(const char *fault, const Each &each) {
  row row = begin_row(fault, 1);
  int calls = 0;
  for (uint64_t sweep = 0; sweep < row.planned; ++sweep) {
    bool was_killed = true;
    for (calls = 0; was_killed; ++calls) {
      const Scene scene;
      was_killed = each(&row, scene, calls);
      MUST(&row, goes_on(scene));
      row.runs += was_killed ? 1 : 0;
    }
  }
  assert_true(end_row(&row, "%d calls", calls - 1));
}

void alone(void **) {
  at_each_call("SIGKILL before each call of lock and unlock", [](row *, const Scene &scene, int n) {
    const auto twice = [&](Child &, const Client &client) {
      for (int i = 0; i < 2; ++i) {
        Lease lease = lock(client, Scene::kRepo);
        scene.board->enter(lease);
        scene.board->leave();
        if (!unlock(std::move(lease))) return 1;
      }
      return 0;
    };
    return scene.process(twice, die_before(n))->wait() == -SIGKILL;
  });
}

void between_two(void **) {
  at_each_call("SIGKILL before each call of one that waits and is waited for",
               [](row *row, const Scene &scene, int n) {
                 const auto holder = scene.holder();
                 MUST(row, holds(*holder));
                 const auto victim = scene.holder(die_before(n));
                 victim->say('r');
                 victim->hear();  // it waits, or is dead
                 const auto last = scene.holder();
                 MUST(row, last->hear() == 'w');
                 MUST(row, lets_go(*holder));
                 MUST(row, last->hear() == 'h');
                 MUST(row, lets_go(*last));
                 return victim->wait() == -SIGKILL;
               });
}

void giving_up(void **) {
  at_each_call("SIGKILL before each call of one that gives up",
               [](row *row, const Scene &scene, int n) {
                 const auto holder = scene.holder();
                 MUST(row, holds(*holder));
                 const auto give_up = [](Child &, const Client &client) {
                   const Request request(repolock_request_new());
                   repolock_request_set_wait(request.get(), 20);
                   const Op op = start_lock(client, Scene::kRepo, request);
                   return repolock_op_wait(op.get(), -1) == REPOLOCK_E_TIMEOUT ? 0 : 1;
                 };
                 const int ended = scene.process(give_up, die_before(n))->wait();
                 MUST(row, ended == 0 || ended == -SIGKILL);
                 MUST(row, lets_go(*holder));
                 return ended != 0;
               });
}

using Snapshot = std::unique_ptr<repolock_snapshot_t, Freed<repolock_snapshot_free>>;

Snapshot look(const Client &client) {
  repolock_op_t *op = nullptr;
  repolock_inspect_start(client.get(), kRepo.data(), kRepo.size(), &op);
  const Op inspect(op);
  repolock_op_wait(op, -1);
  repolock_snapshot_t *snapshot = nullptr;
  repolock_op_snapshot(op, &snapshot);
  return Snapshot(snapshot);
}

// Takes the lock away from whoever has it.
repolock_status_t break_holder(const Client &client) {
  const Snapshot seen = look(client);
  repolock_op_t *op = nullptr;
  repolock_break_start(client.get(), kRepo.data(), kRepo.size(),
                       repolock_snapshot_text(seen.get(), 0, REPOLOCK_TEXT_LEASE_ID), &op);
  const Op broken(op);
  return repolock_op_wait(op, -1);
}

bool is_holding(const Scene &scene, pid_t pid) {
  const auto look_for = [pid](Child &, const Client &client) {
    const Snapshot seen = look(client);
    for (size_t row = 0; row < repolock_snapshot_size(seen.get()); ++row)
      if (repolock_snapshot_number(seen.get(), row, REPOLOCK_NUMBER_ROW) == REPOLOCK_ROW_HOLDER &&
          repolock_snapshot_number(seen.get(), row, REPOLOCK_NUMBER_PID) == pid)
        return 1;
    return 0;
  };
  return scene.process(look_for)->wait() == 1;
}

// Says 'h' when it holds, 'l' when it is told that it has lost the lock; ends when it hears a
// letter.
int listen(Child &parent, const Client &client) {
  const Lease lease = lock(client, Scene::kRepo);
  repolock_lease_on_lost(lease.get(), nullptr, nullptr, nullptr);
  parent.say('h');
  pollfd ready[] = {{parent.fd(), POLLIN, 0}, {repolock_event_fd(client.get()), POLLIN, 0}};
  while (poll(ready, 2, -1) > 0 && ready[0].revents == 0) {
    repolock_event_t *next = nullptr;
    if (repolock_event_next(client.get(), 0, &next) != REPOLOCK_OK) continue;
    const Event event(next);
    if (repolock_event_kind(next) == REPOLOCK_EVENT_LOST) parent.say('l');
  }
  return -repolock_release(lease.get());
}

void breaking(void **) {
  at_each_call("SIGKILL before each call of a break", [](row *row, const Scene &scene, int n) {
    const auto holder = scene.process(listen);
    MUST(row, holder->hear() == 'h');
    const auto waiter = scene.holder();
    MUST(row, waiter->hear() == 'w');
    const auto breaks = [](Child &, const Client &client) { return -break_holder(client); };
    const int ended = scene.process(breaks, die_before(n))->wait();
    MUST(row, ended == 0 || ended == -SIGKILL);
    const bool is_broken = !is_holding(scene, holder->pid());
    MUST(row, ended != 0 || is_broken);
    // Broken is broken: the one gets it and the other one hears of it, whoever could not tell them.
    if (is_broken) MUST(row, waiter->hear() == 'h' && holder->hear() == 'l');
    holder->say('r');
    MUST(row, holder->wait() == (is_broken ? -REPOLOCK_E_LOST : 0));
    if (!is_broken) MUST(row, waiter->hear() == 'h');
    MUST(row, lets_go(*waiter));
    return ended != 0;
  });
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(alone),
      cmocka_unit_test(between_two),
      cmocka_unit_test(giving_up),
      cmocka_unit_test(breaking),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
