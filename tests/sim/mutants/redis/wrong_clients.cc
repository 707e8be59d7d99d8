// Clients with one habit changed, at the border where commands leave and replies come.
#include <map>
#include <utility>

#include "mutants/redis/policy.h"
#include "oracle/violation.h"

namespace repolock::sim {

namespace {

namespace script = backend::redis::script;

// Who is told that the lock was handed over believes it, and confirms nothing.
class BelievesMessages : public WireConnection {
  using WireConnection::WireConnection;

  void hear_message(const std::string &channel, const std::string &words) override {
    const size_t end = words.find(' ', 6);
    if (words.starts_with("grant ")) link().told_of.insert(words.substr(6, end - 6));
    WireConnection::hear_message(channel, words);
  }

  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override {
    const bool is_told = runs(words, script::kHold) && is_connected() &&
                         link().told_of.erase(argument(words, 4)) > 0;
    if (!is_told) return WireConnection::send(words, std::move(on_outcome));
    const int64_t now = link().host().now();
    const Reply reply = array({text("OK"), integer(now), text("OK")});
    link().hear([on_outcome = std::move(on_outcome), reply, now] {
      on_outcome({reply, std::nullopt, now});
    });
  }
};

// Who waits hears his place once, and asks no more: all depends on messages.
class AsksOnce : public WireConnection {
  using WireConnection::WireConnection;

  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override {
    if (!runs(words, script::kAcq) || !is_connected())
      return WireConnection::send(words, std::move(on_outcome));
    const std::string me = argument(words, 3);
    if (const auto known = held_.find(me); known != held_.end()) {
      link().hear(
          [on_outcome = std::move(on_outcome), reply = known->second, now = link().host().now()] {
            on_outcome({reply, std::nullopt, now});
          });
      return;
    }
    WireConnection::send(words, [this, me, on_outcome = std::move(on_outcome)](
                                    const backend::redis::Outcome &outcome) {
      const auto &elements = outcome.reply.elements;
      if (elements.size() > 2 && elements[2].text_at(0) == "HELD") held_[me] = outcome.reply;
      on_outcome(outcome);
    });
  }

  std::map<std::string, Reply> held_;
};

// What is let go of never reaches the server.
class ForgetsToRelease : public WireConnection {
  using WireConnection::WireConnection;

  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override {
    if (!runs(words, script::kRel) || !is_connected())
      return WireConnection::send(words, std::move(on_outcome));
    Reply reply = array({text("OK")});
    for (size_t at = place_of_argument(words, 2); at < words.size(); at += 5)
      reply.elements.push_back(integer(1));
    link().hear([on_outcome = std::move(on_outcome), reply, now = link().host().now()] {
      on_outcome({reply, std::nullopt, now});
    });
  }
};

}  // namespace

std::vector<RedisMutant> wrong_clients() {
  return {{"validity counts from the reply", {kValidity}, with<CountsFromTheReply>()},
          {"a hand-over is not confirmed", {kValidity, kExclusion}, with<BelievesMessages>()},
          {"who waits asks only once", {kLiveness}, with<AsksOnce>()},
          {"what is released is kept", {kLiveness, kExclusion, kHonest}, with<ForgetsToRelease>()}};
}

}  // namespace repolock::sim
