// The file backend between real processes: one that waits is killed or stopped, one that holds is
// stopped, broken, or leaves a child. What happens to many, again and again, is in tests/fault.
#include "backend/file/file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>

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

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_killed_waiter_is_passed_over),
      cmocka_unit_test(a_waiter_killed_with_its_turn_in_its_hand),
      cmocka_unit_test(a_stopped_holder_keeps_it_until_it_is_broken),
      cmocka_unit_test(a_holder_in_another_process_hears_of_a_break),
      cmocka_unit_test(a_child_with_its_descriptor_keeps_the_lock),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
