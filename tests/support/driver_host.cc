// The host's side of plugin.h: it records, and holds the backend to the rules.
#include <sys/random.h>

#include <cinttypes>
#include <cstdio>

#include "support/driver_parts.h"
#include "support/foreign.h"

namespace repolock::testing {

namespace {

std::string text(const char *from) {
  return from == nullptr ? "" : from;
}

}  // namespace

const repolock_host_api_t BackendDriver::HostTable::kTable = {
    sizeof(repolock_host_api_t),
    REPOLOCK_PLUGIN_ABI,
    answer,
    waiting,
    wake,
    revoked,
    node,
    log,
    post,
    now,
    random,
    watch_fd,
    watch_set,
    watch_free,
    timer_new,
    timer_set,
    timer_free,
    later,
};

// With mutex_ held.
void BackendDriver::violation(const std::string &what) {
  violations_.push_back(what);
}

// With mutex_ held.
void BackendDriver::check_answer(uint64_t id, const Answer &answer) {
  const std::string name = "the answer to request " + std::to_string(id);
  const auto [kind, claims] = requests_.at(id);
  if (answer.status == REPOLOCK_E_PENDING) violation(name + " is E_PENDING");
  const bool has_grants = answer.status == REPOLOCK_OK && kind != REPOLOCK_REQUEST_INSPECT &&
                          kind != REPOLOCK_REQUEST_DIAGNOSE;
  const size_t expected = has_grants ? claims : 0;
  if (answer.grants.size() != expected) {
    violation(name + " has " + std::to_string(answer.grants.size()) + " grants instead of " +
              std::to_string(expected));
  }
  for (const auto &grant : answer.grants) {
    if (grant.status == REPOLOCK_OK && kind == REPOLOCK_REQUEST_ACQUIRE &&
        (grant.fence == 0 || grant.fence >= uint64_t{1} << 53)) {
      violation(name + " has the fence " + std::to_string(grant.fence));
    }
  }
}

void BackendDriver::HostTable::answer(repolock_host_t *host, uint64_t id,
                                      const repolock_answer_t *sent) {
  auto &self = driver(host);
  auto answer = copy_answer(sent);
  {
    std::lock_guard lock(self.mutex_);
    if (self.closed_) return self.violation("answer after close");
    // plugin.h: an answer to an unknown id is ignored. Here it tells of a mistake.
    if (!self.requests_.contains(id)) {
      return self.violation("an answer to the unknown request " + std::to_string(id));
    }
    if (self.answers_.contains(id)) {
      return self.violation("a second answer to request " + std::to_string(id));
    }
    self.check_answer(id, answer);
    self.answers_.emplace(id, std::move(answer));
  }
  self.wake_loop();
}

void BackendDriver::HostTable::waiting(repolock_host_t *host, uint64_t id,
                                       const repolock_row_t *rows, size_t count) {
  auto &self = driver(host);
  auto copy = copy_rows(rows, count);
  {
    std::lock_guard lock(self.mutex_);
    if (self.closed_) return self.violation("waiting after close");
    if (self.answers_.contains(id)) {
      return self.violation("waiting after the answer to request " + std::to_string(id));
    }
    self.waitings_.push_back({id, std::move(copy)});
  }
  self.wake_loop();
}

void BackendDriver::HostTable::wake(repolock_host_t *host, const char *repo) {
  auto &self = driver(host);
  {
    std::lock_guard lock(self.mutex_);
    if (self.closed_) return self.violation("wake after close");
    self.wakes_.push_back(text(repo));
  }
  self.wake_loop();
}

void BackendDriver::HostTable::revoked(repolock_host_t *host, const char *repo,
                                       const char *lease_id, int32_t reason, const char *message) {
  auto &self = driver(host);
  {
    std::lock_guard lock(self.mutex_);
    if (self.closed_) return self.violation("revoked after close");
    self.revocations_.push_back({text(repo), text(lease_id), reason, text(message)});
  }
  self.wake_loop();
}

void BackendDriver::HostTable::node(repolock_host_t *host, const char *node, int32_t up,
                                    const char *message) {
  auto &self = driver(host);
  {
    std::lock_guard lock(self.mutex_);
    if (self.closed_) return self.violation("node after close");
    self.nodes_.push_back({text(node), up != 0, text(message)});
  }
  self.wake_loop();
}

void BackendDriver::HostTable::log(repolock_host_t *host, int32_t level, const char *event,
                                   const char *message) {
  auto &self = driver(host);
  {
    std::lock_guard lock(self.mutex_);
    if (self.closed_) return self.violation("log after close");
    self.logs_.push_back({level, text(event), text(message)});
  }
  self.wake_loop();
}

int32_t BackendDriver::HostTable::post(repolock_host_t *host, repolock_post_cb callback,
                                       void *data) {
  auto &self = driver(host);
  {
    std::lock_guard lock(self.mutex_);
    if (self.closed_) {
      self.violation("post after close");
      return 0;
    }
    self.posts_.push_back({callback, data});
  }
  self.wake_loop();
  return 1;
}

int64_t BackendDriver::HostTable::now(repolock_host_t *host) {
  return driver(host).now();
}

int32_t BackendDriver::HostTable::random(repolock_host_t *, void *out, size_t len) {
  return getrandom(out, len, 0) == static_cast<ssize_t>(len) ? 1 : 0;
}

}  // namespace repolock::testing
