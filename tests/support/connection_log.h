// connection_log.h - what the owner of a connection heard, and what became of its commands, as lines.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "backend/host/failure.h"
#include "backend/redis/connection.h"

namespace repolock::testing {

class ConnectionLog final : public backend::redis::Connection::Listener {
 public:
  using Outcome = backend::redis::Outcome;

  void connected() override {
    ++connections;
    add("connected");
    if (on_connected) on_connected();
  }
  void disconnected(const backend::Failure &why) override {
    ++losses;
    last_loss = why;
    add(std::string("disconnected ") + backend::status_word(why.status));
    if (on_disconnected) on_disconnected();
  }
  void message(const std::string &channel, const std::string &text) override {
    add("message " + channel + " " + text);
  }

  void add(std::string line) { lines.push_back(std::move(line)); }

  // Sends one command, and writes down its outcome.
  void send(backend::redis::Connection &connection, std::initializer_list<std::string_view> words) {
    const std::vector<std::string_view> all(words);
    connection.send(all, [this, name = std::string(all[0])](const Outcome &outcome) {
      ++outcomes;
      add(name + " " + words_of(outcome));
    });
  }

  static std::string words_of(const Outcome &outcome) {
    if (outcome.failure) return backend::status_word(outcome.failure->status);
    const auto &reply = outcome.reply;
    return reply.kind == backend::redis::Reply::Kind::kInteger ? std::to_string(reply.integer)
                                                               : reply.text;
  }

  // The lines so far, one behind the other; and begins anew.
  std::string take() {
    std::string out;
    for (const std::string &line : lines) out += line + ';';
    lines.clear();
    return out;
  }

  std::vector<std::string> lines;
  int connections = 0, losses = 0, outcomes = 0;
  backend::Failure last_loss;
  std::function<void()> on_connected, on_disconnected;
};

}  // namespace repolock::testing
