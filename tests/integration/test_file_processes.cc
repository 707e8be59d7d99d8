// The file backend between real processes that are killed, stopped, forked and made to hurry.
#include "backend/file/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "support/backend_driver.h"
#include "support/child.h"
#include "support/lock_directory.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::file::init;

constexpr char kRepo[] = "owner/name";

// A process that asks for the lock, and says 'w' when it waits, 'h' when it holds it. On 'r' it
// releases, and ends.
int hold(Child &parent, const std::string &url, uint64_t lease) {
  BackendDriver driver;
  if (driver.open(init, url) != REPOLOCK_OK) return 1;
  const auto id = driver.acquire(kRepo, lease_id(lease));
  if (!driver.answered(id)) {
    if (!driver.run_until([&] { return !driver.waiting(id).empty(); })) return 2;
    parent.say('w');
  }
  if (driver.await(id).result() != REPOLOCK_OK) return 3;
  parent.say('h');
  if (parent.hear() != 'r') return 4;
  return driver.answer(driver.release(kRepo, lease_id(lease))).result() == REPOLOCK_OK ? 0 : 5;
}

std::unique_ptr<Child> holder(const LockDirectory &directory, uint64_t lease) {
  return std::make_unique<Child>(
      [&](Child &parent) { return hold(parent, directory.url(), lease); });
}

struct Here {
  LockDirectory directory;
  BackendDriver driver;
  Here() { assert_int_equal(driver.open(init, directory.url()), REPOLOCK_OK); }
  int32_t try_lock() {
    return driver.answer(driver.acquire(kRepo, lease_id(99), {.wait = false})).result();
  }
  void done() {
    driver.close();
    assert_no_violations(driver);
  }
};

void a_killed_holder_is_followed_at_once(void **) {
  Here here;
  uint64_t fence = 0;
  for (uint64_t i = 1; i <= 50; ++i) {
    const auto child = holder(here.directory, 1);
    assert_int_equal(child->hear(), 'h');
    const auto id = here.driver.acquire(kRepo, lease_id(i + 1));
    assert_false(here.driver.answered(id));
    child->kill(SIGKILL);
    const Answer &answer = here.driver.await(id);
    assert_int_equal(answer.result(), REPOLOCK_OK);
    assert_int_equal(answer.grant().previous, REPOLOCK_PREVIOUS_CRASHED);
    assert_true(answer.grant().fence > fence);
    fence = answer.grant().fence;
    here.driver.release(kRepo, lease_id(i + 1), fence);
    assert_int_equal(child->wait(), -SIGKILL);
  }
  here.done();
}

void a_killed_waiter_is_passed_over(void **) {
  Here here;
  here.driver.acquire(kRepo, lease_id(1));
  const auto victim = holder(here.directory, 2);
  assert_int_equal(victim->hear(), 'w');
  const auto next = holder(here.directory, 3);
  assert_int_equal(next->hear(), 'w');
  victim->kill(SIGKILL);
  assert_int_equal(victim->wait(), -SIGKILL);
  const auto rows = here.driver.answer(here.driver.inspect(kRepo)).rows;
  assert_int_equal(rows.size(), 2);
  assert_int_equal(rows[1].pid, next->pid());
  assert_int_equal(rows[1].place, 1);
  here.driver.release(kRepo, lease_id(1));
  assert_int_equal(next->hear(), 'h');
  next->say('r');
  assert_int_equal(next->wait(), 0);
  here.done();
}

void a_waiter_killed_with_its_turn_in_its_hand(void **) {
  Here here;
  here.driver.acquire(kRepo, lease_id(1));
  const auto victim = holder(here.directory, 2);
  assert_int_equal(victim->hear(), 'w');
  const auto next = holder(here.directory, 3);
  assert_int_equal(next->hear(), 'w');
  victim->stop();
  here.driver.release(kRepo, lease_id(1));  // the message goes to one who cannot read it
  // A stopped process keeps its place.
  assert_int_equal(here.try_lock(), REPOLOCK_E_HELD);
  victim->kill(SIGKILL);
  assert_int_equal(next->hear(), 'h');
  next->say('r');
  assert_int_equal(next->wait(), 0);
  here.done();
}

