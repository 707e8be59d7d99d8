#include "port/fork.h"

#include <pthread.h>
#include <unistd.h>

#include <new>
#include <type_traits>
#include <unordered_set>

namespace repolock::port {

namespace {

constinit std::mutex g_list_mutex;
constinit ForkSafeMutex *g_list = nullptr;

constinit ForkSafeMutex g_descriptor_mutex;
// Never freed on purpose: it must outlive every thread, and a global destructor would not.
constinit std::unordered_set<int> *g_descriptors = nullptr;

}  // namespace

static_assert(std::is_trivially_destructible_v<ForkSafeMutex>);

struct ForkHandlers {
  static void prepare() {
    g_list_mutex.lock();
    for (auto *mutex = g_list; mutex != nullptr; mutex = mutex->next_) mutex->mutex_.lock();
  }
  static void parent() {
    for (auto *mutex = g_list; mutex != nullptr; mutex = mutex->next_) mutex->mutex_.unlock();
    g_list_mutex.unlock();
  }
  static void child() {
    if (g_descriptors != nullptr) {
      for (int fd : *g_descriptors) close(fd);
      g_descriptors->clear();
    }
    parent();
  }

  // When the library is loaded: at the first use another thread might be in the middle of a fork.
  [[gnu::constructor]] static void install() { pthread_atfork(prepare, parent, child); }
};

int64_t process_id() {
  return getpid();
}

void ForkSafeMutex::lock() {
  if (!enlisted_.load(std::memory_order_acquire)) enlist();
  mutex_.lock();
}

void ForkSafeMutex::enlist() {
  std::lock_guard lock(g_list_mutex);
  if (enlisted_.load(std::memory_order_relaxed)) return;
  next_ = g_list;
  g_list = this;
  enlisted_.store(true, std::memory_order_release);
}

ForkGuard::ForkGuard() {
  g_descriptor_mutex.lock();
}
ForkGuard::~ForkGuard() {
  g_descriptor_mutex.unlock();
}

bool close_in_child(int fd) {
  try {
    if (g_descriptors == nullptr) g_descriptors = new std::unordered_set<int>;
    g_descriptors->insert(fd);
    return true;
  } catch (const std::bad_alloc &) {
    return false;
  }
}

void forget_in_child(int fd) {
  if (g_descriptors != nullptr) g_descriptors->erase(fd);
}

}  // namespace repolock::port
