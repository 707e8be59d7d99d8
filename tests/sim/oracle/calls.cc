#include "oracle/calls.h"

#include <string>

#include "core/engine.h"
#include "oracle/violation.h"

namespace repolock::sim {

using core::Complete;
using core::OpKey;
using core::Status;

namespace {

std::string words(OpKey op, Status status) {
  return "op " + std::to_string(op) + ": " + core::status_name(static_cast<int32_t>(status));
}

}  // namespace

void Calls::begins(ClientId client, OpKey op, Kind kind, Millis now, Millis due) {
  calls_[{client, op}] = {kind, now, due};
}

void Calls::sent_as(ClientId client, OpKey op, uint64_t request) {
  calls_.at({client, op}).request = request;
}

void Calls::completed(ClientId client, const Complete &done, const std::string &lease_id) {
  const auto call = calls_.find({client, done.op});
  if (call == calls_.end())
    throw Violation(kOnce, words(done.op, done.status) + ", and it was complete before");
  check(client, call->second, done, lease_id);
  calls_.erase(call);
}

void Calls::check(ClientId client, const Call &call, const Complete &done,
                  const std::string &lease_id) const {
  const auto dishonest = [&](const char *why) {
    throw Violation(kHonest, words(done.op, done.status) + ", " + why);
  };
  if (done.status == Status::kPending) dishonest("which is no result");
  if (done.status != Status::kOk && call.kind != Kind::kShutdown && done.message.empty())
    dishonest("without a word");
  if (done.granted.has_value() != (call.kind == Kind::kAcquire && done.status == Status::kOk))
    dishonest("with or without a lease");
  switch (done.status) {
    case Status::kOk:
      if (call.request != 0 && !requests_.confirmed(client, call.request))
        dishonest("but the backend did not say so");
      if (call.kind == Kind::kRelease && !requests_.released(lease_id))
        dishonest("but the backend did not say so");
      if (call.kind == Kind::kAcquire)
        for (const std::string &repo : done.granted->repos)
          if (!requests_.granted(repo, done.granted->id)) dishonest("but it was not granted");
      break;
    case Status::kTimeout:
    case Status::kHeld:
      if (call.kind == Kind::kAcquire &&
          !requests_.heard_since(client, Status::kHeld, call.started) &&
          !requests_.heard_since(client, Status::kTimeout, call.started))
        dishonest("but nobody was heard to have it");
      break;
    case Status::kDenied:
    case Status::kMisconfigured:
    case Status::kIo:
    case Status::kInternal:
    case Status::kNoMemory:
      if (!requests_.heard_since(client, done.status, call.started))
        dishonest("but the backend did not say so");
      break;
    case Status::kUnavailable:
      if (call.kind == Kind::kRelease) dishonest("but it may have arrived");
      break;
    default:
      break;
  }
  const bool is_silent = call.request != 0 && !requests_.answered(client, call.request);
  if (is_silent && done.status != Status::kUnknown && done.status != Status::kShutdown &&
      done.status != Status::kLost)
    dishonest("but the backend was silent");
}

void Calls::time_passed(ClientId client, Millis now) const {
  for (auto call = calls_.lower_bound({client, 0});
       call != calls_.end() && call->first.first == client; ++call) {
    const bool is_cut_off = call->second.kind == Kind::kAcquire && !requests_.has_reached(client) &&
                            now >= call->second.started + core::Settings{}.connect_timeout;
    if (is_cut_off)
      throw Violation(kInTime, "op " + std::to_string(call->first.second) +
                                   " waits for a backend that was never reached");
    if (now >= call->second.due)
      throw Violation(kInTime, "op " + std::to_string(call->first.second) + " should be over " +
                                   std::to_string(now - call->second.due) + " ms ago");
  }
}

void Calls::gone(ClientId client) {
  std::erase_if(calls_, [&](const auto &entry) { return entry.first.first == client; });
}

bool Calls::any_of(ClientId client) const {
  const auto first = calls_.lower_bound({client, 0});
  return first != calls_.end() && first->first.first == client;
}

}  // namespace repolock::sim
