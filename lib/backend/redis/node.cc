#include "backend/redis/node.h"

#include <string_view>
#include <utility>

#include "backend/redis/server_error.h"

namespace repolock::backend::redis {

namespace {

constexpr int64_t kAskAgainMs = 1000;
constexpr int64_t kLookAgainMs = 500;
constexpr char kNoRun[] = "off";  // where nobody looks at it

std::string seconds(int64_t ms) {
  return std::to_string((ms + 999) / 1000) + " s";
}

}  // namespace

Node::Node(Host &host, const Settings &settings, const Endpoint &endpoint,
           std::unique_ptr<Connection> connection, Listener &listener)
    : host_(host),
      settings_(settings),
      name_(endpoint.name()),
      guard_key_(settings.keys.prefix + "guard"),
      config_(settings.fingerprint()),
      connection_(std::move(connection)),
      listener_(listener),
      timer_(host, on_timer, this) {
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
  connection_->send(words, [this, asked = std::string(want), asked_at](Outcome outcome) {
    guarded(std::move(outcome), asked, asked_at);
  });
}

void Node::guarded(Outcome outcome, const std::string &want, uint64_t asked_at) {
  if (outcome.failure) return;
  const Reply &reply = outcome.reply;
  if (reply.is_error()) return connection_->give_up(failure_of(reply.text, name_));
  hear_clock(&outcome);
  if (reply.says("ADMITTED")) {
    forget_looks();
    voted_as_ = info_.run_id;
    floor_ = static_cast<uint64_t>(reply.number_at(2));
    connection_->settle();
    return enter(State::kVoting);
  }
  if (reply.says("PENDING") && reply.elements.size() > 2)
    return wait_for_guard(reply.number_at(2), reply.text_at(3).empty() && voted_as_.empty());
  if (reply.says("MISSING") && want == "look") return missing(asked_at);
  const bool is_other = reply.says("OTHER");
  if (is_other && settings_.has_durable_writes && want != "survived") return ask_guard("survived");
  if ((is_other || reply.says("MISSING")) && want != "wait") return ask_guard("wait");
  if (reply.says("CONFIG") && reply.elements.size() > 2)
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

void Node::on_timer(void *self) {
  auto &node = *static_cast<Node *>(self);
  node.listener_.guarded_by([&] { node.timer_fired(); });
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
  releases_.clear();
  requests_.clear();
  on_their_way_ = 0;
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

}  // namespace repolock::backend::redis