void a_stopped_holder_keeps_it_until_it_is_broken(void **) {
  Here here;
  const auto child = holder(here.directory, 1);
  assert_int_equal(child->hear(), 'h');
  child->stop();
  const auto waiter = here.driver.acquire(kRepo, lease_id(2));
  assert_int_equal(here.try_lock(), REPOLOCK_E_HELD);
  const auto broken = here.driver.break_lease(kRepo, lease_id(1));
  assert_int_equal(here.driver.await(broken).result(), REPOLOCK_OK);
  assert_int_equal(here.driver.await(waiter).result(), REPOLOCK_OK);
  assert_int_equal(here.driver.answer(waiter).grant().previous, REPOLOCK_PREVIOUS_BROKEN);
  child->kill(SIGCONT);
  child->say('r');
  assert_int_equal(child->wait(), 5);  // its release says LOST
  assert_int_equal(here.driver.answer(here.driver.extend(kRepo, lease_id(2))).result(),
                   REPOLOCK_OK);
  here.done();
}

void a_holder_in_another_process_hears_of_a_break(void **) {
  Here here;
  Child child([&](Child &parent) {
    BackendDriver driver;
    if (driver.open(init, here.directory.url()) != REPOLOCK_OK) return 1;
    if (driver.await(driver.acquire(kRepo, lease_id(1))).result() != REPOLOCK_OK) return 2;
    parent.say('h');
    return driver.run_until([&] { return driver.revocations().size() == 1; }) ? 0 : 3;
  });
  assert_int_equal(child.hear(), 'h');
  const auto broken = here.driver.break_lease(kRepo, lease_id(1));
  assert_int_equal(here.driver.await(broken).result(), REPOLOCK_OK);
  assert_int_equal(child.wait(), 0);
  here.done();
}

void a_child_with_its_descriptor_keeps_the_lock(void **) {
  Here here;
  int gate[2];
  assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
  Child child([&](Child &parent) {
    BackendDriver driver;
    if (driver.open(init, here.directory.url()) != REPOLOCK_OK) return 1;
    const int fd = driver.await(driver.acquire(kRepo, lease_id(1))).grant().inherit_fd;
    // What repolock_lease_inherit_fd gives; a program that lives until the gate is closed.
    const int copy = dup(fd);
    if (fork() == 0) {
      dup2(gate[0], 0);
      execlp("cat", "cat", static_cast<char *>(nullptr));
      _exit(127);
    }
    close(copy);
    parent.say('h');
    parent.hear();
    return 0;
  });
  assert_int_equal(child.hear(), 'h');
  close(gate[0]);
  const auto waiter = here.driver.acquire(kRepo, lease_id(2));
  child.kill(SIGKILL);
  assert_int_equal(child.wait(), -SIGKILL);
  assert_int_equal(here.try_lock(), REPOLOCK_E_HELD);
  assert_true(here.driver.run_until([&] {
    const auto rows = here.driver.answer(here.driver.inspect(kRepo)).rows;
    here.driver.turn(10);
    return rows.at(0).message.find("child") != std::string::npos;
  }));
  assert_false(here.driver.answered(waiter));
  close(gate[1]);
  assert_int_equal(here.driver.await(waiter).grant().previous, REPOLOCK_PREVIOUS_CRASHED);
  here.done();
}

void a_child_that_does_not_exec_keeps_nothing(void **) {
  Here here;
  int gate[2];
  assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
  Child child([&](Child &parent) {
    BackendDriver driver;
    if (driver.open(init, here.directory.url()) != REPOLOCK_OK) return 1;
    if (driver.await(driver.acquire(kRepo, lease_id(1))).result() != REPOLOCK_OK) return 2;
    if (fork() == 0) {
      char letter;
      close(gate[1]);
      _exit(read(gate[0], &letter, 1) == 0 ? 0 : 1);
    }
    parent.say('h');
    parent.hear();
    return 0;
  });
  assert_int_equal(child.hear(), 'h');
  const auto waiter = here.driver.acquire(kRepo, lease_id(2));
  child.kill(SIGKILL);
  assert_int_equal(here.driver.await(waiter).result(), REPOLOCK_OK);  // the grandchild still lives
  close(gate[0]);
  close(gate[1]);
  here.done();
}

// What the processes of a crowd see of each other.
struct Board {
  std::atomic<int64_t> inside{0};  // the pid of who holds
  std::atomic<uint64_t> fence{0};  // the last one seen
  std::atomic<int64_t> faults{0};
  std::atomic<bool> is_over{false};
  const int progress = eventfd(0, EFD_CLOEXEC);

