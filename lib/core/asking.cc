// asking.cc - who holds and who waits, what is wrong with the set-up, and taking a lock away.
#include <algorithm>
#include <utility>

#include "core/ascii.h"
#include "core/engine.h"
#include "core/quote.h"

namespace repolock::core {

namespace {

bool is_lease_id(const std::string &text) {
  constexpr size_t kDigits = 32;
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

void Engine::query(OpKey op, Verb verb, std::vector<Claim> claims) {
  Sent sent;
  sent.claims = claims;
  BackendRequest request;
  request.verb = verb;
  request.claims = std::move(claims);
  request.deadline = now_ + settings_.node_timeout;
  sent.purpose = Sent::For::kQuery;
  sent.op = op;
  sent.deadline = request.deadline;
  submit(std::move(request), std::move(sent));
}

void Engine::inspect(OpKey op, const std::string &repo, Millis now) {
  begin(now);
  if (closing_ != Closing::kOpen)
    return complete(op, Status::kShutdown, "the client is shutting down; open a new one to look");
  if (!can(kCanInspect))
    return complete(op, Status::kUnsupported, "this backend cannot tell who holds a lock");
  if (repo.empty() && !can(kCanList))
    return complete(op, Status::kUnsupported,
                    "this backend cannot list all locks; ask for one name");
  std::vector<Claim> claims;
  if (!repo.empty()) {
    Claim claim;
    claim.repo = repo;
    claims.push_back(std::move(claim));
  }
  query(op, Verb::kInspect, std::move(claims));
}

void Engine::diagnose(OpKey op, Millis now) {
  begin(now);
  if (closing_ != Closing::kOpen)
    return complete(op, Status::kShutdown, "the client is shutting down; open a new one to look");
  query(op, Verb::kDiagnose, {});
}

void Engine::break_lease(OpKey op, const std::string &repo, const std::string &lease_id,
                         Millis now) {
  begin(now);
  if (closing_ != Closing::kOpen)
    return complete(op, Status::kShutdown,
                    "the client is shutting down; open a new one to break " + repo);
  if (!can(kCanBreak))
    return complete(op, Status::kUnsupported,
                    "this backend cannot take a lock away; " + repo + " ends by its ttl");
  if (!is_lease_id(lease_id))
    return complete(op, Status::kInvalid,
                    quoted(lease_id) +
                        " is no lease id: give the 32 hex digits that an inspect of " + repo +
                        " shows");
  Claim claim;
  claim.repo = repo;
  claim.lease_id = lease_id;
  query(op, Verb::kBreak, {std::move(claim)});
}

void Engine::query_answered(const Sent &sent, BackendAnswer answer) {
  Status status = answer.status;
  std::string message = std::move(answer.message);
  if (status == Status::kOk && !answer.grants.empty()) {
    status = answer.grants.front().status;
    if (message.empty()) message = std::move(answer.grants.front().message);
  }
  if (sent.verb == Verb::kBreak && status == Status::kLost && message.empty())
    message = "lease " + sent.claims.front().lease_id + " does not hold " +
              sent.claims.front().repo + " any more; inspect it to see who does";
  const bool shows = sent.verb != Verb::kBreak && status == Status::kOk;
  complete(sent.op, status, std::move(message),
           shows ? std::optional<Rows>(std::move(answer.rows)) : std::nullopt);
}

}  // namespace repolock::core
