#include "backend/redis/socket_connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "backend/host/plain_text.h"
#include "backend/redis/server_error.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kMostRead = size_t{1} << 20;     // then others have a turn on this thread
constexpr size_t kMostUnsent = size_t{64} << 20;  // of commands that the server does not take
constexpr size_t kMostKept = size_t{256} << 10;   // of memory for commands, while there are none

bool is_push(const Reply &reply) {
  const auto &elements = reply.elements;
  return reply.kind == Reply::Kind::kArray && elements.size() == 3 &&
         std::ranges::all_of(elements,
                             [](const Reply &e) { return e.kind == Reply::Kind::kText; }) &&
         elements[0].text == "message";
}

}  // namespace

SocketConnection::SocketConnection(Host &host, Resolver &resolver, Endpoint server,
                                   Credentials credentials, Limits limits,
                                   std::function<void()> out_of_memory)
    : host_(host),
      resolver_(resolver),
      server_(std::move(server)),
      name_(server_.name()),
      credentials_(std::move(credentials)),
      limits_(limits),
      out_of_memory_(std::move(out_of_memory)),
      last_(unavailable(" is not connected yet; try again")),
      timer_(host, on_timer, this) {
  timer_.make();
}

SocketConnection::~SocketConnection() {
  resolver_.forget(*this);
}

Failure SocketConnection::unavailable(const std::string &what) const {
  return {REPOLOCK_E_UNAVAILABLE, name_ + what};
}

void SocketConnection::send(std::span<const std::string_view> words, OnOutcome on_outcome) {
  if (!is_connected())
    return on_outcome({{}, Failure{REPOLOCK_E_UNAVAILABLE, last_.message}, host_.now()});
  if (!is_flush_due_) host_.later(on_flush, this);
  is_flush_due_ = true;
  push(words, std::move(on_outcome));
  set_limit();
}

void SocketConnection::push(std::span<const std::string_view> words, OnOutcome on_outcome) {
  const uint64_t end = written_ + (output_.size() - output_begin_);
  commands_.push_back({std::move(on_outcome), end, host_.now()});
  try {
    append_command(output_, words);
  } catch (const std::bad_alloc &) {
    commands_.pop_back();
    throw;
  }
}

void SocketConnection::write() {
  if (is_flush_due_) guarded([this] { flush(); });
}

void SocketConnection::on_flush(void *self) {
  auto &connection = *static_cast<SocketConnection *>(self);
  connection.is_flush_due_ = false;
  connection.guarded([&] { connection.flush(); });
}

void SocketConnection::on_ready(void *self, int32_t events) {
  auto &connection = *static_cast<SocketConnection *>(self);
  connection.guarded([&] {
    if (connection.state_ == State::kConnecting) return connection.finish_address();
    const uint64_t losses = connection.losses_;
    if ((events & REPOLOCK_WRITABLE) != 0) connection.flush();
    if (losses == connection.losses_) connection.receive();
  });
}

void SocketConnection::flush() {
  if (!is_open()) return;
  while (output_begin_ < output_.size()) {
    const ssize_t sent =
        socket_.send(output_.data() + output_begin_, output_.size() - output_begin_);
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return write_failed(errno);
    output_begin_ += static_cast<size_t>(sent);
    written_ += static_cast<size_t>(sent);
  }
  // What was written goes when it is the larger part: then no byte is moved twice.
  if (output_begin_ >= output_.size() - output_begin_)
    output_.erase(0, std::exchange(output_begin_, 0));
  if (output_.empty() && output_.capacity() > kMostKept) std::string().swap(output_);
  const size_t unsent = output_.size() - output_begin_;
  if (unsent > kMostUnsent)
    return lose(unavailable(" takes no more commands: " + std::to_string(unsent >> 20) +
                            " MiB of them wait; look what keeps it busy"));
  watch_for(unsent > 0 ? REPOLOCK_READABLE | REPOLOCK_WRITABLE : REPOLOCK_READABLE);
}

// The server may have said why, before it closed.
void SocketConnection::write_failed(int error) {
  const uint64_t losses = losses_;
  receive();
  if (losses == losses_) lose(failure_of(error, name_));
}

