#include "world.h"

#include <algorithm>
#include <string>
#include <utility>

namespace repolock::sim {

namespace {

constexpr int kActs = 120;
constexpr int kMostAtOnce = 10'000;
// Until what was on its way, or was left behind, is over: then somebody acquires.
constexpr Millis kPatience = kLongestDelay + kLongestSleep + 2 * kLongestTtl;

}  // namespace

World::World(uint64_t seed, const Parts &parts, bool trace)
    : run_(seed, parts.traits, trace), oracle_(run_), parts_(parts), service_(parts.service(run_)) {
  run_.service = service_.get();
  run_.oracle = &oracle_;
}

void World::live() {
  const Traits &traits = run_.traits;
  run_.trace.line(run_.now(), kind_name(traits.kind), "backend,", traits.clients, "clients,",
                  traits.names, traits.calm ? "names, calm" : "names");
  slots_.reserve(traits.clients);
  while (slots_.size() < traits.clients) slots_.emplace_back(run_);
  trouble();
  peace();
  end();
}

// ---- The three times ----

void World::trouble() {
  acts_left_ = kActs;
  // Some come when nothing is there yet.
  if (run_.traits.chances.outage != 0 && run_.random.one_in(4)) go_away(run_.random.up_to(30'000));
  for (Slot &slot : slots_) {
    open(slot);
    act(slot);
  }
  suffer();
  while (acts_left_ > 0) run_until(run_.now() + 1'000);
}

void World::peace() {
  run_.trace.line(run_.now(), "peace");
  run_.troubled = false;
  run_.outage_until = 0;
  service_->rest();
  for (Slot &slot : slots_) let_go(slot);
  run_until(run_.now() + kLongestSleep);  // who sleeps wakes up
  for (Slot &slot : slots_) {
    if (slot.client->gone() || slot.client->closed()) open(slot);
    for (size_t name = 0; name < run_.traits.names; ++name)
      slot.user.want(*slot.client, repo_name(name));
  }
  Millis since = run_.now();
  while (anybody_waits()) {
    const size_t before = granted();
    run_until(run_.now() + 100);
    if (granted() != before) since = run_.now();
    if (run_.now() - since > kPatience)
      throw Violation(kLiveness, "nobody has acquired anything for " +
                                     std::to_string(run_.now() - since) + " ms, and " +
                                     who_waits() + " still wait");
  }
  service_->check_rest();
}

void World::end() {
  run_.troubled = !run_.traits.calm && run_.random.one_in(2);
  run_.trace.line(run_.now(), "the end");
  for (Slot &slot : slots_) {
    if (slot.client->gone()) continue;
    for (int times = 0; times < 3; ++times) slot.user.act(*slot.client);
  }
  run_until(run_.now() + run_.random.up_to(100));
  for (Slot &slot : slots_) {
    if (slot.client->gone()) continue;
    if (run_.random.one_in(3))
      slot.client->abandon();
    else
      slot.client->shutdown(run_.random.of<Millis>({0, 500, 10'000}));
  }
  run_until(run_.now() + kPatience);
  for (const auto &client : clients_)
    if (!client->gone() && client->drains_for_ever()) client->abandon();
  run_until(run_.now() + kPatience);
  for (const auto &client : clients_)
    if (!client->gone())
      throw Violation(kNothingLeft, client->name() + " does not come to its end");
  service_->check_end();
}

// ---- What goes on in them ----

void World::open(Slot &slot) {
  clients_.push_back(parts_.client(run_, clients_.size() + 1));
  slot.client = clients_.back().get();
}

void World::act(Slot &slot) {
  if (!run_.troubled || acts_left_ == 0) return;
  --acts_left_;
  Client &client = *slot.client;
  if (client.gone())
    open(slot);
  else
    client.when_it_runs([&slot, &client] { slot.user.act(client); });
  const Millis pause = run_.random.up_to(run_.random.of<Millis>({0, 5, 100, 1'000, 10'000}));
  run_.schedule.in(pause, [this, &slot] { act(slot); });
}

// One trouble after another, each by its chance.
void World::suffer() {
  if (!run_.troubled || run_.traits.calm) return;
  const Chances &chances = run_.traits.chances;
  Random &random = run_.random;
  Client &client = *slots_[random.below(slots_.size())].client;
  if (!client.gone()) {
    if (random.percent(chances.pause))
      client.pause(random.up_to(random.of<Millis>({100, 5'000, kLongestSleep})));
    if (random.percent(chances.step_forward))
      client.step_clock(random.up_to(random.of<Millis>({10, 5'000, kLongestSleep})));
    if (random.percent(chances.step_back))
      client.step_clock(-random.up_to(random.of<Millis>({10, 3'000})));
  }
  if (random.percent(chances.outage)) go_away(random.up_to(15'000));
  service_->suffer(run_);
  run_.schedule.in(random.up_to(10'000), [this] { suffer(); });
}

void World::go_away(Millis length) {
  run_.trace.line(run_.now(), "the service is away for", length);
  run_.outage_until = run_.now() + length;
  run_.outage_is_silent = run_.random.one_in(2);
}

void World::let_go(Slot &slot) {
  Client &client = *slot.client;
  client.when_it_runs([&slot, &client] {
    if (!client.closed()) slot.user.let_go(client);
  });
  run_.schedule.in(1 + run_.random.up_to(2'000), [this, &slot] { let_go(slot); });
}

void World::run_until(Millis end) {
  Millis moment = 0;
  int times = 0;
  while (run_.schedule.step(end)) {
    times = std::exchange(moment, run_.now()) == run_.now() ? times + 1 : 0;
    if (times > kMostAtOnce) throw Violation(kLiveness, "time stands still");
    oracle_.holds.check();
  }
}

bool World::anybody_waits() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const Slot &slot) { return !slot.client->acquiring().empty(); });
}

std::string World::who_waits() const {
  std::string all;
  for (const Slot &slot : slots_)
    for (const OpKey op : slot.client->acquiring())
      all += (all.empty() ? "" : ", ") + slot.client->name() + " with op " + std::to_string(op);
  return all;
}

size_t World::granted() const {
  return oracle_.fences.count();
}

}  // namespace repolock::sim
