#include "core/engine.h"

#include <algorithm>
#include <utility>

#include "core/sentence.h"

namespace repolock::core {

Engine::Engine(Settings settings, Random random)
    : settings_(settings), random_(std::move(random)) {}

// Each event first gives up what has run out: no answer may revive what ended before it came.
void Engine::begin(Millis now) {
  now_ = std::max(now_, now);
  run_due();
}

void Engine::tick(Millis now) {
  begin(now);
}

Millis Engine::next_deadline() const {
  return std::min(deadlines_.next(), renewals_.next());
}

std::vector<Command> Engine::take_commands() {
  return std::exchange(commands_, {});
}

void Engine::run_due() {
  while (auto wake = deadlines_.take_due(now_)) {
    switch (wake->what) {
      case Wake::What::kAcquisition:
        if (auto found = acquisitions_.find(wake->key); found != acquisitions_.end())
          acquisition_due(found->second);
        break;
      case Wake::What::kLease:
        if (auto found = leases_.find(wake->key); found != leases_.end()) lease_due(found->second);
        break;
      case Wake::What::kRequest:
        request_due(wake->key);
        break;
      case Wake::What::kHeartbeat:
        stall();
        break;
      case Wake::What::kClosing:
        drain();
        break;
    }
  }
  renew_due();
}

void Engine::answer(uint64_t request, BackendAnswer answer, Millis now) {
  begin(now);
  const auto found = sent_.find(request);
  if (found == sent_.end()) return;
  const Sent sent = std::move(found->second);
  sent_.erase(found);
  deadlines_.clear({Wake::What::kRequest, request});
  answered_usefully(answer);

  switch (sent.purpose) {
    case Sent::For::kAcquire: {
      const auto acquisition = acquisitions_.find(sent.op);
      if (acquisition != acquisitions_.end() && acquisition->second.request == request)
        acquire_answered(acquisition->second, std::move(answer));
      break;
    }
    case Sent::For::kAbandoned:
      abandoned_answered(sent, answer);
      break;
    case Sent::For::kRenewal:
      renewal_answered(request, sent, answer);
      break;
    case Sent::For::kExtend:
      extend_answered(request, sent, answer);
      break;
    case Sent::For::kRelease:
      release_answered(sent, answer);
      break;
    case Sent::For::kQuery:
      query_answered(sent, std::move(answer));
      break;
    case Sent::For::kCleanup:
      if (!answer.is_released()) clean_up_later(sent);
      break;
    case Sent::For::kRepeat:
      break;
  }
  if (closing_ == Closing::kDraining) drain();
}

// Only an answer that decides something proves that the backend was ever reached.
void Engine::answered_usefully(const BackendAnswer &answer) {
  const Status status = answer.outcome();
  if (status != Status::kUnavailable && status != Status::kUnknown) ever_answered_ = true;
}

void Engine::request_due(uint64_t id) {
  const auto found = sent_.find(id);
  if (found == sent_.end()) return;
  Sent sent = found->second;
  BackendAnswer silence;
  silence.status = Status::kUnknown;
  silence.message = "the backend gave no answer within " + std::to_string(now_ - sent.at) + " ms";
  switch (sent.purpose) {
    case Sent::For::kRenewal:  // a late answer still counts: the record stays
      for (const LeaseKey key : sent.leases)
        if (auto lease = leases_.find(key); lease != leases_.end())
          renewal_failed(lease->second, silence.message);
      break;
    case Sent::For::kExtend:  // likewise, as a renewal
      if (auto lease = leases_.find(sent.leases.front()); lease != leases_.end())
        extend_failed(lease->second, sent.ttl);
      complete(sent.op, silence.status, silence.message);
      found->second.op = 0;
      found->second.purpose = Sent::For::kRenewal;
      break;
    case Sent::For::kQuery:
      sent_.erase(found);
      complete(sent.op, Status::kUnknown, silence.message);
      break;
    case Sent::For::kRelease:
      sent_.erase(found);
      release_answered(sent, silence);
      break;
    case Sent::For::kCleanup:
      sent_.erase(found);
      clean_up_later(sent);
      break;
    case Sent::For::kRepeat:
      sent_.erase(found);
      clean_up(std::move(sent.claims), sent.tries);
      break;
    case Sent::For::kAcquire:
    case Sent::For::kAbandoned:
      break;  // the acquisition watches over these
  }
  if (closing_ == Closing::kDraining) drain();
}

void Engine::waiting(uint64_t request, Rows rows, Millis now) {
  begin(now);
  const auto sent = sent_.find(request);
  if (sent == sent_.end() || sent->second.purpose != Sent::For::kAcquire) return;
  const auto found = acquisitions_.find(sent->second.op);
  if (found == acquisitions_.end()) return;
  Acquisition &acquisition = found->second;
  ever_answered_ = true;
  acquisition.acknowledged = true;
  acquisition.decided = true;
  acquisition.waited = true;
  acquisition.ask_deadline = kForever;
  acquisition.rows = std::move(rows);
  acquisition.rows_at = now_;
  acquisition.place = -1;
  for (const Row &row : acquisition.rows)
    if (row.kind == RowKind::kWaiter) acquisition.place = row.place;
  arm(acquisition);
  emit(Waiting{acquisition.op,
               waiting_sentence(wanted(acquisition), acquisition.rows, acquisition.place),
               acquisition.rows});
}

void Engine::wake(const std::string &repo, Millis now) {
  begin(now);
  for (auto &[op, acquisition] : acquisitions_) {
    if (acquisition.retry_at == kForever || wanted(acquisition) != repo) continue;
    acquisition.retry_at = now_;
    arm(acquisition);
  }
  run_due();
}

uint64_t Engine::submit(BackendRequest request, Sent sent) {
  request.id = next_request_++;
  sent.verb = request.verb;
  sent.at = now_;
  if (sent.deadline != kForever) deadlines_.set({Wake::What::kRequest, request.id}, sent.deadline);
  const uint64_t id = request.id;
  sent_.emplace(id, std::move(sent));
  emit(Submit{std::move(request)});
  return id;
}

void Engine::complete(OpKey op, Status status, std::string message, std::optional<Rows> rows) {
  if (op == 0) return;
  Complete done;
  done.op = op;
  done.status = status;
  done.message = std::move(message);
  if (status != Status::kOk && done.message.empty()) done.message = answer_words(status);
  done.rows = std::move(rows);
  emit(std::move(done));
}

void Engine::log(LogLevel level, const char *event, std::string message, const std::string &repo) {
  LogLine line;
  line.level = level;
  line.message = std::move(message);
  line.fields.emplace_back("event", event);
  if (!repo.empty()) line.fields.emplace_back("repo", repo);
  emit(std::move(line));
}

std::string Engine::new_lease_id() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (int half = 0; half < 2; ++half) {
    uint64_t bits = random_();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4) id += kDigits[bits & 15];
  }
  return id;
}

size_t Engine::held() const {
  return static_cast<size_t>(std::count_if(leases_.begin(), leases_.end(), [](const auto &entry) {
    return entry.second.state == Lease::State::kHeld;
  }));
}

}  // namespace repolock::core