// Whether all that had come was read.
bool SocketConnection::receive() {
  const uint64_t losses = losses_;
  char bytes[16 << 10];
  for (size_t total = 0; total < kMostRead;) {
    const ssize_t got = socket_.receive(bytes, sizeof bytes);
    if (got < 0 && errno == EAGAIN) return true;
    if (got < 0) {
      lose(failure_of(errno, name_));
      return true;
    }
    if (got == 0) {
      lose(unavailable(" closed the connection; look at its log"));
      return true;
    }
    const auto size = static_cast<size_t>(got);
    total += size;
    decoder_->feed(bytes, size);
    while (auto reply = decoder_->next()) {
      take(std::move(*reply));
      if (losses != losses_) return true;
    }
    if (!decoder_->error().empty()) {
      lose_to_nonsense();
      return true;
    }
    if (size < sizeof bytes) return true;
  }
  return false;
}

void SocketConnection::take(Reply reply) {
  if (is_connected() && is_push(reply))
    return listener_->message(reply.elements[1].text, reply.elements[2].text);
  if (commands_.empty() || commands_.front().begins_at >= written_) {
    // Some things it says without being asked: that it has too many clients, or is protected.
    if (reply.is_error()) return lose(failure_of(reply.text, name_));
    return lose(unavailable(" answered what nobody had asked; is that a Redis server?"));
  }
  std::list<Command> answered;  // its owner, whatever becomes of this connection meanwhile
  answered.splice(answered.end(), commands_, commands_.begin());
  const Command &command = answered.front();
  if (!command.on_outcome) return greeted(reply);
  command.on_outcome({std::move(reply), std::nullopt, command.sent_ms});
}

void SocketConnection::lose_to_nonsense() {
  const std::string &error = decoder_->error();
  if (error == "out of memory" || error == "Out of memory") throw std::bad_alloc();
  constexpr size_t kMostShown = 100;
  lose(unavailable(" sent what is no answer of Redis (" + plain_text(error, kMostShown) +
                   "); is that a Redis server, without TLS?"));
}

// No timer a command: it fires, and then looks who is the oldest.
void SocketConnection::set_limit() {
  if (is_limit_set_ || commands_.empty()) return;
  is_limit_set_ = true;
  timer_.set(commands_.front().sent_ms + limits_.answer_ms);
}

void SocketConnection::look_at_limit() {
  is_limit_set_ = false;
  // Was it this process that slept? Then the answers are there by now.
  const uint64_t losses = losses_;
  const bool has_read_all = receive();
  if (losses != losses_) return;
  if (state_ == State::kGreeting)
    return lose(unavailable(" did not answer within " + std::to_string(limits_.connect_ms) +
                            " ms of connecting; look what keeps it busy"));
  if (commands_.empty()) return;
  const int64_t until = commands_.front().sent_ms + limits_.answer_ms;
  if (has_read_all && until <= host_.now())
    return lose(unavailable(" gave no answer within " + std::to_string(limits_.answer_ms) +
                            " ms; look what keeps it busy"));
  set_limit();
}

void SocketConnection::watch_for(int32_t events) {
  if (watched_ == 0) {
    if (!watch_.start(host_, socket_.fd(), on_ready, this, events)) throw std::bad_alloc();
  } else if (watched_ != events) {
    watch_.set(events);
  }
  watched_ = events;
}

void SocketConnection::give_up(const Failure &why) {
  if (state_ != State::kNew && state_ != State::kWaiting) lose(why);
}

void SocketConnection::lose(const Failure &why) {
  std::list<Command> ended;
  ended.swap(commands_);
  const uint64_t written = written_;
  close();
  last_ = why;
  for (const Command &command : ended) {
    if (!command.on_outcome) continue;
    const bool was_sent = command.begins_at < written;
    command.on_outcome(
        {{},
         Failure{was_sent ? REPOLOCK_E_UNKNOWN : REPOLOCK_E_UNAVAILABLE, last_.message},
         command.sent_ms});
  }
  listener_->disconnected(last_);
}

void SocketConnection::close() noexcept {
  ++losses_;
  state_ = State::kWaiting;
  resolver_.forget(*this);
  watch_.stop();
  watched_ = 0;
  socket_.close();
  decoder_.reset();
  commands_.clear();
  std::string().swap(output_);
  output_begin_ = 0;
  is_limit_set_ = false;
  timer_.set(host_.now() + backoff_.next_ms(host_.random_number()));
}

}  // namespace repolock::backend::redis
