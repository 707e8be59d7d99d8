// What a forked child finds of its parent's tables and descriptors.
#include "port/fork.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <new>
#include <thread>

#include "support/cmocka.h"

namespace {
std::atomic<int> g_freed{0};
}  // namespace

void *operator new(size_t size) {
  if (void *memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept {
  ++g_freed;
  std::free(memory);
}
void operator delete(void *memory, size_t) noexcept {
  operator delete(memory);
}

namespace {

using repolock::port::close_in_child;
using repolock::port::forget_in_child;
using repolock::port::ForkGuard;
using repolock::port::ForkSafeMutex;
using repolock::port::process_id;

bool holds_in_child(const std::function<bool()> &claim) {
  const pid_t child = fork();
  if (child == 0) _exit(claim() ? 0 : 1);
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  return status == 0;
}

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) != -1;
}

int open_registered() {
  ForkGuard no_fork;
  const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_true(close_in_child(fd));
  return fd;
}

void a_process_has_an_id(void **) {
  const int64_t parent = process_id();
  assert_int_equal(parent, getpid());
  assert_true(holds_in_child([&] { return process_id() == getpid() && process_id() != parent; }));
}

void a_registered_descriptor_is_closed_in_the_child_alone(void **) {
  const int registered = open_registered();
  const int plain = open("/dev/null", O_RDWR | O_CLOEXEC);
  assert_true(holds_in_child([&] { return !is_open(registered) && is_open(plain); }));
  assert_true(is_open(registered));
  {
    ForkGuard no_fork;
    forget_in_child(registered);
    close(registered);
  }
  // The number may be anybody's now.
  const int again = open("/dev/null", O_RDWR | O_CLOEXEC);
  assert_int_equal(again, registered);
  assert_true(holds_in_child([&] { return is_open(again); }));
  close(again);
  close(plain);
}

void a_child_can_register_and_fork_as_well(void **) {
  const int parents = open_registered();
  assert_true(holds_in_child([&] {
    const int own = open_registered();
    return own == parents && is_open(own) && holds_in_child([&] { return !is_open(own); });
  }));
  ForkGuard no_fork;
  forget_in_child(parents);
  close(parents);
}

// Another thread may have been inside it when the child was made.
void a_child_leaves_the_allocator_alone(void **) {
  const int registered = open_registered();
  const int freed = g_freed;
  assert_true(holds_in_child([&] { return g_freed == freed; }));
  ForkGuard no_fork;
  forget_in_child(registered);
  close(registered);
}

constinit ForkSafeMutex g_mutex;
constinit int g_one = 0;
constinit int g_other = 0;

// Another thread is inside nearly all the time; no child may find it locked, or half done.
void a_child_never_meets_the_mutex_locked(void **) {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) {
      std::lock_guard lock(g_mutex);
      ++g_one;
      ++g_other;
    }
  });
  bool good = true;
  for (int i = 0; i < 100; ++i) {
    good = holds_in_child([] {
             std::lock_guard lock(g_mutex);
             return g_one == g_other;
           }) &&
           good;
  }
  stop = true;
  busy.join();
  assert_true(good);
}

// Nobody hears of a bare clone, and the handle's check must not take the child for its parent.
void a_child_knows_its_own_pid(void **) {
  assert_int_equal(process_id(), getpid());
  assert_true(holds_in_child([] { return process_id() == syscall(SYS_getpid); }));
  const long child = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) _exit(process_id() == syscall(SYS_getpid) ? 0 : 1);
  int status = -1;
  assert_int_equal(waitpid(static_cast<pid_t>(child), &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(process_id(), getpid());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_child_knows_its_own_pid),
      cmocka_unit_test(a_process_has_an_id),
      cmocka_unit_test(a_registered_descriptor_is_closed_in_the_child_alone),
      cmocka_unit_test(a_child_can_register_and_fork_as_well),
      cmocka_unit_test(a_child_leaves_the_allocator_alone),
      cmocka_unit_test(a_child_never_meets_the_mutex_locked),
  };
  return cmocka_run_group_tests_name("port_fork", tests, nullptr, nullptr);
}