  // Whoever enters must be alone; one that was killed inside has left its pid.
  void enter(const Grant &grant) {
    const int64_t before = inside.exchange(getpid());
    if (before != 0 && grant.previous != REPOLOCK_PREVIOUS_CRASHED) ++faults;
    if (fence.exchange(grant.fence) >= grant.fence) ++faults;
    eventfd_write(progress, 1);
  }
  void leave() {
    if (inside.exchange(0) != getpid()) ++faults;
  }
  void await_grants(uint64_t count) {
    eventfd_t more = 0;
    for (uint64_t seen = 0; seen < count; seen += more)
      if (eventfd_read(progress, &more) != 0) return;
  }
};

Board *new_board() {
  void *shared =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return shared == MAP_FAILED ? nullptr : new (shared) Board;
}

// Several waiters in each process, some of which give up.
int hammer(Board &board, const std::string &url) {
  BackendDriver driver;
  if (driver.open(init, url) != REPOLOCK_OK) return 1;
  std::minstd_rand random(static_cast<unsigned>(getpid()));
  const auto pid = static_cast<uint64_t>(getpid());
  for (uint64_t i = 0; !board.is_over; ++i) {
    const std::string lease = lease_id(pid << 32 | (2 * i));
    const std::string other = lease_id(pid << 32 | (2 * i + 1));
    const auto id = driver.acquire(kRepo, lease);
    const auto second = driver.acquire(kRepo, other, {.wait = random() % 4 != 0});
    if (random() % 2 == 0) driver.cancel(second);
    for (const auto &[request, name] : {std::pair(id, lease), std::pair(second, other)}) {
      const Answer &answer = driver.await(request);
      if (answer.result() == REPOLOCK_E_CANCELED || answer.result() == REPOLOCK_E_HELD) continue;
      if (answer.result() != REPOLOCK_OK) return 2;
      board.enter(answer.grant());
      if (random() % 8 == 0) driver.turn(0);
      board.leave();
      driver.release(kRepo, name, answer.grant().fence);
    }
  }
  driver.close();
  return driver.violations().empty() ? 0 : 3;
}

void a_crowd_never_overlaps(void **) {
  LockDirectory directory;
  Board *board = new_board();
  std::vector<std::unique_ptr<Child>> crowd;
  const auto more = [&] {
    return std::make_unique<Child>([&](Child &) { return hammer(*board, directory.url()); });
  };
  while (crowd.size() < 6) crowd.push_back(more());
  // One after another is killed, wherever it is, and another one comes.
  std::minstd_rand random(1);
  for (int i = 0; i < 40; ++i) {
    board->await_grants(20);
    auto &victim = crowd[random() % crowd.size()];
    victim->kill(SIGKILL);
    assert_int_equal(victim->wait(), -SIGKILL);
    victim = more();
  }
  board->is_over = true;
  for (const auto &child : crowd) assert_int_equal(child->wait(), 0);
  assert_int_equal(board->faults, 0);
  close(board->progress);
  munmap(board, sizeof *board);
}

void two_hundred_processes_in_order(void **) {
  Here here;
  const auto first = here.driver.acquire(kRepo, lease_id(1));
  std::vector<std::unique_ptr<Child>> queue;
  for (uint64_t i = 0; i < 200; ++i) {
    queue.push_back(holder(here.directory, 100 + i));
    assert_int_equal(queue.back()->hear(), 'w');
  }
  const auto last = here.driver.acquire(kRepo, lease_id(2));
  assert_int_equal(here.driver.waiting(last).back().place, 201);
  here.driver.release(kRepo, lease_id(1), here.driver.answer(first).grant().fence);
  for (const auto &child : queue) {
    assert_int_equal(child->hear(), 'h');
    child->say('r');
    assert_int_equal(child->wait(), 0);
  }
  assert_int_equal(here.driver.await(last).grant().fence,
                   here.driver.answer(first).grant().fence + 201);
  here.done();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_killed_holder_is_followed_at_once),
      cmocka_unit_test(a_killed_waiter_is_passed_over),
      cmocka_unit_test(a_waiter_killed_with_its_turn_in_its_hand),
      cmocka_unit_test(a_stopped_holder_keeps_it_until_it_is_broken),
      cmocka_unit_test(a_holder_in_another_process_hears_of_a_break),
      cmocka_unit_test(a_child_with_its_descriptor_keeps_the_lock),
      cmocka_unit_test(a_child_that_does_not_exec_keeps_nothing),
      cmocka_unit_test(a_crowd_never_overlaps),
      cmocka_unit_test(two_hundred_processes_in_order),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
