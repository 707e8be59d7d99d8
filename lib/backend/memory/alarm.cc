#include "backend/memory/alarm.h"

namespace repolock::backend::memory {

Alarm::Alarm(const repolock_host_api_t *api, repolock_host_t *host, std::mutex &mutex,
             repolock_post_cb ring, void *data)
    : api_(api),
      host_(host),
      mutex_(mutex),
      ring_(ring),
      data_(data),
      timer_(api->timer_new(host, on_timer, this)) {}

Alarm::~Alarm() {
  if (timer_ != nullptr) api_->timer_free(timer_);
}

void Alarm::ring_by(int64_t at) {
  if (at >= at_) return;
  if (!posted_) posted_ = api_->post(host_, on_post, this) != 0;
  // Without memory for the post it stays as it was, and the next change tries again.
  if (posted_) at_ = at;
}

void Alarm::on_post(void *data) {
  auto &self = *static_cast<Alarm *>(data);
  std::lock_guard lock(self.mutex_);
  self.posted_ = false;
  self.api_->timer_set(self.timer_, self.at_);
}

void Alarm::on_timer(void *data) {
  auto &self = *static_cast<Alarm *>(data);
  {
    std::lock_guard lock(self.mutex_);
    self.at_ = INT64_MAX;
  }
  self.ring_(self.data_);
}

}  // namespace repolock::backend::memory
