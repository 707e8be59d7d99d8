#include "backend/redis/node.h"

#include <string_view>
#include <utility>

#include "backend/redis/server_error.h"

namespace repolock::backend::redis {

namespace {

constexpr int64_t kAskAgainMs = 1000;
constexpr int64_t kLookAgainMs = 500;
constexpr char kNoRun[] = "off";  // where nobody looks at it

bool is_word(const Reply &reply, std::string_view word) {
  return reply.kind == Reply::Kind::kArray && !reply.elements.empty() &&
         reply.elements.front().text == word;
}

Failure not_understood(const std::string &server) {
  return {REPOLOCK_E_UNAVAILABLE,
          server + " gave a reply that is none of Redis's; is it a Redis server, without a proxy?"};
}

std::string seconds(int64_t ms) {
  return std::to_string((ms + 999) / 1000) + " s";
}

}  // namespace

Node::Node(Host &host, const Settings &settings, const Endpoint &endpoint,
           std::unique_ptr<Connection> connection, Listener &listener, repolock_post_cb on_timer,
           void *data)
    : host_(host),
      settings_(settings),
      name_(endpoint.name()),
      guard_key_(settings.keys.prefix + "guard"),
      config_(settings.fingerprint()),
      connection_(std::move(connection)),
      listener_(listener),
      timer_(host, on_timer, data) {
  timer_.make();
}

void Node::open() {
  connection_->open(*this);
}

// ---- Coming and going ----

void Node::connected() {
  forget_looks();
  connected_at_ = listener_.next_event();
  if (state_ != State::kConnecting) enter(State::kJoining, why_);  // as bad as before, so far
  const std::string_view words[] = {"INFO"};
  connection_->send(words, [this](const Outcome &outcome) { look(outcome); });
}

void Node::look(const Outcome &outcome) {
  if (outcome.failure) return;  // disconnected() comes
  const bool is_off = settings_.restart_guard == RestartGuard::kOff;
  if (outcome.reply.is_error()) {
    const Failure failure = failure_of(outcome.reply.text, name_);
    if (!outcome.reply.text.starts_with("NOPERM")) return connection_->give_up(failure);
    if (!is_off)
      return connection_->give_up(
          {REPOLOCK_E_MISCONFIGURED,
           name_ +
               " does not let this user run INFO, so that nobody can see when it was restarted; "
               "give it +info, or set redis.restart_guard=off"});
    info_ = {};
    info_.run_id = kNoRun;
  } else {
    info_ = read_info(outcome.reply.text);
    if (is_off) info_.run_id = kNoRun;
    if (const Fault fault = fault_of(info_, name_)) return connection_->give_up(*fault);
    if (const Fault fault = listener_.object_to(info_)) return connection_->give_up(*fault);
  }
  ask_guard(first_want());
}

const char *Node::first_want() const {
  const bool is_restarted = !voted_as_.empty() && voted_as_ != info_.run_id;
  switch (settings_.restart_guard) {
    case RestartGuard::kOff:
      return "now";
    case RestartGuard::kAuto:
      if (!is_restarted) return settings_.address.is_quorum ? "look" : "first";
      break;
    case RestartGuard::kStrict:
      break;
  }
  return settings_.has_durable_writes ? "survived" : "wait";
}

void Node::ask_guard(const char *want) {
  const std::string cap = std::to_string(settings_.cap_ms());
  const std::string_view words[] = {
      "EVAL", script::kGuard.text, "1", guard_key_, info_.run_id, config_, cap, want};
  const uint64_t asked_at = listener_.next_event();
  connection_->send(words, [this, asked = std::string(want), asked_at](const Outcome &outcome) {
    guarded(outcome, asked, asked_at);
  });
}

void Node::guarded(const Outcome &outcome, const std::string &want, uint64_t asked_at) {
  if (outcome.failure) return;
  const Reply &reply = outcome.reply;
  if (reply.is_error()) return connection_->give_up(failure_of(reply.text, name_));
  hear_clock(outcome);
  if (is_word(reply, "ADMITTED")) {
    forget_looks();
    voted_as_ = info_.run_id;
    floor_ = static_cast<uint64_t>(reply.number_at(2));
    connection_->settle();
    return enter(State::kVoting);
  }
  if (is_word(reply, "PENDING") && reply.elements.size() > 2)
    return wait_for_guard(reply.number_at(2), reply.text_at(3).empty() && voted_as_.empty());
  if (is_word(reply, "MISSING") && want == "look") return missing(asked_at);
  const bool is_other = is_word(reply, "OTHER");
  if (is_other && settings_.has_durable_writes && want != "survived") return ask_guard("survived");
  if ((is_other || is_word(reply, "MISSING")) && want != "wait") return ask_guard("wait");
  if (is_word(reply, "CONFIG") && reply.elements.size() > 2)
    return connection_->give_up(
        {REPOLOCK_E_MISCONFIGURED, name_ + " is used by clients with another configuration (" +
                                       reply.elements[2].text.substr(0, 100) + ", this one has " +
                                       config_ +
                                       "); give all of them the same options, or stop them "
                                       "for max_ttl_ms and a second, and DEL " +
                                       guard_key_});
  connection_->give_up(not_understood(name_));
}

// Another client may be about to begin: what it has not written yet it has by the last look.
void Node::missing(uint64_t asked_at) {
  constexpr int kMostLooks = 2;
  if (looks_ >= kMostLooks) {
    forget_looks();
    return ask_guard("wait");
  }
  missed_guard_at_ = asked_at;
  timer_.set(host_.now() + kLookAgainMs);
  listener_.guard_missing();
}

void Node::forget_looks() {
  missed_guard_at_ = 0;
  looks_ = 0;
}

void Node::look_again() {
  missed_guard_at_ = 0;
  ask_guard("look");
}

void Node::begin_first_use() {
  forget_looks();
  ask_guard("first");
}

void Node::wait_for_guard(int64_t ms, bool is_new) {
  forget_looks();
  connection_->settle();
  timer_.set(host_.now() + ms + 1);
  const std::string why =
      is_new
          ? " is new here, and nobody knows what was held before: it gives out leases in "
          : " was restarted, and may have forgotten leases that are still held: it gives out new "
            "ones in ";
  enter(State::kWaiting, {REPOLOCK_E_UNAVAILABLE, name_ + why + seconds(ms)});
}

void Node::timer_fired() {
  if (lacks_guard() && connection_->is_connected()) {
    ++looks_;
    return ask_guard("look");
  }
  if (state_ != State::kWaiting) return;
  timer_.set(host_.now() + kAskAgainMs);  // unless an answer says otherwise
  ask_guard("wait");
}

void Node::disconnected(const Failure &why) {
  forget_looks();
  info_ = {};
  enter(State::kDown, why);
}

void Node::out_of_memory() {
  forget_looks();
  parked_.clear();
  state_ = State::kDown;
  why_.status = REPOLOCK_E_UNAVAILABLE;
}

void Node::enter(State state, Failure why) {
  const bool was_voting = votes();
  const bool was_connecting = std::exchange(state_, state) == State::kConnecting;
  const bool is_news = why_.message != why.message;
  why_ = std::move(why);
  if (state != State::kJoining && (is_news || was_voting != votes()))
    host_.node(name_, votes(), why_.message);
  if (was_connecting)
    for (const auto &ask : std::exchange(parked_, {})) ask();
  if (state != State::kJoining) listener_.node_changed();
}

// ---- Asking ----

void Node::run(Call call) {
  if (state_ == State::kConnecting) {
    parked_.emplace_back([this, call = std::move(call)] { run(call); });
    return;
  }
  if (call.needs_vote ? votes() : is_connected())
    return send_script(std::make_shared<Call>(std::move(call)), false);
  refuse(call, why_);
}

void Node::refuse(const Call &call, const Failure &why) {
  Outcome outcome;
  outcome.failure = why;
  call.on_outcome(std::move(outcome));
}

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

void Node::send_script(const std::shared_ptr<Call> &call, bool by_text) {
  const auto args = call->args();
  if (!args) return refuse(*call, {REPOLOCK_E_CANCELED, "nobody wants it any more"});
  const std::string count = std::to_string(call->keys.size() + 1);
  std::vector<std::string_view> words = {by_text ? "EVAL" : "EVALSHA",
                                         by_text ? call->script->text : call->script->sha1, count,
                                         guard_key_};
  words.insert(words.end(), call->keys.begin(), call->keys.end());
  words.insert(words.end(), {info_.run_id, config_});
  words.insert(words.end(), args->begin(), args->end());
  connection_->send(words, [this, call, by_text](Outcome outcome) {
    answered(call, std::move(outcome), by_text);
  });
}

void Node::answered(const std::shared_ptr<Call> &call, Outcome outcome, bool by_text) {
  const Reply &reply = outcome.reply;
  if (!outcome.failure && reply.is_error()) {
    // It takes effect behind what was sent since; whoever let go of the lease in between finds a grant
    // that nobody wants, as with any late one.
    if (!by_text && is_no_script(reply.text) && connection_->is_connected())
      return send_script(call, true);
    outcome.failure = failure_of(reply.text, name_);
  } else if (!outcome.failure && (reply.kind != Reply::Kind::kArray || reply.elements.empty())) {
    outcome.failure = not_understood(name_);
  } else if (!outcome.failure && call->needs_vote) {
    hear_clock(outcome);
    if (is_word(reply, "GUARD")) {
      if (votes()) {
        enter(State::kJoining, {REPOLOCK_E_UNAVAILABLE,
                                name_ + " has lost its guard, and with it perhaps leases that are "
                                        "still held; it is being let in anew"});
        listener_.node_changed();
        ask_guard(settings_.restart_guard == RestartGuard::kOff ? "now" : "wait");
      }
      outcome.failure = why_;
    }
  }
  call->on_outcome(std::move(outcome));
}

// ---- The server's clock ----

void Node::hear_clock(const Outcome &outcome) {
  const auto &elements = outcome.reply.elements;
  if (elements.size() < 2 || elements[1].kind != Reply::Kind::kInteger) return;
  clock_offset_ = elements[1].integer - outcome.sent_ms;
  knows_clock_ = true;
}

int64_t Node::server_time(int64_t local_ms) const {
  return knows_clock_ ? local_ms + clock_offset_ : 0;
}

}  // namespace repolock::backend::redis
