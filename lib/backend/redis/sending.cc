// sending.cc - what a server is asked, and what it says.
#include <algorithm>
#include <utility>

#include "backend/redis/node.h"
#include "backend/redis/server_error.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kMostTogether = 64;  // longer would be a wait for all others of the server
// Messages of those that travel together. One that is answered sends what was gathered meanwhile: so
// there are the more leases in each the more there is to do, and the server never waits for us.
constexpr int kMostOnTheirWay = 4;

bool has_one_about(const Calls &calls, const Call &call) {
  return std::ranges::any_of(calls,
                             [&](const Call &one) { return one.is_about_the_name_of(call); });
}

}  // namespace

// ---- Asking ----

void Node::run(Call call) {
  if (state_ == State::kConnecting) {
    parked_.emplace_back([this, call = std::move(call)] { run(call); });
    return;
  }
  if (!may_ask(call)) return refuse(call, why_);
  if (call.travels_with_others()) return gather(std::move(call));
  send_gathered();
  Calls one;
  one.push_back(std::move(call));
  send_calls(std::move(one));
}

// What is let go of goes first; only what was asked for in this very turn is let go of behind that.
void Node::gather(Call call) {
  const bool is_release = call.script == &script::kRel;
  Calls &calls = is_release ? releases_ : requests_;
  if (calls.size() == kMostTogether || has_one_about(requests_, call) ||
      (is_release && has_one_about(releases_, call)))
    send_gathered();
  send_later();
  is_pressing_ = is_pressing_ || call.is_last_word;
  calls.push_back(std::move(call));
}

void Node::send_later() {
  if (!is_gathering_) host_.later(on_gathered, this);
  is_gathering_ = true;
}

void Node::on_gathered(void *self) {
  auto &node = *static_cast<Node *>(self);
  node.is_gathering_ = false;
  if (node.on_their_way_ >= kMostOnTheirWay && !node.is_pressing_) return;
  node.listener_.guarded_by([&] {
    node.send_gathered();
    node.connection_->write();
  });
}

void Node::send_gathered() {
  is_pressing_ = false;
  for (Calls *calls : {&releases_, &requests_})
    if (!calls->empty()) send_calls(std::exchange(*calls, {}));
}

void Node::refuse(const Call &call, const Failure &why) {
  Outcome outcome;
  outcome.failure = why;
  call.on_outcome(std::move(outcome));
}

// Of one script.
void Node::send_calls(Calls calls, Sending how) {
  const bool by_text = how == Sending::kAgainByText;  // the server did not know it
  std::vector<std::string> args;
  auto sent = std::make_shared<Calls>();
  for (Call &call : calls) {
    if (!may_ask(call)) {
      refuse(call, why_);
      continue;
    }
    auto its = call.args();
    if (!its) {
      refuse(call, {REPOLOCK_E_CANCELED, "nobody wants it any more"});
      continue;
    }
    std::ranges::move(*its, std::back_inserter(args));
    sent->push_back(std::move(call));
  }
  if (sent->empty()) return;
  const Script &script = *sent->front().script;
  size_t key_count = 1;
  for (const Call &call : *sent) key_count += call.keys.size();
  const std::string count = std::to_string(key_count), until = std::to_string(deadline());
  std::vector<std::string_view> words = {by_text ? "EVAL" : "EVALSHA",
                                         by_text ? script.text : script.sha1, count, guard_key_};
  for (const Call &call : *sent) words.insert(words.end(), call.keys.begin(), call.keys.end());
  words.insert(words.end(), {info_.run_id, config_});
  if (&script == &script::kAcq) words.emplace_back(until);
  words.insert(words.end(), args.begin(), args.end());
  if (sent->front().travels_with_others()) ++on_their_way_;
  connection_->send(words, [this, sent, how](Outcome outcome) {
    if (sent->front().travels_with_others()) {
      --on_their_way_;
      if (!releases_.empty() || !requests_.empty()) send_later();
    }
    answered(*sent, std::move(outcome), how);
  });
}

