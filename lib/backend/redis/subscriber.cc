#include "backend/redis/subscriber.h"

#include <string_view>
#include <utility>

#include "backend/redis/server_error.h"

namespace repolock::backend::redis {

Subscriber::Subscriber(Host &host, std::string server, std::string channel,
                       std::unique_ptr<Connection> connection, Listener &listener)
    : host_(host),
      server_(std::move(server)),
      channel_(std::move(channel)),
      connection_(std::move(connection)),
      listener_(listener) {}

void Subscriber::open() {
  if (!std::exchange(is_open_, true)) connection_->open(*this);
}

void Subscriber::check(std::function<void(const Fault &)> on_known) {
  open();
  if (is_known_) return on_known(fault_);
  asked_.push_back(std::move(on_known));
}

void Subscriber::ping() {
  if (!is_open_ || fault_ || !connection_->is_connected()) return;
  const std::string_view words[] = {"PING"};
  connection_->send(words, [](const Outcome &) {});
}

void Subscriber::out_of_memory() {
  asked_.clear();
  is_known_ = false;
}

void Subscriber::connected() {
  const std::string_view words[] = {"SUBSCRIBE", channel_};
  connection_->send(words, [this](const Outcome &outcome) {
    if (outcome.failure) return;
    connection_->settle();
    if (!outcome.reply.is_error()) {
      known(std::nullopt);
      return listener_.subscribed();
    }
    const bool is_news = !fault_;
    known(failure_of(outcome.reply.text, server_));
    if (is_news)
      host_.log(REPOLOCK_LOG_WARN, "not_subscribed",
                "waiting is slower, up to a second at each turn: " + fault_->message);
  });
}

void Subscriber::disconnected(const Failure &why) {
  known(why);
  is_known_ = false;  // it may be another one that comes back
}

void Subscriber::known(const Fault &fault) {
  fault_ = fault;
  is_known_ = true;
  for (const auto &tell : std::exchange(asked_, {})) tell(fault_);
}

void Subscriber::message(const std::string &channel, const std::string &text) {
  if (channel == channel_) listener_.told(text);
}

}  // namespace repolock::backend::redis
