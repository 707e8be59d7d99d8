// own_new.cc - operator new and delete of the program's own, over its own malloc: what they give is no
// block of malloc's, so whoever frees it by another way is found out.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "own_new.h"

namespace {

struct alignas(16) Head {
  uint64_t mark;
};

constexpr uint64_t kNew = 0x6e6577206e657721;
int64_t g_alive = 0;

void *give(std::size_t size) {
  auto *head = static_cast<Head *>(std::malloc(sizeof(Head) + size));
  if (head == nullptr) return nullptr;
  head->mark = kNew;
  __atomic_add_fetch(&g_alive, 1, __ATOMIC_SEQ_CST);
  return head + 1;
}

void take(void *block) {
  if (block == nullptr) return;
  Head *head = static_cast<Head *>(block) - 1;
  if (head->mark != kNew) {
    std::fputs("own_new: what is deleted was not made by new\n", stderr);
    std::abort();
  }
  head->mark = 0;
  __atomic_sub_fetch(&g_alive, 1, __ATOMIC_SEQ_CST);
  std::free(head);
}

}  // namespace

extern "C" int64_t news_alive() {
  return __atomic_load_n(&g_alive, __ATOMIC_SEQ_CST);
}

#pragma GCC visibility push(default)  // or the other libraries would not find them

void *operator new(std::size_t size) {
  if (void *block = give(size)) return block;
  throw std::bad_alloc();
}
void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
  return give(size);
}
void *operator new[](std::size_t size) {
  return operator new(size);
}
void *operator new[](std::size_t size, const std::nothrow_t &) noexcept {
  return give(size);
}
void operator delete(void *block) noexcept {
  take(block);
}
void operator delete(void *block, std::size_t) noexcept {
  take(block);
}
void operator delete[](void *block) noexcept {
  take(block);
}
void operator delete[](void *block, std::size_t) noexcept {
  take(block);
}

#pragma GCC visibility pop
