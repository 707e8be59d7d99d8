#include "backend/file/client.h"

#include <new>
#include <utility>

#include "port/process_age.h"

namespace repolock::backend::file {

// Every call into the backend ends here, so that no exception leaves it. The only one there is means
// that memory ran out: the request is given up, and with its descriptor all that it holds. What was
// left undone for others, who may have been told of a turn or a break, a look around makes good.
template <class Body>
void Client::guarded(uint64_t request_id, Body body) {
  try {
    body();
  } catch (const std::bad_alloc &) {
    const auto found = requests_.find(request_id);
    if (found != requests_.end()) drop(*found->second);
    if (request_id != 0 && host_.last_answered() != request_id)
      host_.fail_without_memory(request_id);
    is_behind_ = true;
    tick_within(kTickMs);
  }
}

Client::Client(const repolock_host_api_t *api, repolock_host_t *host, Address address)
    : host_(api, host),
      directory_(std::move(address)),
      pid_namespace_(port::pid_namespace()),
      socket_(host_, directory_,
              [this](Message message, const std::string &repo) {
                guarded(0, [&] { heard(message, repo); });
              }),
      crash_watch_(host_, [this](const std::string &repo) { guarded(0, [&] { closed(repo); }); }),
      suspicion_timer_(host_, on_suspicion, this),
      tick_timer_(host_, on_tick, this),
      idle_timer_(host_, on_idle, this) {}

Fault Client::open() {
  for (Timer *timer : {&suspicion_timer_, &tick_timer_, &idle_timer_}) timer->make();
  return directory_.open();
}

Client::~Client() {
  // All of them leave before anybody is told, or one of them would be told.
  guarded(0, [this] {
    for (const std::string &repo : names_.all()) {
      const auto waiting = std::exchange(names_.find(repo)->waiting, {});
      for (const auto &[ticket, request] : waiting) give_up(*request, ticket);
      if (waiting.empty()) continue;
      const auto &[lowest, request] = *waiting.begin();
      wake_behind(repo, request->file.fd(), lowest, false);
    }
  });
}

void Client::submit(const repolock_backend_request_t &sent) {
  guarded(sent.id, [&] {
    switch (sent.kind) {
      case REPOLOCK_REQUEST_ACQUIRE:
      case REPOLOCK_REQUEST_BREAK:
        return start(sent);
      case REPOLOCK_REQUEST_EXTEND:
        return extend(sent);
      case REPOLOCK_REQUEST_RELEASE:
        return release(sent);
      case REPOLOCK_REQUEST_INSPECT:
        return inspect(sent);
      case REPOLOCK_REQUEST_DIAGNOSE:
        return diagnose(sent);
      default:
        return host_.fail(sent.id, {REPOLOCK_E_UNSUPPORTED,
                                    "this backend does not know the request of kind " +
                                        std::to_string(sent.kind) + "; use an older library"});
    }
  });
}

void Client::cancel(uint64_t request_id) {
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) return;
  guarded(request_id, [&] {
    Request &request = *found->second;
    leave_queue(request);
    finish(request, {REPOLOCK_E_CANCELED, "the request about " + request.repo + " was canceled"});
  });
}

void Client::drop(Request &request) {
  entered(request);
  if (Name *name = names_.find(request.repo)) name->waiting.erase(request.entry.ticket);
  requests_.erase(request.id);
}

void Client::finish(Request &request, const Failure &failure, const Rows *rows) {
  host_.fail(request.id, failure, rows == nullptr ? Host::Rows{} : rows->rows());
  put_idle(request.repo, std::move(request.file));
  drop(request);
}

void Client::put_idle(const std::string &repo, Descriptor file) {
  const int64_t now = host_.now();
  if (!std::exchange(sweeps_, true)) idle_timer_.set(now + kIdleMs);
  if (file.is_open()) names_.put_idle(repo, std::move(file), now);
}

void Client::on_request_timer(void *self) {
  Request &request = *static_cast<Request *>(self);
  Client &client = request.client;
  client.guarded(request.id, [&] {
    if (!request.is_in_queue()) return client.enter(request);
    if (client.host_.now() < request.deadline_ms) return request.timer.set(request.deadline_ms);
    client.leave_queue(request);
    client.refuse(request, REPOLOCK_E_TIMEOUT);
  });
}

void Client::on_tick(void *self) {
  auto &client = *static_cast<Client *>(self);
  client.guarded(0, [&] { client.tick(); });
}

void Client::on_suspicion(void *self) {
  auto &client = *static_cast<Client *>(self);
  client.guarded(0, [&] { client.look_at_suspects(); });
}

void Client::on_idle(void *self) {
  auto &client = *static_cast<Client *>(self);
  client.guarded(0, [&] {
    const int64_t now = client.host_.now();
    client.idle_timer_.set(now + kIdleMs);
    for (const std::string &repo : client.names_.sweep(now)) client.crash_watch_.remove(repo);
    client.sweeps_ = client.names_.has_idle();
    if (!client.sweeps_) client.idle_timer_.set(INT64_MAX);
  });
}

}  // namespace repolock::backend::file
