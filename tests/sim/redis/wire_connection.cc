#include "redis/wire_connection.h"

#include <utility>

#include "redis/instance.h"
#include "redis/redis_link.h"
#include "redis/redis_service.h"

namespace repolock::sim {

using backend::Failure;

WireConnection::WireConnection(Run &run, RedisService &service, RedisLink &link,
                               std::shared_ptr<Instance> server)
    : run_(run),
      service_(service),
      link_(link),
      server_(std::move(server)),
      timer_(link.host(), on_timer, this) {}

WireConnection::~WireConnection() {
  if (wire_) wire_->close();
}

void WireConnection::open(Listener &listener) {
  listener_ = &listener;
  timer_.set(link_.host().now());
}

// ---- What comes from the network, once the process runs ----

void WireConnection::opened() {
  link_.hear([this, wire = wire_] {
    if (wire != wire_) return;
    state_ = State::kConnected;
    is_limit_set_ = false;
    timer_.set(INT64_MAX);
    listener_->connected();
  });
}

void WireConnection::received(const Reply &reply) {
  ++unread_;
  link_.hear([this, wire = wire_, reply] {
    if (wire != wire_) return;
    --unread_;
    take(reply);
  });
}

void WireConnection::closed(const std::string &why) {
  link_.hear([this, wire = wire_, why] {
    if (wire == wire_) lose({REPOLOCK_E_UNAVAILABLE, server_->name() + " " + why});
  });
}

void WireConnection::take(const Reply &reply) {
  const auto &elements = reply.elements;
  if (elements.size() == 3 && elements[0].text == "message")
    return hear_message(elements[1].text, elements[2].text);
  const Command command = std::move(commands_.front());
  commands_.pop_front();
  hear(command, reply);
}

void WireConnection::hear(const Command &command, const Reply &reply) {
  command.on_outcome({reply, std::nullopt, command.sent_ms});
}

void WireConnection::hear_message(const std::string &channel, const std::string &words) {
  listener_->message(channel, words);
}

// ---- What its owner wants ----

void WireConnection::send(std::span<const std::string_view> words, OnOutcome on_outcome) {
  const int64_t now = link_.host().now();
  if (!is_connected()) return on_outcome({{}, Failure{REPOLOCK_E_UNAVAILABLE, last_}, now});
  commands_.push_back({std::move(on_outcome), now});
  wire_->send(Words(words.begin(), words.end()));
  set_limit();
}

void WireConnection::give_up(const Failure &why) {
  if (state_ != State::kNew && state_ != State::kWaiting) lose(why);
}

void WireConnection::lose(const Failure &why) {
  if (wire_) wire_->close();
  wire_.reset();
  unread_ = 0;
  state_ = State::kWaiting;
  is_limit_set_ = false;
  last_ = why.message;
  timer_.set(link_.host().now() + backoff_.next_ms(run_.random.next()));
  for (const Command &command : std::exchange(commands_, {}))
    command.on_outcome({{}, Failure{REPOLOCK_E_UNKNOWN, why.message}, command.sent_ms});
  listener_->disconnected(why);
}

// ---- Time ----

void WireConnection::set_limit() {
  if (is_limit_set_ || commands_.empty()) return;
  is_limit_set_ = true;
  timer_.set(commands_.front().sent_ms + service_.answer_ms());
}

void WireConnection::timer_fired() {
  const int64_t now = link_.host().now();
  if (state_ == State::kNew || state_ == State::kWaiting) {
    state_ = State::kConnecting;
    End &end = *this;
    wire_ = std::make_shared<Wire>(run_, service_, server_, link_.client(), end);
    timer_.set(now + service_.answer_ms());
    server_->add(wire_);
    return wire_->open();
  }
  if (state_ == State::kConnecting)
    return lose({REPOLOCK_E_UNAVAILABLE, server_->name() + " cannot be reached"});
  is_limit_set_ = false;
  if (commands_.empty()) return;
  // Was it this process that slept? Then the answers are there by now.
  if (unread_ > 0) {
    is_limit_set_ = true;
    return timer_.set(now + 1);
  }
  if (commands_.front().sent_ms + service_.answer_ms() <= now)
    return lose({REPOLOCK_E_UNAVAILABLE, server_->name() + " gave no answer in time"});
  set_limit();
}

void WireConnection::on_timer(void *self) {
  static_cast<WireConnection *>(self)->timer_fired();
}

}  // namespace repolock::sim
