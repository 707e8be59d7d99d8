// A process that holds or waits makes children that outlive it: forked, forked and executed, or
// spawned. None of them keeps a lock or a place, whether their parent is killed, lets go or gives
// up.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

enum Kind {
  kForked,
  kExecuted,
  kSpawned,
  kKinds
};

// The children that any process makes live as long as the brood of the test.
class Brood {
 public:
  Brood() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (pipe2(gate_, O_CLOEXEC) != 0) _exit(1);
  }
  ~Brood() {
    close(gate_[1]);
    close(gate_[0]);
    while (wait(nullptr) > 0) continue;
  }
  Brood(const Brood &) = delete;
  Brood &operator=(const Brood &) = delete;

  // In a process that is to make some.
  void join() const { close(gate_[1]); }
  void make(int kind) const {
    if (kind == kSpawned) return spawn();
    if (fork() != 0) return;
    dup2(gate_[0], STDIN_FILENO);
    if (kind == kExecuted) execlp("cat", "cat", static_cast<char *>(nullptr));
    char letter;
    while (read(STDIN_FILENO, &letter, 1) > 0) continue;
    _exit(0);
  }

 private:
  void spawn() const {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, gate_[0], STDIN_FILENO);
    char program[] = "cat";
    char *const arguments[] = {program, nullptr};
    pid_t pid = 0;
    posix_spawnp(&pid, program, &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
  }

  int gate_[2];
};

struct Family {
  const Scene scene{};
  const Brood brood{};

  // Makes a child as soon as it waits, or holds; says 'w' and 'h', and releases when it hears of
  // it.
  std::unique_ptr<Child> parent(int kind) const {
    return scene.process([this, kind](Child &test, const Client &client) {
      brood.join();
      bool is_made = false;
      const Lease lease = lock(client, Scene::kRepo, [&] {
        is_made = true;
        brood.make(kind);
        test.say('w');
      });
      if (!lease) return Scene::kNotObtained;
      if (!is_made) brood.make(kind);
      scene.board->enter(lease);
      test.say('h');
      test.hear();
      scene.board->leave();
      return -repolock_release(lease.get());
    });
  }
  // Makes a child while it waits, and gives up.
  std::unique_ptr<Child> impatient_parent(int kind) const {
    return scene.process([this, kind](Child &test, const Client &client) {
      brood.join();
      const Op op = start_lock(client, Scene::kRepo);
      repolock_op_on_wait(op.get(), nullptr, nullptr, nullptr);
      repolock_event_t *event = nullptr;
      repolock_event_next(client.get(), -1, &event);
      repolock_event_free(event);
      brood.make(kind);
      repolock_op_cancel(op.get());
      test.say('w');
      test.hear();
      return repolock_op_wait(op.get(), -1) == REPOLOCK_E_CANCELED ? 0 : 1;
    });
  }
};

void of_a_holder(void **) {
  row row = begin_row("children of a holder that is killed, or lets go", 10UL * kKinds);
  while (again(&row)) {
    const int kind = static_cast<int>(row.runs % kKinds);
    for (const bool is_killed : {false, true}) {
      const Family family;
      const auto parent = family.parent(kind);
      MUST(&row, holds(*parent));
      if (is_killed)
        parent->kill(SIGKILL);
      else
        MUST(&row, lets_go(*parent));
      MUST(&row, goes_on(family.scene));
    }
  }
  assert_true(end_row(&row, "forked, executed, spawned"));
}

void of_a_waiter(void **) {
  row row =
      begin_row("children of a waiter that is killed, is granted, or gives up", 10UL * kKinds);
  while (again(&row)) {
    const int kind = static_cast<int>(row.runs % kKinds);
    for (const int ending : {SIGKILL, SIGCONT, 0}) {
      const Family family;
      const auto holder = family.scene.holder();
      MUST(&row, holds(*holder));
      const auto parent = ending == 0 ? family.impatient_parent(kind) : family.parent(kind);
      MUST(&row, parent->hear() == 'w');
      const auto last = family.scene.holder();
      MUST(&row, last->hear() == 'w');
      if (ending == SIGKILL) parent->kill(SIGKILL);
      MUST(&row, lets_go(*holder));
      if (ending == SIGCONT) MUST(&row, holds(*parent));
      if (ending != SIGKILL) MUST(&row, lets_go(*parent));
      MUST(&row, holds(*last));
      MUST(&row, lets_go(*last));
      MUST(&row, family.scene.is_well());
    }
  }
  assert_true(end_row(&row, "forked, executed, spawned"));
}

// Two threads lock and unlock, while the main one makes children all the time.
int storm(Child &test, const Family &family, uint32_t seed) {
  family.brood.join();
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (const char *repo : {"a/0", "a/1"})
    threads.emplace_back([&, repo] {
      const Client client = open_client(family.scene.directory.url());
      while (!is_over) unlock(lock(client, repo));
    });
  std::minstd_rand random(seed);
  for (int i = 0; i < 20; ++i) {
    usleep(random() % 500);
    family.brood.make(static_cast<int>(random() % kKinds));
  }
  test.say('d');
  test.hear();  // for ever
  is_over = true;
  for (std::thread &thread : threads) thread.join();
  return 0;
}

void in_a_storm(void **) {
  row row = begin_row("children made at any moment, and their parent killed at any moment", 20);
  while (again(&row)) {
    const Family family;
    Child parent([&](Child &test) {
      return storm(test, family, fault_seed() * 31 + static_cast<uint32_t>(row.runs));
    });
    MUST(&row, parent.hear() == 'd');
    parent.kill(SIGKILL);
    const auto next = family.scene.process([](Child &test, const Client &client) {
      const Lease leases[] = {lock(client, "a/0"), lock(client, "a/1")};
      test.say('h');
      return leases[0] && leases[1] ? 0 : 1;
    });
    MUST(&row, next->hear() == 'h' && next->wait() == 0);
  }
  assert_true(end_row(&row, "20 children each, seed %u", fault_seed()));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(of_a_holder),
      cmocka_unit_test(of_a_waiter),
      cmocka_unit_test(in_a_storm),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
