#include "backend/file/names.h"

#include <utility>

namespace repolock::backend::file {

namespace {

constexpr size_t kMostIdle = 64;

}  // namespace

Name *Names::find(const std::string &repo) {
  const auto found = names_.find(repo);
  return found == names_.end() ? nullptr : &found->second;
}

Lease *Names::find_lease(const std::string &repo, const std::string &lease_id) {
  Name *name = find(repo);
  if (name == nullptr) return nullptr;
  const auto found = name->leases.find(lease_id);
  return found == name->leases.end() ? nullptr : &found->second;
}

std::vector<std::string> Names::all() const {
  std::vector<std::string> repos;
  for (const auto &[repo, name] : names_) repos.push_back(repo);
  return repos;
}

Descriptor Names::take_idle(const std::string &repo) {
  Name *name = find(repo);
  if (name == nullptr || name->idle.empty()) return {};
  Descriptor file = std::move(name->idle.back().file);
  name->idle.pop_back();
  --idle_count_;
  return file;
}

void Names::put_idle(const std::string &repo, Descriptor file, int64_t now) {
  if (idle_count_ >= kMostIdle) return;
  names_[repo].idle.push_back({std::move(file), now});
  ++idle_count_;
}

std::vector<std::string> Names::sweep(int64_t now) {
  std::vector<std::string> unused;
  for (auto at = names_.begin(); at != names_.end();) {
    idle_count_ -= std::erase_if(
        at->second.idle, [now](const Name::Idle &idle) { return now - idle.since_ms >= kIdleMs; });
    const bool is_unused = at->second.is_unused();
    if (is_unused) unused.push_back(at->first);
    at = is_unused ? names_.erase(at) : std::next(at);
  }
  return unused;
}

}  // namespace repolock::backend::file
