#include "port/fork.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

namespace repolock::port {

namespace {

constinit std::mutex g_list_mutex;
constinit ForkSafeMutex *g_list = nullptr;

constinit ForkSafeMutex g_descriptor_mutex;
// Never freed on purpose: it must outlive every thread, and a global destructor would not.
// A bit a descriptor, because a child must not touch the allocator: not every one survives fork().
constinit std::vector<uint64_t> *g_descriptors = nullptr;

// On a page that the kernel wipes in each child that has memory of its own; 0 is unknown. Null: the kernel
// does not do that.
constinit std::atomic<int64_t> *g_process_id = nullptr;

std::atomic<int64_t> *page_of_one_process() {
  const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void *page = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (madvise(page, size, MADV_WIPEONFORK) == 0) return new (page) std::atomic<int64_t>(0);
  munmap(page, size);
  return nullptr;
}

constexpr size_t kBits = 64;
size_t word_of(int fd) {
  return static_cast<size_t>(fd) / kBits;
}
uint64_t bit_of(int fd) {
  return uint64_t{1} << (static_cast<size_t>(fd) % kBits);
}

void close_all() {
  for (size_t word = 0; word < g_descriptors->size(); ++word) {
    for (uint64_t rest = (*g_descriptors)[word]; rest != 0; rest &= rest - 1)
      close(static_cast<int>(word * kBits) + std::countr_zero(rest));
  }
  std::ranges::fill(*g_descriptors, 0);
}

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
    if (g_descriptors != nullptr) close_all();
    parent();
  }

  // When the library is loaded: at the first use another thread might be in the middle of a fork.
  [[gnu::constructor]] static void install() {
    pthread_atfork(prepare, parent, child);
    g_process_id = page_of_one_process();
  }
};

int64_t process_id() {
  if (g_process_id == nullptr) return getpid();
  if (const int64_t known = g_process_id->load(std::memory_order_relaxed)) return known;
  const int64_t pid = getpid();
  g_process_id->store(pid, std::memory_order_relaxed);
  return pid;
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
    if (g_descriptors == nullptr) g_descriptors = new std::vector<uint64_t>;
    if (g_descriptors->size() <= word_of(fd)) g_descriptors->resize(word_of(fd) + 1);
    (*g_descriptors)[word_of(fd)] |= bit_of(fd);
    return true;
  } catch (const std::bad_alloc &) {
    return false;
  }
}

void forget_in_child(int fd) {
  if (g_descriptors != nullptr && word_of(fd) < g_descriptors->size())
    (*g_descriptors)[word_of(fd)] &= ~bit_of(fd);
}

}  // namespace repolock::port
