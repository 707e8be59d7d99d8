#include "fault/redis/nemesis.h"

#include <signal.h>
#include <unistd.h>

#include <string>

#include "fault/redis/locker.h"

namespace repolock::testing {

namespace {

void kill_server(const Victims &victims) {
  Node &node = victims.node();
  node.server.kill();
  victims.rest(0, 60);
  node.server.restart();
  victims.rest(50, 250);
}

// With more than one of them: before the one before votes again.
void restart_one_by_one(const Victims &victims) {
  for (const auto &node : victims.nodes) {
    node->server.kill();
    node->server.restart();
    victims.rest(900, 1100);
  }
}

void pause_clients(const Victims &victims) {
  victims.node().text({"CLIENT", "PAUSE", std::to_string(1 + victims.below(2 * kLeaseTtl))});
  victims.rest(50, 2 * kLeaseTtl);
}

void stop_server(const Victims &victims) {
  Node &node = victims.node();
  node.server.stop();
  victims.rest(5, 700);
  node.server.resume();
  victims.rest(10, 100);
}

void kill_worker(const Victims &victims) {
  const size_t worker = victims.below(static_cast<uint32_t>(victims.workers.size()));
  victims.workers[worker]->kill(SIGKILL);
  victims.workers[worker]->wait();
  victims.workers[worker] = victims.one_more(worker);
  victims.rest(20, 300);
}

void forget_all(const Victims &victims) {
  if (victims.below(2) == 0)
    victims.node().text({"FLUSHALL"});
  else
    for (const auto &node : victims.nodes) node->text({"FLUSHALL"});
  victims.rest(50, 300);
}

void be_late(const Victims &victims) {
  victims.node().proxy.set([&](ProxyFaults &faults) {
    WayFaults &way = victims.below(2) == 0 ? faults.requests : faults.replies;
    way.delay_ms = static_cast<int32_t>(victims.below(100));
    way.jitter_ms = static_cast<int32_t>(victims.below(2 * kLeaseTtl));
  });
  victims.rest(50, 400);
  if (victims.below(3) == 0) end_faults(victims);
}

void cut_one_way(const Victims &victims) {
  FaultProxy &proxy = victims.node().proxy;
  proxy.set([&](ProxyFaults &faults) {
    WayFaults &way = victims.below(2) == 0 ? faults.requests : faults.replies;
    (victims.below(2) == 0 ? way.stalls : way.swallows) = true;
  });
  victims.rest(50, 2 * kLeaseTtl);
  proxy.heal();
  victims.rest(10, 200);
}

void cut_at_a_byte(const Victims &victims) {
  victims.node().proxy.set([&](ProxyFaults &faults) {
    WayFaults &way = victims.below(2) == 0 ? faults.requests : faults.replies;
    way.cut_after = victims.below(2000);
    faults.requests.slice = faults.replies.slice = victims.below(2) == 0 ? 0 : 7;
  });
  victims.rest(20, 100);
}

void say_it_again(const Victims &victims) {
  victims.node().proxy.set([&](ProxyFaults &faults) {
    faults.again_after_ms = static_cast<int32_t>(1 + victims.below(2 * kLeaseTtl));
  });
  victims.rest(20, 200);
}

void forget_scripts(const Victims &victims) {
  const Node &node = victims.node();
  node.text({"SCRIPT", "FLUSH"});
  node.text({"CLIENT", "KILL", "TYPE", victims.below(2) == 0 ? "normal" : "pubsub"});
  victims.rest(5, 30);
}

// By less than lock_delay in all.
void step_clock(const Victims &victims) {
  victims.node().clock.set(static_cast<int64_t>(victims.below(900)));
  victims.rest(5, 50);
}

// At two and a half times its rate, and is then set right.
void run_fast(const Victims &victims) {
  ServerClock &clock = victims.node().clock;
  for (int64_t ahead = 0; ahead < 450; ahead += 15) {
    clock.set(ahead);
    usleep(10'000);
  }
  clock.set(0);
}

void do_anything(const Victims &victims) {
  constexpr decltype(&kill_server) kActs[] = {kill_server,  stop_server,   stop_worker,
                                              be_late,      cut_one_way,   cut_at_a_byte,
                                              say_it_again, forget_scripts};
  kActs[victims.below(std::size(kActs))](victims);
}

constexpr Fault kEveryFault[] = {
    {"SIGKILL of a server, which comes back empty", kill_server},
    {"SIGKILL of a server, which comes back with its data", kill_server, Keeps::kAll},
    {"all servers restarted one by one, one per second, empty", restart_one_by_one},
    {"SIGSTOP of a server for up to 0.7 s", stop_server},
    {"CLIENT PAUSE for up to 2 ttl", pause_clients},
    {"SIGSTOP of a worker for up to 3 ttl", stop_worker},
    {"SIGKILL of a worker", kill_worker},
    {"FLUSHALL, of one server or of all", forget_all},
    {"one way late by up to 2 ttl", be_late},
    {"one way cut off for up to 2 ttl, then late or lost", cut_one_way},
    {"connections cut at any byte, slices of 7 bytes", cut_at_a_byte},
    {"requests delivered twice, up to 2 ttl later", say_it_again},
    {"SCRIPT FLUSH and CLIENT KILL", forget_scripts},
    {"clock of a server ahead by 0 to 0.9 s, strobing", step_clock},
    {"clock of a server at 2.5 times its rate for 0.3 s, then set right", run_fast},
    {"any of these, one after the other", do_anything},
};

}  // namespace

const std::span<const Fault> kFaults(kEveryFault);

// Those of the register more often: they look at nothing when they go on.
void stop_worker(const Victims &victims) {
  const bool is_writer = victims.below(3) > 0;
  const uint32_t count = is_writer ? 2 : static_cast<uint32_t>(victims.workers.size());
  Child &worker = *victims.workers[victims.below(count) + (is_writer ? 2 : 0)];
  worker.stop();
  victims.rest(kLeaseTtl / 2, 3 * kLeaseTtl);
  worker.kill(SIGCONT);
}

void end_faults(const Victims &victims) {
  for (const auto &node : victims.nodes) {
    if (!node->server.is_running()) node->server.restart();
    node->server.resume();
    node->proxy.heal();
    node->clock.set(0);
  }
  for (const auto &worker : victims.workers) worker->kill(SIGCONT);
}

}  // namespace repolock::testing
