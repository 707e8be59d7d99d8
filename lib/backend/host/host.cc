#include "backend/host/host.h"

#include <new>

namespace repolock::backend {

namespace {

repolock_answer_t new_answer(repolock_status_t status, const Host::Rows &rows) {
  repolock_answer_t answer{};
  answer.struct_size = sizeof answer;
  answer.status = status;
  answer.rows = rows.data();
  answer.row_count = rows.size();
  return answer;
}

}  // namespace

repolock_grant_t new_grant(repolock_status_t status) {
  repolock_grant_t grant{};
  grant.struct_size = sizeof grant;
  grant.status = status;
  grant.inherit_fd = -1;
  return grant;
}

uint64_t Host::random_number() const {
  uint64_t number = 0;
  for (int i = 0; i < 4 && number == 0; ++i)
    if (api_->random(host_, &number, sizeof number) == 0) return 0;
  return number;
}

void Host::later(repolock_post_cb callback, void *data) const {
  if (api_->later(host_, callback, data) == 0) throw std::bad_alloc();
}

void Host::post(repolock_post_cb callback, void *data) const {
  if (api_->post(host_, callback, data) == 0) throw std::bad_alloc();
}

void Host::random(void *out, size_t len) const {
  if (api_->random(host_, out, len) == 0) throw std::bad_alloc();
}

void Host::node(const std::string &name, bool is_up, const std::string &message) const {
  api_->node(host_, name.c_str(), is_up ? 1 : 0, message.c_str());
}

void Host::log(int32_t level, const char *event, const std::string &message) const {
  api_->log(host_, level, event, message.c_str());
}

void Host::answer(uint64_t request_id, const std::vector<repolock_grant_t> &grants) {
  repolock_answer_t answer = new_answer(REPOLOCK_OK, {});
  answer.grants = grants.data();
  answer.grant_count = grants.size();
  send(request_id, answer);
}

void Host::answer(uint64_t request_id, const Rows &rows) {
  send(request_id, new_answer(REPOLOCK_OK, rows));
}

void Host::fail(uint64_t request_id, const Failure &failure, const Rows &rows) {
  repolock_answer_t answer = new_answer(failure.status, rows);
  answer.message = failure.message.c_str();
  send(request_id, answer);
}

void Host::fail_without_memory(uint64_t request_id) {
  repolock_answer_t answer = new_answer(REPOLOCK_E_NOMEM, {});
  answer.message = "out of memory; try again with more of it";
  send(request_id, answer);
}

void Host::fail_unknown(uint64_t request_id) {
  repolock_answer_t answer = new_answer(REPOLOCK_E_UNKNOWN, {});
  answer.message = "out of memory on the way: it may or may not have taken effect";
  send(request_id, answer);
}

void Host::waiting(uint64_t request_id, const Rows &rows) {
  api_->waiting(host_, request_id, rows.data(), rows.size());
}

void Host::revoked(const std::string &repo, const std::string &lease_id, const char *message) {
  api_->revoked(host_, repo.c_str(), lease_id.c_str(), REPOLOCK_LOST_BROKEN, message);
}

void Host::send(uint64_t request_id, const repolock_answer_t &answer) {
  last_answered_ = request_id;
  api_->answer(host_, request_id, &answer);
}

Timer::~Timer() {
  if (timer_ != nullptr) host_.api()->timer_free(timer_);
}

void Timer::make() {
  if (timer_ != nullptr) return;
  timer_ = host_.api()->timer_new(host_.handle(), callback_, data_);
  if (timer_ == nullptr) throw std::bad_alloc();
}

void Timer::set(int64_t at_ms) {
  if (timer_ == nullptr && at_ms == INT64_MAX) return;
  make();
  host_.api()->timer_set(timer_, at_ms);
}

bool Watch::start(Host &host, int fd, repolock_ready_cb callback, void *data, int32_t events) {
  stop();
  api_ = host.api();
  watch_ = api_->watch_fd(host.handle(), fd, events, callback, data);
  return watch_ != nullptr;
}

void Watch::stop() {
  if (watch_ != nullptr) api_->watch_free(watch_);
  watch_ = nullptr;
}

}  // namespace repolock::backend
