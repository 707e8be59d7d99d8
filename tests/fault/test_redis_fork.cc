// A holder forks: its child has no part in the lock, whatever it does with what it has copied, and
// keeps none of it when its parent is killed.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fault/redis/on_nodes.h"
#include "fault/row.h"
#include "support/child.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

enum Ending {
  kStays,     // as long as the test wants it
  kExits,     // by way of all that a program does at its end
  kExecutes,  // another program, which stays
};

bool is_forked(repolock_status_t status) {
  return status == REPOLOCK_E_FORKED;
}

// In the forked child.
bool has_no_part(const Client &client, const Lease &lease) {
  repolock_lease_t *other = nullptr;
  return is_forked(repolock_lease_status(lease.get())) &&
         is_forked(repolock_extend(lease.get(), kLeaseTtl)) &&
         is_forked(repolock_release(lease.get())) &&
         is_forked(repolock_acquire(client.get(), kRepo, sizeof kRepo - 1, nullptr, &other, nullptr,
                                    0)) &&
         repolock_lease_remaining_ms(lease.get()) == 0;
}

// Says 'f' if all was as it must be, and ends.
void be_forked(Ending ending, Child &test, const Client &client, Lease &lease) {
  test.say(has_no_part(client, lease) ? 'f' : '-');
  lease = nullptr;  // freed, as a destructor would
  if (ending == kExits) exit(0);
  if (ending == kExecutes) execlp("cat", "cat", static_cast<char *>(nullptr));
  char letter;
  while (read(STDIN_FILENO, &letter, 1) > 0) continue;
  _exit(0);
}

// Holds, forks, and says 'h'; releases when it hears of it.
int hold_and_fork(Ending ending, Child &test, const Nodes &nodes, int input) {
  const Client client = open_on(nodes, 20'000);
  Lease lease = lock(client, kRepo);
  if (lease == nullptr) return 1;
  dup2(input, STDIN_FILENO);
  if (fork() == 0) be_forked(ending, test, client, lease);
  test.say('h');
  test.hear();
  if (!is_held(lease)) return 2;
  return unlock(std::move(lease)) ? 0 : 3;
}

// Another one in each run, and with each seed.
Ending ending_of(const row &row) {
  return static_cast<Ending>((row.runs + fault_seed()) % 3);
}

// A holder whose child lives as long as this does.
class Family {
 public:
  Family(const Nodes &nodes, Ending ending) {
    if (pipe2(input_, O_CLOEXEC) != 0) return;
    parent_ = std::make_unique<Child>([&, ending](Child &test) {
      close(input_[1]);
      return hold_and_fork(ending, test, nodes, input_[0]);
    });
  }
  ~Family() {
    close(input_[1]);
    close(input_[0]);
  }
  Family(const Family &) = delete;
  Family &operator=(const Family &) = delete;

  Child &parent() const { return *parent_; }
  bool is_made() const {
    const char first = parent_->hear(), second = parent_->hear();
    return (first == 'h' && second == 'f') || (first == 'f' && second == 'h');
  }

 private:
  int input_[2] = {-1, -1};
  std::unique_ptr<Child> parent_;
};

// The earliest moment at which a quorum may give it to somebody else.
int64_t earliest_end_ns(const Nodes &nodes) {
  std::vector<int64_t> ends;
  for (const auto &node : nodes) {
    const int64_t now = now_ns();
    ends.push_back(now + (node->number({"PTTL", kLockKey}) - 1) * 1'000'000);
  }
  std::ranges::sort(ends);
  return ends[nodes.size() / 2];
}

int64_t connections(const Nodes &nodes) {
  int64_t count = 0;
  for (const auto &node : nodes) {
    const std::string list = node->text({"CLIENT", "LIST"});
    count += std::ranges::count(list, '\n') - 1;
  }
  return count;
}

void a_child_keeps_nothing(size_t servers, const char *fault) {
  row row = begin_row(fault, 1);
  int64_t longest_ms = 0;
  while (again(&row)) {
    Nodes nodes(servers);
    const Family family(nodes, ending_of(row));
    if (!MUST(&row, family.is_made())) break;
    usleep(2 * kLeaseTtl * 1000);  // its parent renews
    MUST(&row, lock_count(nodes) == static_cast<int64_t>(servers));
    MUST(&row, connections(nodes) > 0);
    const int64_t killed = now_ns();
    family.parent().kill(SIGKILL);
    MUST(&row, family.parent().wait() == -SIGKILL);
    MUST(&row, comes_true([&] { return connections(nodes) == 0; }));  // its child has none of them
    const int64_t earliest = earliest_end_ns(nodes);
    const Client client = open_on(nodes, 20'000);
    const Lease next = lock(client, kRepo);
    if (!MUST(&row, next != nullptr)) break;
    MUST(&row, now_ns() >= earliest);
    longest_ms = std::max(longest_ms, (now_ns() - killed) / 1'000'000);
  }
  assert_true(end_row(&row, "obtained %lld ms after the kill at most, ttl and lock_delay are 1500",
                      static_cast<long long>(longest_ms)));
}

void its_parent_is_killed(void **) {
  a_child_keeps_nothing(1, "SIGKILL of a holder that has forked; one server");
  a_child_keeps_nothing(3, "SIGKILL of a holder that has forked; three servers");
}

void its_parent_goes_on(void **) {
  row row = begin_row("a holder forks, its child uses what it copied, exits, or executes", 1);
  while (again(&row)) {
    Nodes nodes(1);
    const Family family(nodes, ending_of(row));
    if (!MUST(&row, family.is_made())) break;
    usleep(2 * kLeaseTtl * 1000);
    family.parent().say('r');
    MUST(&row, family.parent().wait() == 0);
    const Client client = open_on(nodes, 20'000);
    MUST(&row, unlock(lock(client, kRepo)));
  }
  assert_true(end_row(&row, "E_FORKED there; its parent renews and releases"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(its_parent_is_killed),
      cmocka_unit_test(its_parent_goes_on),
  };
  return run_on_redis(tests);
}
