#include "oracle/requests.h"

#include <algorithm>

#include "oracle/violation.h"

namespace repolock::sim {

using core::BackendAnswer;
using core::BackendRequest;
using core::Claim;
using core::Status;
using core::Verb;

void Requests::submitted(ClientId client, const BackendRequest &request) {
  uint64_t &newest = newest_[client];
  if (request.id <= newest)
    throw Violation(kOwnIds, "request " + std::to_string(request.id) + " was there before");
  newest = request.id;
  requests_[{client, request.id}] = {request.verb, request.claims};
  for (const Claim &claim : request.claims) {
    if (request.verb == Verb::kAcquire) asks(client, claim);
    if (request.verb == Verb::kRelease) given_back_.insert(claim.lease_id);
  }
}

// The same attempt may ask again when it was refused, and only then.
void Requests::asks(ClientId client, const Claim &claim) {
  if (given_back_.count(claim.lease_id) != 0)
    throw Violation(kOwnIds, "attempt " + claim.lease_id + " was given back, and asks again");
  if (owners_.emplace(claim.lease_id, client).first->second != client)
    throw Violation(kOwnIds, "attempt " + claim.lease_id + " is another client's");
  Attempt &attempt = attempts_[{claim.repo, claim.lease_id}];
  if (attempt.pending || attempt.granted)
    throw Violation(kOwnIds, "attempt " + claim.lease_id + " has asked for " + claim.repo);
  attempt.pending = true;
}

void Requests::delivered(ClientId client, uint64_t id, const BackendAnswer &answer, Millis now) {
  const auto found = requests_.find({client, id});
  if (found == requests_.end() || found->second.answered) return;
  Request &request = found->second;
  request.answered = true;
  request.confirmed = answer.status == Status::kOk;
  heard(client, answer.status, now);
  const Status outcome = answer.outcome();
  if (outcome != Status::kUnavailable && outcome != Status::kUnknown) reached_.insert(client);
  for (const core::Grant &grant : answer.grants) {
    request.confirmed = request.confirmed && grant.status == Status::kOk;
    heard(client, grant.status, now);
  }
  for (const Claim &claim : request.claims) {
    if (request.verb == Verb::kAcquire) {
      Attempt &attempt = attempts_[{claim.repo, claim.lease_id}];
      attempt.pending = false;
      attempt.granted = request.confirmed;
    }
    if (request.verb == Verb::kRelease && request.confirmed) released_.insert(claim.lease_id);
  }
}

void Requests::told_to_wait(ClientId client, Millis now) {
  heard(client, Status::kHeld, now);
  reached_.insert(client);
}

bool Requests::answered(ClientId client, uint64_t request) const {
  const auto found = requests_.find({client, request});
  return found != requests_.end() && found->second.answered;
}

bool Requests::confirmed(ClientId client, uint64_t request) const {
  const auto found = requests_.find({client, request});
  return found != requests_.end() && found->second.confirmed;
}

bool Requests::granted(const std::string &repo, const std::string &lease_id) const {
  const auto found = attempts_.find({repo, lease_id});
  return found != attempts_.end() && found->second.granted;
}

bool Requests::heard_since(ClientId client, Status status, Millis then) const {
  const auto found = heard_.find({client, status});
  return found != heard_.end() && found->second >= then;
}

}  // namespace repolock::sim
