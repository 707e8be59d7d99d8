// A hundred waiters of ten processes on one name: each has its turns in order, for few messages, though
// the first holder dies; and nobody waits for ever when the server where they queue dies too, and some of
// them with it.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fault/redis/on_nodes.h"
#include "fault/row.h"
#include "fault/scene.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

constexpr size_t kProcesses = 10;
constexpr char kQueueKey[] = "repolock:{owner/name}:q";

struct Turns {
  Board board;
  std::atomic<size_t> size{0};
  std::atomic<int64_t> first_ns{0};
  std::array<std::atomic<uint32_t>, 1024> waiter{};
  std::atomic<bool> is_over{false};
};

// Whoever is busy elsewhere for a while does not lose what it was handed.
Client open_one(const Nodes &nodes, const char *ttl_ms) {
  return open_client(nodes.url(), {{"max_ttl_ms", "10000"}, {"ttl_ms", ttl_ms}});
}

// Its waiters stand in the queue one behind the other. Whoever had a turn stands behind all, until it is
// over; each takes one turn at least.
class Waiters {
 public:
  Waiters(const Nodes &nodes, Turns &turns, size_t first, size_t count)
      : client_(open_one(nodes, "10000")), turns_(turns), first_(first), ops_(count) {}

  bool stand(size_t i) {
    ops_[i] = start_lock(client_, kRepo);
    return stands_in_queue(client_, ops_[i]);
  }
  bool take_turns() {
    for (size_t i = 0; i < ops_.size(); ++i) listen(i);
    for (size_t left = ops_.size(); left > 0;) {
      repolock_event_t *next = nullptr;
      if (repolock_event_next(client_.get(), -1, &next) != REPOLOCK_OK) return false;
      const Event event(next);
      if (repolock_event_kind(next) != REPOLOCK_EVENT_DONE) continue;
      const auto i =
          static_cast<size_t>(static_cast<Op *>(repolock_event_user_data(next)) - ops_.data());
      if (!take_turn(i)) return false;
      if (turns_.is_over) {
        --left;
      } else {
        ops_[i] = start_lock(client_, kRepo);
        listen(i);
      }
    }
    return true;
  }

 private:
  void listen(size_t i) { repolock_op_on_done(ops_[i].get(), nullptr, &ops_[i], nullptr); }
  bool take_turn(size_t i) {
    Lease lease = take(ops_[i]);
    if (!lease) return false;
    int64_t none = 0;
    turns_.first_ns.compare_exchange_strong(none, now_ns());
    turns_.board.enter(lease);
    const size_t turn = turns_.size++;
    if (turn < turns_.waiter.size()) turns_.waiter[turn] = static_cast<uint32_t>(first_ + i);
    turns_.board.leave();
    return unlock(std::move(lease));
  }

  const Client client_;
  Turns &turns_;
  const size_t first_;
  std::vector<Op> ops_;
};

// A holder, and those who wait for it.
struct Crowd {
  Crowd(const Nodes &nodes, Turns &turns, size_t each) : each(each) {
    holder = std::make_unique<Child>([&](Child &test) {
      const Client client = open_one(nodes, "500");
      Lease lease = lock(client, kRepo);
      if (!lease) return 1;
      test.say('h');
      test.hear();
      return unlock(std::move(lease)) ? 0 : 2;
    });
    for (size_t n = 0; n < kProcesses; ++n)
      processes.push_back(std::make_unique<Child>([&, n, each](Child &test) {
        Waiters waiters(nodes, turns, n * each, each);
        for (size_t i = 0; i < each; ++i) {
          test.hear();
          if (!waiters.stand(i)) return 1;
          test.say('w');
        }
        return waiters.take_turns() ? 0 : 2;
      }));
  }

  // All of them in the queue, one after the other.
  bool come() const {
    if (holder->hear() != 'h') return false;
    for (size_t i = 0; i < each; ++i)
      for (const auto &process : processes) {
        process->say('c');
        if (process->hear() != 'w') return false;
      }
    return true;
  }

  size_t each;
  std::unique_ptr<Child> holder;
  std::vector<std::unique_ptr<Child>> processes;
};

// How often one command was called, on all of them, also by scripts.
int64_t calls_of(const Nodes &nodes, const std::string &command) {
  int64_t calls = 0;
  for (const auto &node : nodes) {
    const std::string all = node->text({"INFO", "commandstats"});
    const std::string before = "cmdstat_" + command + ":calls=";
    const size_t at = all.find(before);
    if (at != std::string::npos) calls += std::atoll(all.c_str() + at + before.size());
  }
  return calls;
}
int64_t messages(const Nodes &nodes) {
  return calls_of(nodes, "evalsha") + calls_of(nodes, "eval") + calls_of(nodes, "publish");
}

