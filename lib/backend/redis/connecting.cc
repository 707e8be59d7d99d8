#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/redis/server_error.h"
#include "backend/redis/socket_connection.h"

namespace repolock::backend::redis {

// The first try is a timer's work too: open() may run before the client's thread does.
void SocketConnection::open(Listener &listener) {
  listener_ = &listener;
  timer_.set(host_.now());
}

void SocketConnection::connect() {
  connect_until_ = host_.now() + limits_.connect_ms;
  if (auto known = address_without_lookup(server_)) return start_round(std::move(*known));
  state_ = State::kLookingUp;
  timer_.set(connect_until_);
  if (const auto fault = resolver_.ask(server_.host, *this))
    lose({fault->status, name_ + ": " + fault->message});
}

void SocketConnection::found(const Result<SocketAddresses> &addresses) noexcept {
  guarded([&] { start_round(addresses); });
}

void SocketConnection::start_round(Result<SocketAddresses> found) {
  if (const auto *failure = std::get_if<Failure>(&found))
    return lose({failure->status, name_ + ": " + failure->message});
  addresses_ = std::move(std::get<SocketAddresses>(found));
  for (SocketAddress &address : addresses_) set_port(&address, server_.port);
  next_address_ = 0;
  try_next_address(ENOENT);
}

// error: of the one before.
void SocketConnection::try_next_address(int error) {
  while (next_address_ < addresses_.size()) {
    const auto left = static_cast<int64_t>(addresses_.size() - next_address_);
    error = socket_.connect(addresses_[next_address_++]);
    if (error == 0) return greet();
    if (error != EINPROGRESS) continue;
    state_ = State::kConnecting;
    // One that never answers leaves time for those behind it.
    const int64_t now = host_.now();
    timer_.set(now + std::max<int64_t>(connect_until_ - now, 0) / left);
    return watch_for(REPOLOCK_WRITABLE);
  }
  lose(failure_of(error, name_));
}

void SocketConnection::finish_address() {
  if (const int error = socket_.error(); error != 0) return address_failed(error);
  greet();
}

void SocketConnection::address_failed(int error) {
  watch_.stop();
  watched_ = 0;
  socket_.close();
  try_next_address(error);
}

void SocketConnection::greet() {
  state_ = State::kGreeting;
  timer_.set(connect_until_);
  watch_for(REPOLOCK_READABLE);
  decoder_ = std::make_unique<Decoder>();
  written_ = 0;
  if (!credentials_.user.empty() || !credentials_.password.empty()) {
    std::vector<std::string_view> words = {"AUTH", credentials_.user, credentials_.password};
    if (credentials_.user.empty()) words.erase(words.begin() + 1);
    push(words, nullptr);
  }
  if (credentials_.database != 0) {
    const std::string number = std::to_string(credentials_.database);
    push(std::vector<std::string_view>{"SELECT", number}, nullptr);
  }
  if (commands_.empty()) return become_connected();
  flush();
}

void SocketConnection::greeted(const Reply &reply) {
  if (reply.is_error()) return lose(failure_of(reply.text, name_));
  if (commands_.empty()) become_connected();
}

void SocketConnection::become_connected() {
  state_ = State::kConnected;
  is_limit_set_ = false;
  timer_.set(INT64_MAX);
  listener_->connected();
}

void SocketConnection::on_timer(void *self) {
  auto &connection = *static_cast<SocketConnection *>(self);
  connection.guarded([&] { connection.timer_fired(); });
}

void SocketConnection::timer_fired() {
  switch (state_) {
    case State::kNew:
    case State::kWaiting:
      return connect();
    case State::kLookingUp:
      return lose(unavailable(": its name was not found within " +
                              std::to_string(limits_.connect_ms) +
                              " ms; look at this machine's DNS"));
    case State::kConnecting:
      return address_failed(ETIMEDOUT);
    case State::kGreeting:
    case State::kConnected:
      return look_at_limit();
  }
}

}  // namespace repolock::backend::redis
