#include "backend/redis/client.h"

#include <algorithm>
#include <new>
#include <utility>

namespace repolock::backend::redis {

namespace {

std::string new_channel(Host &host, const std::string &prefix) {
  unsigned char bytes[16];
  host.random(bytes, sizeof bytes);
  std::string name = prefix + "to:";
  for (const unsigned char byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    name += kDigits[byte >> 4];
    name += kDigits[byte & 15];
  }
  return name;
}

}  // namespace

// Every call into the backend ends here, so that no exception leaves it. The only one there is means
// that memory ran out.
template <class Body>
void Client::guarded(Body body) {
  try {
    body();
  } catch (const std::bad_alloc &) {
    out_of_memory();
  }
}

void Client::guarded_by(const std::function<void()> &body) {
  guarded(body);
}

Client::Client(Host &host, Settings settings, const Connect &connect)
    : host_(host),
      settings_(std::move(settings)),
      channel_(new_channel(host_, settings_.keys.prefix)),
      beat_timer_(host_, on_beat, this) {
  Server::Owner &owner = *this;
  for (size_t i = 0; i < settings_.address.servers.size(); ++i)
    servers_.push_back(std::make_unique<Server>(host_, settings_, i, channel_, connect, owner));
  beat_timer_.make();
}

void Client::open() {
  for (const auto &server : servers_) server->node().open();
}

void Client::submit(const repolock_backend_request_t &sent) {
  guarded([&] {
    unanswered_.insert(sent.id);
    switch (sent.kind) {
      case REPOLOCK_REQUEST_ACQUIRE:
        return acquire(sent);
      case REPOLOCK_REQUEST_EXTEND:
        return extend(sent);
      case REPOLOCK_REQUEST_RELEASE:
        return release(sent);
      case REPOLOCK_REQUEST_BREAK:
        return break_lease(sent);
      case REPOLOCK_REQUEST_INSPECT:
        return inspect(sent);
      case REPOLOCK_REQUEST_DIAGNOSE:
        return diagnose(sent);
      default:
        return fail(sent.id, {REPOLOCK_E_UNSUPPORTED,
                              "this backend does not know the request of kind " +
                                  std::to_string(sent.kind) + "; use an older library"});
    }
  });
}

void Client::cancel(uint64_t request) {
  const auto found = attempts_.find(request);
  if (found == attempts_.end()) return;
  guarded([&] {
    refuse(*found->second, {REPOLOCK_E_CANCELED,
                            "the request about " + found->second->lease->repo + " was canceled"});
  });
}

uint64_t Client::capabilities(uint64_t of_one_server) const {
  constexpr uint64_t kOfOneOnly = uint64_t{REPOLOCK_CAN_SHARE} | REPOLOCK_CAN_SEVERAL;
  if (settings_.address.is_quorum) return of_one_server & ~kOfOneOnly;
  // A shared lease is not in L, so other libraries would not see it.
  return settings_.keys.is_shared_with_others() ? of_one_server & ~uint64_t{REPOLOCK_CAN_SHARE}
                                                : of_one_server;
}

// All that is under way is given up, and may or may not have taken effect. To say so needs no memory of
// ours. What the server still answers is found to be late.
void Client::out_of_memory() {
  attempts_.clear();
  attempt_by_id_.clear();
  for (const uint64_t request : unanswered_) host_.fail_unknown(request);
  unanswered_.clear();
}

void Client::fail(uint64_t request, const Failure &why, const Rows *rows) {
  const auto sent = rows == nullptr ? Host::Rows{} : rows->rows();
  if (take(request)) host_.fail(request, why, sent);
}

void Client::answer(uint64_t request, const Rows &rows) {
  const auto &sent = rows.rows();
  if (take(request)) host_.answer(request, sent);
}

// A wait goes on at the next gate; where there is only one, the library asks again.
void Client::server_changed(Server &server) {
  if (server.node().votes()) return;
  std::vector<uint64_t> queued;
  for (const auto &[request, attempt] : attempts_)
    if (attempt->phase == Attempt::Phase::kQueued && attempt->gate == server.index() &&
        !attempt->parts[server.index()].is_asking)
      queued.push_back(request);
  for (const uint64_t request : queued) {
    const auto found = attempts_.find(request);
    if (found == attempts_.end()) continue;
    hear_failure(*found->second, server.index(), server.node().why());
  }
}

// Two names of one server would be two votes of one.
Fault Client::object_to(const Server &server, const Info &info) {
  if (settings_.restart_guard == RestartGuard::kOff) return std::nullopt;
  for (const auto &other : servers_)
    if (other->index() != server.index() && other->node().info().run_id == info.run_id)
      return Failure{REPOLOCK_E_MISCONFIGURED,
                     server.name() + " and " + other->name() +
                         " are one and the same server; name each server of a quorum once"};
  return std::nullopt;
}

// A first use is one where none of them has a guard. Whatever was seen before one of them was connected
// may be long ago: they were in use since, perhaps, and that one has lost all.
void Client::guard_missing() {
  uint64_t newest = 0;
  for (const auto &server : servers_) {
    if (!server->node().lacks_guard()) return;
    newest = std::max(newest, server->node().connected_at());
  }
  bool is_seen_anew = false;
  for (const auto &server : servers_)
    if (server->node().missed_guard_at() < newest) {
      is_seen_anew = true;
      server->node().look_again();
    }
  if (is_seen_anew) return;
  for (const auto &server : servers_) server->node().begin_first_use();
}

void Client::on_attempt_timer(void *self) {
  auto &attempt = *static_cast<Attempt *>(self);
  Client &client = attempt.client;
  client.guarded([&] { client.attempt_due(attempt); });
}

void Client::on_beat(void *self) {
  auto &client = *static_cast<Client *>(self);
  client.guarded([&] {
    client.beat_at_ = INT64_MAX;
    client.beat();
  });
}

}  // namespace repolock::backend::redis