// ---- Hearing ----

void Node::answered(Calls &calls, Outcome outcome, Sending how) {
  outcome.was_sent_twice = how != Sending::kFirst;
  const Reply &reply = outcome.reply;
  const bool needs_vote = calls.front().needs_vote;
  if (!outcome.failure && reply.is_error()) {
    if (how != Sending::kAgainByText && is_no_script(reply.text) && connection_->is_connected())
      return send_calls(std::move(calls), Sending::kAgainByText);
    // It may be about one of the names alone, as that of a user who has no right to it. Nothing was
    // done: what can go wrong afterwards is told of each lease.
    if (calls.size() > 1) {
      for (Call &call : calls) {
        Calls one;
        one.push_back(std::move(call));
        send_calls(std::move(one), how == Sending::kFirst ? Sending::kAgain : how);
      }
      return;
    }
    outcome.failure = failure_of(reply.text, name_);
  } else if (!outcome.failure && (reply.kind != Reply::Kind::kArray || reply.elements.empty())) {
    outcome.failure = not_understood(name_);
  } else if (!outcome.failure && needs_vote) {
    hear_clock(&outcome);
    if (reply.says("GUARD")) {
      if (votes()) ask_to_be_let_in();
      outcome.failure = why_;
    }
  }
  if (!calls.front().travels_with_others() || outcome.failure || reply.says("LATE")) {
    for (const Call &call : calls) call.on_outcome(outcome);
    return;
  }
  tell_each(calls, std::move(outcome));
}

// The last elements of the reply are what was said of each lease.
void Node::tell_each(const Calls &calls, Outcome outcome) {
  auto &elements = outcome.reply.elements;
  const size_t others = elements.size() - std::min(elements.size(), calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    Outcome one;
    one.sent_ms = outcome.sent_ms;
    one.now = outcome.now;
    one.was_sent_twice = outcome.was_sent_twice;
    if (others == 0)  // not even a word
      one.failure = not_understood(name_);
    else if (elements[others + i].is_error())
      one.failure = failure_of(elements[others + i].text, name_);
    else
      one.reply = std::move(elements[others + i]);
    calls[i].on_outcome(std::move(one));
  }
}

void Node::ask_to_be_let_in() {
  enter(State::kJoining,
        {REPOLOCK_E_UNAVAILABLE, name_ + " has lost its guard, and with it perhaps leases that are "
                                         "still held; it is being let in anew"});
  listener_.node_changed();
  ask_guard(settings_.restart_guard == RestartGuard::kOff ? "now" : "wait");
}

// Any other command.
void Node::send(std::vector<std::string> words, Connection::OnOutcome on_outcome) {
  if (state_ == State::kConnecting) {
    parked_.emplace_back([this, words = std::move(words), on_outcome = std::move(on_outcome)] {
      send(words, on_outcome);
    });
    return;
  }
  if (!is_connected()) {
    Outcome outcome;
    outcome.failure = why_;
    return on_outcome(std::move(outcome));
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  connection_->send(views, [this, on_outcome = std::move(on_outcome)](Outcome outcome) {
    if (!outcome.failure && outcome.reply.is_error())
      outcome.failure = failure_of(outcome.reply.text, name_);
    on_outcome(std::move(outcome));
  });
}

// ---- The server's clock ----

void Node::hear_clock(Outcome *outcome) {
  const auto &elements = outcome->reply.elements;
  if (elements.size() < 2 || elements[1].kind != Reply::Kind::kInteger) return;
  outcome->now = elements[1].integer;
  clock_offset_ = outcome->now - outcome->sent_ms;
  knows_clock_ = true;
}

int64_t Node::server_time(int64_t local_ms) const {
  return knows_clock_ ? local_ms + clock_offset_ : 0;
}

}  // namespace repolock::backend::redis
