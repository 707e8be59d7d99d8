// Who may lock where. Root may everything, so each case runs in a child as nobody (uid 65534).
#include "backend/file/file.h"

#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "support/backend_driver.h"
#include "support/child.h"
#include "support/lock_directory.h"

#include "support/cmocka.h"

namespace {

namespace fs = std::filesystem;
using namespace repolock::testing;
using repolock::backend::file::init;

constexpr uid_t kNobody = 65534;

int skip_without_root(const char *what) {
  if (geteuid() == 0) return 0;
  print_message("SKIP %s: it takes root to become somebody else\n", what);
  return 1;
}

bool become_nobody() {
  return setgid(kNobody) == 0 && setuid(kNobody) == 0;
}

// What a child says: a status of ours, as an exit code.
int code(repolock_status_t status) {
  return -status;
}

int as_nobody(const std::function<int()> &body) {
  Child child([&](Child &) { return become_nobody() ? body() : 200; });
  return child.wait();
}

int open_code(const std::string &url, const std::string &word) {
  BackendDriver driver;
  const auto status = driver.open(init, url);
  if (status != REPOLOCK_OK && driver.open_error().find(word) == std::string::npos) return 201;
  return code(status);
}

int lock_code(const std::string &url, const std::string &word) {
  BackendDriver driver;
  if (driver.open(init, url) != REPOLOCK_OK) return 202;
  const Answer &answer = driver.answer(driver.acquire("a/b", lease_id(1), {.wait = false}));
  if (answer.result() == REPOLOCK_OK) return 0;
  const std::string &message =
      answer.status == REPOLOCK_OK ? answer.grant().message : answer.message;
  return message.find(word) == std::string::npos ? 203 : code(answer.result());
}

void the_default_directory_is_this_user_s_alone(void **) {
  if (skip_without_root("the default directory")) return;
  const fs::path path = "/var/tmp/repolock-65534";
  if (fs::exists(fs::symlink_status(path))) {
    print_message("SKIP the default directory: %s is in use\n", path.c_str());
    return;
  }
  const auto open_default = [&] { return open_code("file:", path.string()); };
  assert_int_equal(as_nobody(open_default), 0);
  struct stat about {};
  assert_int_equal(stat(path.c_str(), &about), 0);
  assert_int_equal(about.st_mode & 07777, 0700);
  assert_int_equal(about.st_uid, kNobody);

  assert_int_equal(chmod(path.c_str(), 0750), 0);
  assert_int_equal(as_nobody(open_default), code(REPOLOCK_E_DENIED));
  assert_int_equal(chmod(path.c_str(), 0700), 0);
  assert_int_equal(chown(path.c_str(), 0, 0), 0);
  assert_int_equal(as_nobody(open_default), code(REPOLOCK_E_DENIED));
  fs::remove_all(path);

  LockDirectory elsewhere;
  assert_int_equal(chown(elsewhere.path().c_str(), kNobody, kNobody), 0);
  fs::create_directory_symlink(elsewhere.path(), path);
  assert_int_equal(as_nobody(open_default), code(REPOLOCK_E_DENIED));
  fs::remove(path);
  std::ofstream(path) << "a file";
  assert_int_equal(as_nobody(open_default), code(REPOLOCK_E_DENIED));
  fs::remove(path);
}

void a_directory_of_one_s_choice(void **) {
  if (skip_without_root("a directory of one's choice")) return;
  LockDirectory directory;
  const std::string path = directory.path().string();
  const auto open_there = [&] { return open_code(directory.url(), path); };
  assert_int_equal(as_nobody(open_there), code(REPOLOCK_E_DENIED));
  assert_int_equal(chmod(path.c_str(), 0755), 0);
  assert_int_equal(as_nobody(open_there), code(REPOLOCK_E_DENIED));
  // A missing one is made if the one above it is there and may be written.
  const auto open_below = [&] { return open_code(directory.url() + "/new", path + "/new"); };
  assert_int_equal(as_nobody(open_below), code(REPOLOCK_E_DENIED));
  assert_int_equal(open_code(directory.url() + "/new", ""), 0);
  struct stat about {};
  assert_int_equal(stat((path + "/new").c_str(), &about), 0);
  assert_int_equal(about.st_mode & 07777, 0700);
  assert_int_equal(open_code(directory.url() + "/no/such", "/no/such"),
                   code(REPOLOCK_E_MISCONFIGURED));
  std::ofstream(path + "/file") << "a file";
  assert_int_equal(open_code(directory.url() + "/file", "/file"), code(REPOLOCK_E_MISCONFIGURED));
}

void a_lock_file_that_is_somebody_else_s(void **) {
  if (skip_without_root("somebody else's lock file")) return;
  LockDirectory directory;
  assert_int_equal(chmod(directory.path().c_str(), 0777), 0);
  assert_int_equal(lock_code(directory.url(), ""), 0);
  assert_int_equal(chmod(directory.file("a/b").c_str(), 0600), 0);
  const std::string file = directory.file("a/b").string();
  assert_int_equal(as_nobody([&] { return lock_code(directory.url(), file); }),
                   code(REPOLOCK_E_DENIED));
}

// Two users, one of whom the other hands the lock to, both ways and in a sticky directory.
void users_share_a_directory(void **) {
  if (skip_without_root("a shared directory")) return;
  for (const mode_t mode : {01777, 0777, 02770}) {
    LockDirectory directory;
    assert_int_equal(chown(directory.path().c_str(), 0, kNobody), 0);
    assert_int_equal(chmod(directory.path().c_str(), mode), 0);
    BackendDriver driver;
    assert_int_equal(driver.open(init, directory.url()), REPOLOCK_OK);
    const auto held = driver.acquire("a/b", lease_id(1));
    assert_int_equal(driver.answer(held).result(), REPOLOCK_OK);
    struct stat about {};
    assert_int_equal(stat(directory.file("a/b").c_str(), &about), 0);
    assert_int_equal(about.st_mode & 0777, (mode & 07) != 0 ? 0666 : 0660);

    Child child([&](Child &parent) {
      BackendDriver other;
      if (!become_nobody() || other.open(init, directory.url()) != REPOLOCK_OK) return 1;
      const auto id = other.acquire("a/b", lease_id(2));
      parent.say('w');
      if (other.await(id).result() != REPOLOCK_OK) return 2;
      parent.say('h');
      parent.hear();
      other.release("a/b", lease_id(2));
      const std::string long_name(400, '*');
      const auto mine = other.acquire(long_name, lease_id(3));
      if (other.answer(mine).result() != REPOLOCK_OK) return 3;
      parent.say('m');
      parent.hear();
      other.release(long_name, lease_id(3));
      return other.logs().empty() ? 0 : 4;
    });
    assert_int_equal(child.hear(), 'w');
    // Its own timer would come after a second: the message is quicker, but the test does not time it.
    driver.release("a/b", lease_id(1));
    assert_int_equal(child.hear(), 'h');
    const auto back = driver.acquire("a/b", lease_id(4));
    child.say('r');
    assert_int_equal(driver.await(back).result(), REPOLOCK_OK);
    assert_int_equal(child.hear(), 'm');
    const auto long_one = driver.acquire(std::string(400, '*'), lease_id(5));
    assert_false(driver.answered(long_one));
    child.say('r');
    assert_int_equal(driver.await(long_one).result(), REPOLOCK_OK);
    assert_int_equal(child.wait(), 0);
    assert_true(driver.logs().empty());
    driver.close();
    assert_no_violations(driver);
  }
}

void no_descriptor_left(void **) {
  LockDirectory directory;
  Child child([&](Child &) {
    BackendDriver driver;
    if (driver.open(init, directory.url()) != REPOLOCK_OK) return 1;
    driver.release("a/b", lease_id(driver.acquire("a/b", lease_id(1))));
    std::vector<int> all;
    rlimit limit = {64, 64};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 2;
    for (int fd = dup(0); fd >= 0; fd = dup(0)) all.push_back(fd);
    const Answer &refused = driver.answer(driver.acquire("a/new", lease_id(2)));
    if (refused.result() != REPOLOCK_E_UNAVAILABLE) return 3;
    if (refused.message.find("ulimit -n") == std::string::npos) return 4;
    for (const int fd : all) close(fd);
    return driver.answer(driver.acquire("a/new", lease_id(3))).result() == REPOLOCK_OK ? 0 : 5;
  });
  assert_int_equal(child.wait(), 0);
}

// ---- What a client does without: it is slower then, and says so in its log. ----

int without_inotify(const std::string &url) {
  while (inotify_init1(IN_CLOEXEC) >= 0) {
  }
  FakeClock clock;
  BackendDriver one(&clock), two(&clock);
  if (one.open(init, url) != REPOLOCK_OK || two.open(init, url) != REPOLOCK_OK) return 1;
  one.acquire("a/b", lease_id(1));
  const auto waiter = two.acquire("a/b", lease_id(2));
  if (two.logs().size() != 1 || two.logs()[0].event != "crash_watch_failed") return 2;
  if (two.logs()[0].message.find("max_user_instances") == std::string::npos) return 3;
  one.close();  // without a release
  clock.advance(500);
  if (two.answered(waiter)) return 4;
  clock.advance(1000);
  if (two.answer(waiter).grant().previous != REPOLOCK_PREVIOUS_CRASHED) return 5;
  bool is_told = false;
  for (const auto &row : two.answer(two.diagnose()).rows)
    is_told = is_told || row.message.find("max_user_instances") != std::string::npos;
  return is_told ? 0 : 6;
}

void no_inotify_to_be_had(void **) {
  if (skip_without_root("no inotify")) return;  // root's own limit is everybody's here
  LockDirectory directory;
  assert_int_equal(chmod(directory.path().c_str(), 0777), 0);
  assert_int_equal(as_nobody([&] { return without_inotify(directory.url()); }), 0);
}

int without_sockets(const std::string &url) {
  FakeClock clock;
  BackendDriver one(&clock), two(&clock);
  if (one.open(init, url) != REPOLOCK_OK || two.open(init, url) != REPOLOCK_OK) return 1;
  one.acquire("a/b", lease_id(1));
  if (one.logs().size() != 1 || one.logs()[0].event != "wake_socket_failed") return 2;
  const auto waiter = two.acquire("a/b", lease_id(2));
  one.release("a/b", lease_id(1));
  clock.advance(100);
  if (two.answered(waiter)) return 3;
  clock.advance(1000);
  if (two.answer(waiter).result() != REPOLOCK_OK) return 4;
  if (one.answer(one.break_lease("a/b", lease_id(2))).result() != REPOLOCK_OK) return 5;
  clock.advance(1000);
  return two.revocations().size() == 1 ? 0 : 6;
}

void no_socket_to_be_had(void **) {
  if (skip_without_root("no sockets")) return;
  LockDirectory directory;
  assert_int_equal(chmod(directory.path().c_str(), 0777), 0);
  assert_int_equal(lock_code(directory.url(), ""), 0);
  assert_int_equal(chmod((directory.path() / "wake").c_str(), 0755), 0);
  assert_int_equal(as_nobody([&] { return without_sockets(directory.url()); }), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_default_directory_is_this_user_s_alone),
      cmocka_unit_test(a_directory_of_one_s_choice),
      cmocka_unit_test(a_lock_file_that_is_somebody_else_s),
      cmocka_unit_test(users_share_a_directory),
      cmocka_unit_test(no_descriptor_left),
      cmocka_unit_test(no_inotify_to_be_had),
      cmocka_unit_test(no_socket_to_be_had),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
