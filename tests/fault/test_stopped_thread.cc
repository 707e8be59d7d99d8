// One thread alone is stopped, the library's or the program's, while the other one runs on: a lease
// ends when its time is over, whoever looks, and nobody else has it before.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include "fault/one_thread.h"
#include "fault/plays.h"
#include "fault/scene.h"
#include "fault/witness.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

constexpr int64_t kTtlMs = 300;

using Thread = Shared<std::atomic<pid_t>>;

// A client, and which thread is its own.
Client open_seen(const std::string &url, const Thread &library,
                 const std::vector<std::pair<const char *, const char *>> &options = {}) {
  const std::set<pid_t> before = threads();
  Client client = open_client(url, options);
  for (const pid_t thread : threads())
    if (!before.contains(thread)) *library = thread;
  return client;
}

Lease lock_for_ttl(const Client &client) {
  const Request request(repolock_request_new());
  repolock_request_set_ttl(request.get(), kTtlMs);
  return take(start_lock(client, Scene::kRepo, request));
}

bool await_loss(const Lease &lease) {
  for (int ms = 0; ms < 20'000; ++ms, usleep(1000))
    if (repolock_lease_status(lease.get()) == REPOLOCK_E_LOST) return true;
  return false;
}

// ---- The library's thread does not run: nothing is renewed --------------------------------------

int be_two_clients(Child &test, const Thread &library) {
  const Client other = open_client("memory:stopped"), client = open_seen("memory:stopped", library);
  const Lease lease = lock_for_ttl(client);
  const Op op = start_lock(other, Scene::kRepo);
  Witness witness(op, lease);
  test.say('h');
  test.hear();  // that its thread has stopped
  if (repolock_op_wait(op.get(), 20'000) != REPOLOCK_OK || witness.saw_two()) return 1;
  if (repolock_lease_status(lease.get()) != REPOLOCK_E_LOST) return 2;
  if (repolock_lease_remaining_ms(lease.get()) != 0) return 3;
  const Lease next = take(op);
  if (repolock_lease_previous(next.get()) != REPOLOCK_PREVIOUS_EXPIRED) return 4;
  test.say('l');
  test.hear();  // that it goes on
  if (repolock_release(lease.get()) != REPOLOCK_E_LOST) return 5;
  return repolock_release(next.get()) == REPOLOCK_OK ? 0 : 6;
}

int stop_renewal_in_memory(int) {
  const Thread library;
  Child holder([&](Child &test) { return be_two_clients(test, library); });
  if (holder.hear() != 'h') return 10;
  if (!stop_thread(*library)) return 19;
  holder.say('s');
  if (holder.hear() != 'l') return 11;
  continue_thread(*library);
  holder.say('c');
  return holder.wait();
}

// Its time is over, but only its own process can let go.
int stop_renewal_of_a_file(int) {
  const Scene scene;
  const Thread library;
  Child holder([&](Child &test) {
    const Client client = open_seen(scene.directory.url(), library, {{"max_hold_ms", "300"}});
    const Lease lease = lock_for_ttl(client);
    test.say('h');
    test.hear();
    if (!await_loss(lease)) return 1;
    test.say('l');
    test.hear();
    return repolock_release(lease.get()) == REPOLOCK_E_LOST ? 0 : 2;
  });
  if (holder.hear() != 'h') return 10;
  const auto waiter = scene.holder();
  if (waiter->hear() != 'w') return 11;
  if (!stop_thread(*library)) return 19;
  holder.say('s');
  if (holder.hear() != 'l') return 12;
  if (waiter->has_said()) return 13;
  continue_thread(*library);
  if (!holds(*waiter) || !lets_go(*waiter)) return 14;
  holder.say('c');
  return holder.wait();
}

int stop_the_thread_of_one_to_be_killed(int) {
  const Scene scene;
  const Thread library;
  Child holder([&](Child &test) {
    const Client client = open_seen(scene.directory.url(), library);
    const Lease lease = lock_for_ttl(client);
    test.say('h');
    test.hear();
    usleep(2 * kTtlMs * 1000);
    const bool is_held = repolock_lease_status(lease.get()) == REPOLOCK_OK;
    test.say(is_held ? 'k' : 'l');
    test.hear();
    return 0;
  });
  if (holder.hear() != 'h') return 10;
  const auto waiter = scene.holder();
  if (waiter->hear() != 'w') return 11;
  if (!stop_thread(*library)) return 19;
  holder.say('s');
  if (holder.hear() != 'k' || waiter->has_said()) return 12;
  holder.kill(SIGKILL);
  bury_thread(*library);
  return holds(*waiter) && lets_go(*waiter) ? 0 : 13;
}

// ---- The program's thread does not run: no heartbeat --------------------------------------------

int stop_the_program(int) {
  const Scene scene;
  Child holder([&](Child &test) {
    const Client client = open_client(scene.directory.url(), {{"heartbeat_ms", "200"}});
    const Lease lease = lock_for_ttl(client);
    repolock_client_heartbeat(client.get());
    test.say('h');
    test.hear();
    if (repolock_lease_status(lease.get()) != REPOLOCK_E_LOST) return 1;
    return repolock_release(lease.get()) == REPOLOCK_E_LOST ? 0 : 2;
  });
  if (holder.hear() != 'h') return 10;
  const auto waiter = scene.holder();
  if (waiter->hear() != 'w') return 11;
  if (!stop_thread(holder.pid())) return 19;
  if (!holds(*waiter) || !lets_go(*waiter)) return 12;
  if (scene.board->previous != REPOLOCK_PREVIOUS_EXPIRED) return 13;
  holder.say('c');
  continue_thread(holder.pid());
  return holder.wait();
}

void stopped(const char *fault, int (*one)(int n)) {
  if (!may_stop_threads()) {
    print_message("SKIP %s: no thread may be traced here\n", fault);
    return;
  }
  row row = begin_row(fault, kAtATime);
  play(&row, one);
  assert_true(end_row(&row, "ttl %lld ms", static_cast<long long>(kTtlMs)));
}

void renewal_in_memory(void **) {
  stopped("renewal thread stopped, memory:", stop_renewal_in_memory);
}
void renewal_of_a_file(void **) {
  stopped("library's thread stopped beyond max_hold, file:", stop_renewal_of_a_file);
}
void renewal_of_one_to_be_killed(void **) {
  stopped("library's thread stopped, then SIGKILL, file:", stop_the_thread_of_one_to_be_killed);
}
void the_program(void **) {
  stopped("program's thread stopped, heartbeats stop, file:", stop_the_program);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(renewal_in_memory),
      cmocka_unit_test(renewal_of_a_file),
      cmocka_unit_test(renewal_of_one_to_be_killed),
      cmocka_unit_test(the_program),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
