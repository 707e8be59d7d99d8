// Clocks run too fast or too slowly, all the time: those of the servers, or of the clients.
#include <unistd.h>

#include "fault/locking.h"
#include "fault/redis/nemesis.h"

namespace repolock::testing {

namespace {

// rate: in thousandths. No step is longer than it takes to write the next one.
void run_at(const Victims &victims, int64_t rate) {
  constexpr int64_t kSpanMs = 300;
  const int64_t began = now_ns(), ahead = victims.nodes.front()->clock.ahead_ms();
  for (int64_t ms = 0; ms < kSpanMs;) {
    usleep(5000);
    ms = (now_ns() - began) / 1'000'000;
    for (const auto &node : victims.nodes) node->clock.set(ahead + ms * (rate - 1000) / 1000);
  }
}

constexpr Fault kOfServers[] = {
    {"clocks of all servers at 1.5 times their rate, within lock_delay",
     [](const Victims &victims) { run_at(victims, 1500); }},
    {.name = "clocks of all servers at 10 times their rate",
     .act = [](const Victims &victims) { run_at(victims, 10'000); },
     .may_overlap = true},
};

void let_be(const Victims &victims) {
  victims.rest(20, 50);
}

}  // namespace

const std::span<const Fault> kServerRates(kOfServers);

// Whoever plays them sets the clocks.
const Fault kFastClients = {"clocks of all clients at 1.5 times their rate", let_be};
const Fault kSlowClients = {
    .name = "clocks of all clients at a fifth of their rate, SIGSTOP of a worker",
    .act = stop_worker,
    .may_overlap = true};

}  // namespace repolock::testing
