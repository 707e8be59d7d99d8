#include "backend/memory/client.h"

#include <algorithm>

#include "backend/memory/verbs.h"

namespace repolock::backend::memory {

namespace {

// What an alarm could not do for want of memory it does a second later.
constexpr int64_t kTryAgainMs = 1000;

constexpr const char *kNoMemory = "memory: is out of memory; try again";
constexpr const char *kUnavailable = "the fault \"unavailable\" of memory.fault met this request";
constexpr const char *kNoAnswer = "no answer came: it may or may not hold";

bool have_a_lease_in_common(const Request &one, const Request &other) {
  return std::ranges::any_of(one.claims, [&](const Claim &claim) {
    return !claim.lease_id.empty() &&
           std::ranges::find(other.claims, claim.lease_id, &Claim::lease_id) != other.claims.end();
  });
}

}  // namespace

Client::Client(const repolock_host_api_t *api, repolock_host_t *host, std::shared_ptr<Store> store)
    : api_(api),
      host_(host),
      store_(std::move(store)),
      listener_(api, host),
      alarm_(api, host, store_->mutex(), on_alarm, this) {}

Client::~Client() {
  std::lock_guard lock(store_->mutex());
  store_->part(&alarm_, &listener_, now());
}

void Client::begin(const std::vector<Fault> &faults) {
  std::lock_guard lock(store_->mutex());
  for (const auto &fault : faults) store_->suffer(fault, now());
  store_->tick(now());
  store_->join(&alarm_);
}

void Client::submit(const repolock_backend_request_t &sent) {
  std::lock_guard lock(store_->mutex());
  if (!listener_.expect(sent.id)) return;
  try {
    send(copy_request(sent), now());
  } catch (...) {
    out_of_memory(sent.id, now());
  }
}

void Client::send(Request request, int64_t now) {
  const uint64_t id = request.id;
  const Fate fate = store_->faults().next(request.kind);
  switch (fate.kind) {
    case Fate::Kind::kDrop:
      return listener_.mute(id);
    case Fate::Kind::kLoseReply:
      listener_.mute(id);
      break;
    case Fate::Kind::kNone:
    case Fate::Kind::kDelay:
      break;
    case Fate::Kind::kUnavailable:
      return listener_.failed(id, REPOLOCK_E_UNAVAILABLE, kUnavailable);
  }
  const int64_t before = last_on_its_way(request);  // due perhaps, but not carried out yet
  if (fate.delay_ms == 0 && before == 0) return arrive(request, now);
  const int64_t due = std::max(now + fate.delay_ms, before);
  delayed_.emplace(due, std::move(request));
  alarm_.ring_by(due);
}

// When the last request of one of its leases arrives, which this one must not overtake; 0: none.
int64_t Client::last_on_its_way(const Request &request) const {
  int64_t last = 0;
  for (const auto &[due, other] : delayed_)
    if (have_a_lease_in_common(request, other)) last = due;
  return last;
}

void Client::arrive(const Request &request, int64_t now) {
  try {
    carry_out(*store_, listener_, request, now);
  } catch (...) {
    out_of_memory(request.id, now);
  }
}

// If it has not been answered yet: nothing of it may be left in a queue then.
void Client::out_of_memory(uint64_t request_id, int64_t now) {
  store_->withdraw(&listener_, request_id, now);
  listener_.failed(request_id, REPOLOCK_E_NOMEM, kNoMemory);
  alarm_.ring_by(now + kTryAgainMs);
}

void Client::on_alarm(void *data) {
  auto &self = *static_cast<Client *>(data);
  std::lock_guard lock(self.store_->mutex());
  const int64_t now = self.now();
  auto &delayed = self.delayed_;
  while (!delayed.empty() && delayed.begin()->first <= now) {
    const auto due = delayed.extract(delayed.begin());
    self.arrive(due.mapped(), now);
  }
  if (!delayed.empty()) self.alarm_.ring_by(delayed.begin()->first);
  try {
    self.store_->tick(now);
  } catch (...) {
    self.alarm_.ring_by(now + kTryAgainMs);
  }
}

void Client::cancel(uint64_t request_id) {
  std::lock_guard lock(store_->mutex());
  const bool was_mute = listener_.unmute(request_id);
  const auto is_it = [&](const auto &entry) { return entry.second.id == request_id; };
  const bool waited = store_->withdraw(&listener_, request_id, now());
  if (waited || std::erase_if(delayed_, is_it) != 0) {
    listener_.failed(request_id, REPOLOCK_E_CANCELED, "the request was canceled");
  } else if (was_mute) {
    listener_.failed(request_id, REPOLOCK_E_UNKNOWN, kNoAnswer);
  }
}

}  // namespace repolock::backend::memory
