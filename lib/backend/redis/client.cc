#include "backend/redis/client.h"

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

Client::Client(Host &host, Settings settings, const Connect &connect)
    : host_(host),
      settings_(std::move(settings)),
      channel_(new_channel(host_, settings_.prefix)),
      node_(host_, settings_, settings_.address.servers.front(),
            connect(settings_.address.servers.front(), [this] { node_out_of_memory(); }), *this,
            on_node_timer, this),
      subscriber_(host_, node_.name(), channel_, connect(settings_.address.servers.front(), [] {}),
                  *this),
      beat_timer_(host_, on_beat, this) {
  beat_timer_.make();
}

void Client::open() {
  node_.open();
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
    give_up(*found->second, {REPOLOCK_E_CANCELED,
                             "the request about " + found->second->lease->repo + " was canceled"});
  });
}

// All that is under way is given up, and may or may not have taken effect. To say so needs no memory of
// ours. What the server still answers is found to be late.
void Client::out_of_memory() {
  attempts_.clear();
  attempt_by_id_.clear();
  for (const uint64_t request : unanswered_) host_.fail_unknown(request);
  unanswered_.clear();
}

void Client::node_out_of_memory() {
  node_.out_of_memory();
  out_of_memory();
}

void Client::fail(uint64_t request, const Failure &why, const Rows *rows) {
  if (take(request)) host_.fail(request, why, rows == nullptr ? Host::Rows{} : rows->rows());
}

void Client::answer(uint64_t request, const Rows &rows) {
  if (take(request)) host_.answer(request, rows.rows());
}

void Client::node_changed() {
  if (node_.is_connected()) let_go_of_orphans();
  if (node_.votes()) return;
  // The wait goes on, but nobody knows in which place: the library asks again.
  std::vector<uint64_t> queued;
  for (const auto &[request, attempt] : attempts_)
    if (attempt->phase == Attempt::Phase::kQueued && !attempt->is_asking) queued.push_back(request);
  for (const uint64_t request : queued) refuse(*attempts_.at(request), node_.why());
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

void Client::on_node_timer(void *self) {
  auto &client = *static_cast<Client *>(self);
  client.guarded([&] { client.node_.timer_fired(); });
}

}  // namespace repolock::backend::redis
