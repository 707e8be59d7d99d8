#include "redis/wire.h"

#include <algorithm>
#include <utility>

#include "redis/instance.h"
#include "redis/redis_service.h"

namespace repolock::sim {

using Way = Walls::Way;

Wire::Wire(Run &run, RedisService &service, std::shared_ptr<Instance> server, std::string client,
           End &end)
    : run_(run),
      service_(service),
      server_(std::move(server)),
      client_(std::move(client)),
      end_(&end) {
  session_.push = [this](const Reply &message) {
    if (run_.troubled && run_.random.percent(service_.habits().unheard)) return;
    bring([message](End &told) { told.received(message); });
  };
}

Wire::~Wire() {
  server_->machine().server().disconnect(session_);
}

Millis Wire::delay() {
  Random &random = run_.random;
  if (run_.troubled && random.percent(service_.habits().slow))
    return random.up_to(random.of<Millis>({300, 3'000, kLongestDelay}));
  return random.one_in(2) ? 0 : random.up_to(3);
}

Millis Wire::silent_until(Way way) const {
  return service_.walls().silent_until(client_, server_->name(), way);
}

bool Wire::is_refused() const {
  return service_.walls().refuses(client_, server_->name()) || server_->machine().is_down();
}

// A server that is stopped has a kernel that still takes connections.
void Wire::open() {
  run_.schedule.in(delay(), [self = shared_from_this()] {
    if (self->end_ == nullptr) return;
    const Millis silent_until = self->silent_until(Way::kThere);
    if (silent_until > self->run_.now())
      return self->run_.schedule.at(silent_until, [self] {
        if (self->end_ != nullptr) self->open();
      });
    if (self->is_refused())
      return self->bring([](End &told) { told.closed("refuses the connection"); });
    self->is_open_ = true;
    self->server_->machine().server().connect(self->session_);
    self->bring([](End &told) { told.opened(); });
  });
}

void Wire::send(Words words) {
  there_.push_back(std::move(words));
  busy_there_ = std::max(busy_there_, run_.now() + delay());
  run_.schedule.at(busy_there_, [self = shared_from_this()] { self->arrive(); });
  if (!run_.troubled || !run_.random.percent(service_.habits().cut)) return;
  run_.schedule.in(run_.random.up_to(run_.random.of<Millis>({0, 5, 50})),
                   [self = shared_from_this()] { self->break_off("reset the connection"); });
}

// One more is at the server's door.
void Wire::arrive() {
  const Millis wait_until =
      std::max({late_until_, silent_until(Way::kThere),
                server_->machine().is_stopped() ? server_->machine().stopped_until() : 0});
  if (wait_until > run_.now())
    return run_.schedule.at(wait_until, [self = shared_from_this()] { self->arrive(); });
  if (!is_open_ || there_.empty()) return;
  if (is_refused()) return break_off("reset the connection");
  const Words words = std::move(there_.front());
  there_.pop_front();
  const Reply reply = server_->execute(session_, words);
  if (run_.troubled && run_.random.percent(service_.habits().twice)) repeat(words);
  bring([reply](End &told) { told.received(reply); });
}

// No such thing outlives the server's run: it has connections of its own to it.
void Wire::repeat(const Words &words) {
  run_.schedule.in(run_.random.up_to(run_.random.of<Millis>({5, 300, kLongestDelay})),
                   [server = server_, words, run_id = server_->machine().run_id()] {
                     Session nobody;
                     if (server->machine().run_id() == run_id && server->takes_again(words))
                       server->execute(nobody, words);
                   });
}

void Wire::bring(std::function<void(End &)> news) {
  if (end_ == nullptr) return;
  back_.push_back(std::move(news));
  busy_back_ = std::max(busy_back_, run_.now() + delay());
  run_.schedule.at(busy_back_, [self = shared_from_this()] { self->come(); });
}

void Wire::come() {
  const Millis wait_until = silent_until(Way::kBack);
  if (wait_until > run_.now())
    return run_.schedule.at(wait_until, [self = shared_from_this()] { self->come(); });
  if (end_ == nullptr || back_.empty()) return;
  const auto news = std::move(back_.front());
  back_.pop_front();
  news(*end_);
}

// ---- The end ----

void Wire::lose_some() {
  there_.resize(std::min<size_t>(there_.size(), run_.random.below(there_.size() + 1)));
  late_until_ =
      run_.now() + run_.random.up_to(run_.random.of<Millis>({0, 0, 10, 300, 3'000, kLongestDelay}));
}

void Wire::close() {
  if (end_ == nullptr) return;
  end_ = nullptr;
  back_.clear();
  lose_some();
}

void Wire::break_off(const std::string &why) {
  if (end_ == nullptr) return;
  End &told = *end_;
  close();
  told.closed(why);
}

void Wire::server_closes() {
  is_open_ = false;
  there_.clear();
  server_->machine().server().disconnect(session_);
  if (run_.random.one_in(2)) back_.clear();  // with what it had said last
  bring([](End &told) { told.closed("closed the connection"); });
}

}  // namespace repolock::sim