// Of the turns of each: 1 is what is fair, 1/n where one of n has all.
double jain(const Turns &turns, size_t count, size_t waiters) {
  std::vector<double> each(waiters);
  for (size_t i = 0; i < count; ++i) ++each[turns.waiter[i]];
  double sum = 0, squares = 0;
  for (const double its : each) sum += its, squares += its * its;
  return sum * sum / (static_cast<double>(waiters) * squares);
}

// ---- The holder dies ----

void a_hundred_wait(size_t servers, int64_t most_messages, const char *fault) {
  constexpr size_t kEach = 10, kWaiters = kProcesses * kEach, kTurns = 3 * kWaiters;
  row row = begin_row(fault, 1);
  double fairness = 0, messages_each = 0, wakes_each = 0;
  int64_t takeover_ms = 0;
  while (again(&row)) {
    const Shared<Turns> turns;
    Nodes nodes(servers);
    const Crowd crowd(nodes, *turns, kEach);
    if (!MUST(&row, crowd.come())) break;
    crowd.holder->kill(SIGKILL);
    const int64_t killed = now_ns();
    MUST(&row, comes_true([&] { return turns->size > 0; }));
    takeover_ms = (turns->first_ns - killed) / 1'000'000;
    const size_t before = turns->size;
    const int64_t messages_before = messages(nodes), wakes_before = calls_of(nodes, "publish");
    MUST(&row, comes_true([&] { return turns->size >= kTurns; }));
    const auto taken = static_cast<double>(turns->size - before);
    messages_each = static_cast<double>(messages(nodes) - messages_before) / taken;
    wakes_each = static_cast<double>(calls_of(nodes, "publish") - wakes_before) / taken;
    turns->is_over = true;
    for (const auto &process : crowd.processes) MUST(&row, process->wait() == 0);
    MUST(&row, turns->board.overlaps == 0 && turns->board.fences_back == 0);
    MUST(&row, messages_each <= static_cast<double>(most_messages));
    fairness = jain(*turns, kTurns, kWaiters);
    MUST(&row, fairness >= 0.95);
    size_t in_order = 0;  // the i-th to come is number i / 10 of process i % 10
    while (in_order < kWaiters &&
           turns->waiter[in_order] == in_order % kProcesses * kEach + in_order / kProcesses)
      ++in_order;
    if (!MUST(&row, in_order == kWaiters))
      for (size_t turn = in_order; turn < std::min(in_order + 5, kWaiters); ++turn)
        std::fprintf(stderr, "turn %zu: number %u of process %u\n", turn,
                     static_cast<unsigned>(turns->waiter[turn] % kEach),
                     static_cast<unsigned>(turns->waiter[turn] / kEach));
  }
  assert_true(
      end_row(&row,
              "first turn after %lld ms; then %.1f messages and %.2f wake-ups a turn, Jain's "
              "index %.3f",
              static_cast<long long>(takeover_ms), messages_each, wakes_each, fairness));
}

void their_holder_is_killed(void **) {
  a_hundred_wait(1, 8, "SIGKILL of a holder for whom 100 wait; one server");
  a_hundred_wait(5, 60, "SIGKILL of a holder for whom 100 wait; five servers");
}

// ---- Their gate dies ----

Node &gate_of(const Nodes &nodes) {
  for (const auto &node : nodes)
    if (node->number({"EXISTS", kQueueKey}) == 1) return *node;
  return *nodes.front();
}

void their_gate_is_killed(void **) {
  constexpr size_t kEach = 5, kKilled = 3;
  row row = begin_row("SIGKILL of the server where 50 queue, and of three processes of ten", 1);
  std::minstd_rand random(fault_seed());
  int64_t longest_ms = 0;
  while (again(&row)) {
    const Shared<Turns> turns;
    Nodes nodes(5);
    Crowd crowd(nodes, *turns, kEach);
    if (!MUST(&row, crowd.come())) break;
    turns->is_over = true;  // one turn each
    std::ranges::shuffle(crowd.processes, random);
    gate_of(nodes).server.kill();
    for (size_t i = 0; i < kKilled; ++i) {
      usleep(random() % 100'000);
      crowd.processes[i]->kill(SIGKILL);
    }
    const int64_t began = now_ns();
    crowd.holder->say('r');
    const auto all_had_it = [&] { return turns->size == (kProcesses - kKilled) * kEach; };
    MUST(&row, comes_true(all_had_it) || comes_true(all_had_it));  // a dead one is known after 15 s
    longest_ms = std::max(longest_ms, (now_ns() - began) / 1'000'000);
    for (size_t i = kKilled; i < kProcesses; ++i) MUST(&row, crowd.processes[i]->wait() == 0);
    MUST(&row, turns->board.overlaps == 0 && turns->board.fences_back == 0);
  }
  assert_true(end_row(&row, "35 turns within %lld ms", static_cast<long long>(longest_ms)));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(their_holder_is_killed),
      cmocka_unit_test(their_gate_is_killed),
  };
  return run_on_redis(tests);
}
