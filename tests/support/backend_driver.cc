#include "support/backend_driver.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "support/driver_parts.h"
#include "support/foreign.h"

namespace repolock::testing {

std::string lease_id(uint64_t number) {
  char text[33];
  std::snprintf(text, sizeof text, "%032llx", static_cast<unsigned long long>(number));
  return text;
}

BackendDriver::BackendDriver(FakeClock *clock)
    : clock_(clock), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  enter();
  if (clock_ != nullptr) clock_->drivers_.push_back(this);
}

BackendDriver::~BackendDriver() {
  close();
  if (clock_ != nullptr) std::erase(clock_->drivers_, this);
  ::close(wake_fd_);
}

void BackendDriver::enter() {
  thread_ = std::this_thread::get_id();
}

repolock_status_t BackendDriver::open(repolock_plugin_init_fn init, const std::string &url,
                                      const Options &options) {
  enter();
  const auto *table = init(&HostTable::kTable, REPOLOCK_PLUGIN_ABI);
  if (table == nullptr) return REPOLOCK_E_PLUGIN;
  backend_ = read_struct<repolock_backend_api_t>(table);
  if (backend_.open == nullptr || backend_.submit == nullptr || backend_.cancel == nullptr ||
      backend_.close == nullptr) {
    return REPOLOCK_E_PLUGIN;
  }

  std::vector<const char *> keys, values;
  for (const auto &[key, value] : options) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  repolock_open_params_t params{};
  params.struct_size = sizeof params;
  params.url = url.c_str();
  params.keys = keys.data();
  params.values = values.data();
  params.option_count = options.size();
  params.max_ttl_ms = 30'000;
  params.node_timeout_ms = 2000;
  char error[REPOLOCK_ERR_SIZE] = "";
  const auto status = backend_.open(&HostTable::kTable, HostTable::host(this), &params, &self_,
                                    error, sizeof error);
  open_error_ = status == REPOLOCK_OK ? "" : error;
  open_ = status == REPOLOCK_OK;
  return status;
}

uint64_t BackendDriver::capabilities() const {
  if (!open_ || backend_.effective_capabilities == nullptr) return backend_.capabilities;
  return backend_.effective_capabilities(self_);
}

void BackendDriver::close() {
  enter();
  if (!open_) return;
  open_ = false;
  backend_.close(self_);
  std::lock_guard lock(mutex_);
  closed_ = true;
  posts_.clear();  // what was posted and has not run by close never runs
  const auto left = [](const auto &list) {
    return std::count_if(list.begin(), list.end(), [](const auto &one) { return !one->freed; });
  };
  if (left(timers_) != 0) violation("close left a timer");
  if (left(watches_) != 0) violation("close left a watch");
  timers_.clear();
  watches_.clear();
}

uint64_t BackendDriver::submit(int32_t kind, const std::vector<Claim> &claims, const Acquire &how) {
  enter();
  std::vector<repolock_claim_t> sent;
  sent.reserve(claims.size());
  for (const auto &claim : claims) {
    sent.push_back({sizeof(repolock_claim_t), claim.shared ? 1 : 0, claim.repo.c_str(),
                    claim.lease_id.c_str(), claim.fence, claim.ttl_ms, claim.ended,
                    claim.inherited ? 1 : 0});
  }
  const auto bytes = padded_array(sent, padding_);

  repolock_owner_t owner{};
  owner.struct_size = sizeof owner;
  owner.host = "test-host";
  owner.boot_id = "test-boot";
  owner.holder = how.holder.c_str();
  owner.pid = getpid();
  owner.pid_start = -1;

  repolock_backend_request_t request{};
  request.struct_size = sizeof request;
  request.kind = kind;
  request.id = ++last_id_;
  request.claims = reinterpret_cast<const repolock_claim_t *>(bytes.data());
  request.claim_count = claims.size();
  request.owner = kind == REPOLOCK_REQUEST_ACQUIRE ? &owner : nullptr;
  request.wait = how.wait ? 1 : 0;
  request.deadline_ms = how.deadline_ms;
  {
    std::lock_guard lock(mutex_);
    requests_[request.id] = {kind, claims.size()};
  }
  backend_.submit(self_, &request);
  return request.id;
}

uint64_t BackendDriver::acquire(const std::string &repo, const std::string &lease,
                                const Acquire &how) {
  return submit(REPOLOCK_REQUEST_ACQUIRE, {{repo, lease, how.shared, 0, how.ttl_ms}}, how);
}

uint64_t BackendDriver::release(const std::string &repo, const std::string &lease, uint64_t fence,
                                int32_t ended) {
  return submit(REPOLOCK_REQUEST_RELEASE, {{repo, lease, false, fence, 0, ended}});
}

uint64_t BackendDriver::extend(const std::string &repo, const std::string &lease, int64_t ttl_ms,
                               uint64_t fence) {
  return submit(REPOLOCK_REQUEST_EXTEND, {{repo, lease, false, fence, ttl_ms}});
}

uint64_t BackendDriver::inspect(const std::string &repo) {
  if (repo.empty()) return submit(REPOLOCK_REQUEST_INSPECT, {});
  return submit(REPOLOCK_REQUEST_INSPECT, {{repo, ""}});
}

uint64_t BackendDriver::break_lease(const std::string &repo, const std::string &lease) {
  return submit(REPOLOCK_REQUEST_BREAK, {{repo, lease}});
}

uint64_t BackendDriver::diagnose() {
  return submit(REPOLOCK_REQUEST_DIAGNOSE, {});
}

void BackendDriver::cancel(uint64_t id) {
  enter();
  backend_.cancel(self_, id);
}

const Answer &BackendDriver::await(uint64_t id, int64_t guard_ms) {
  [[maybe_unused]] const bool came = run_until([&] { return answered(id); }, guard_ms);
  return answer(id);
}

const Answer &BackendDriver::answer(uint64_t id) const {
  static const Answer kPending;
  std::lock_guard lock(mutex_);
  const auto found = answers_.find(id);
  return found == answers_.end() ? kPending : found->second;
}

std::vector<Row> BackendDriver::waiting(uint64_t id) const {
  std::lock_guard lock(mutex_);
  const auto newest = std::find_if(waitings_.rbegin(), waitings_.rend(),
                                   [&](const auto &waiting) { return waiting.request_id == id; });
  return newest == waitings_.rend() ? std::vector<Row>() : newest->rows;
}

std::vector<Waiting> BackendDriver::waitings() const {
  std::lock_guard lock(mutex_);
  return waitings_;
}

std::vector<Revocation> BackendDriver::revocations() const {
  std::lock_guard lock(mutex_);
  return revocations_;
}

std::vector<NodeEvent> BackendDriver::nodes() const {
  std::lock_guard lock(mutex_);
  return nodes_;
}

std::vector<LogLine> BackendDriver::logs() const {
  std::lock_guard lock(mutex_);
  return logs_;
}

std::vector<std::string> BackendDriver::wakes() const {
  std::lock_guard lock(mutex_);
  return wakes_;
}

std::vector<std::string> BackendDriver::violations() const {
  std::lock_guard lock(mutex_);
  return violations_;
}

}  // namespace repolock::testing
