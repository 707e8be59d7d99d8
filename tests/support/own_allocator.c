#define _GNU_SOURCE
#include "own_allocator.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#pragma GCC visibility push(default) /* or the other libraries would not find it */

/* The C library's own, by the names that stay when malloc is replaced.
 * NOLINTBEGIN(readability-identifier-naming) */
void *__libc_malloc(size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);
/* NOLINTEND(readability-identifier-naming) */

/* Before each block. */
struct head {
  void *base;
  size_t size;
  uint64_t counted, magic;
};

enum {
  kFresh = 0xa5,
  kFreed = 0xdb
};
static const uint64_t kAliveMagic = 0x616c6c6f63617465, kFreedMagic = 0x6672656564667265;

static int64_t blocks, bytes;
static int64_t countdown; /* allocations until the one that fails; 0: none */
static bool keeps_failing, has_failed;

/* ---- Who asks -------------------------------------------------------------------------------- */

struct range {
  uintptr_t begin, end;
};
static struct range loader, libuv;

static struct range code_of(const struct dl_phdr_info *object) {
  struct range range = {UINTPTR_MAX, 0};
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    if (part->p_type != PT_LOAD) continue;
    const uintptr_t begin = object->dlpi_addr + part->p_vaddr;
    if (begin < range.begin) range.begin = begin;
    if (begin + part->p_memsz > range.end) range.end = begin + part->p_memsz;
  }
  return range;
}

static int know_object(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size, (void)data;
  if (object->dlpi_addr == getauxval(AT_BASE)) loader = code_of(object);
  if (strstr(object->dlpi_name, "/libuv.") != NULL) libuv = code_of(object);
  return 0;
}

__attribute__((constructor)) static void know_objects(void) {
  dl_iterate_phdr(know_object, NULL);
}

static bool is_in(const struct range *range, const void *address) {
  return (uintptr_t)address >= range->begin && (uintptr_t)address < range->end;
}

/* ---- Failing --------------------------------------------------------------------------------- */

void fail_allocation(int64_t nth, bool all_from_there) {
  __atomic_store_n(&has_failed, false, __ATOMIC_SEQ_CST);
  __atomic_store_n(&keeps_failing, all_from_there, __ATOMIC_SEQ_CST);
  __atomic_store_n(&countdown, nth, __ATOMIC_SEQ_CST);
}

bool stop_failing(void) {
  __atomic_store_n(&countdown, 0, __ATOMIC_SEQ_CST);
  return __atomic_load_n(&has_failed, __ATOMIC_SEQ_CST);
}

static bool is_to_fail(void) {
  int64_t left = __atomic_load_n(&countdown, __ATOMIC_SEQ_CST);
  while (left != 0) {
    const bool now = left == 1;
    const int64_t next = now && keeps_failing ? 1 : left - 1;
    if (!__atomic_compare_exchange_n(&countdown, &left, next, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
      continue;
    if (now) __atomic_store_n(&has_failed, true, __ATOMIC_SEQ_CST);
    return now;
  }
  return false;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

int64_t blocks_alive(void) {
  return __atomic_load_n(&blocks, __ATOMIC_SEQ_CST);
}

int64_t bytes_alive(void) {
  return __atomic_load_n(&bytes, __ATOMIC_SEQ_CST);
}

static void count(const struct head *head, int64_t sign) {
  if (!head->counted) return;
  __atomic_add_fetch(&blocks, sign, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&bytes, sign * (int64_t)head->size, __ATOMIC_SEQ_CST);
}

static void *give(size_t alignment, size_t size, const void *caller, bool may_fail) {
  const bool counted = !is_in(&loader, caller);
  const size_t room = alignment > sizeof(struct head) ? alignment : sizeof(struct head);
  if (size > PTRDIFF_MAX - room || (counted && may_fail && is_to_fail())) {
    errno = ENOMEM;
    return NULL;
  }
  unsigned char *base =
      alignment > 16 ? __libc_memalign(alignment, room + size) : __libc_malloc(room + size);
  if (base == NULL) return NULL;
  struct head *head = (struct head *)(base + room) - 1;
  *head = (struct head){base, size, counted, kAliveMagic};
  count(head, 1);
  return head + 1;
}

__attribute__((noreturn)) static void complain(const char *what) {
  const ssize_t written = write(STDERR_FILENO, what, strlen(what));
  (void)written;
  abort();
}

static struct head *head_of(void *block) {
  struct head *head = (struct head *)block - 1;
  if (head->magic == kFreedMagic) complain("own_allocator: a block is freed twice\n");
  if (head->magic != kAliveMagic) complain("own_allocator: what is freed is none of its blocks\n");
  return head;
}

/* ---- The names that everybody calls ---------------------------------------------------------- */

void *malloc(size_t size) {
  void *block = give(16, size, __builtin_return_address(0), true);
  if (block != NULL) memset(block, kFresh, size);
  return block;
}

void free(void *block) {
  if (block == NULL) return;
  struct head *head = head_of(block);
  count(head, -1);
  memset(block, kFreed, head->size);
  head->magic = kFreedMagic;
  __libc_free(head->base);
}

void *calloc(size_t count_of, size_t size) {
  size_t total = 0;
  if (__builtin_mul_overflow(count_of, size, &total)) return NULL;
  void *block = give(16, total, __builtin_return_address(0), true);
  if (block != NULL) memset(block, 0, total);
  return block;
}

/* libuv ends the process where it cannot lengthen its table of descriptors; nothing else in it calls
 * realloc. There the library can only look before, and that it does is what may fail. */
void *realloc(void *block, size_t size) {
  const void *caller = __builtin_return_address(0);
  if (block != NULL && size == 0) {
    free(block);
    return NULL;
  }
  void *copy = give(16, size, caller, !is_in(&libuv, caller));
  if (copy == NULL || block == NULL) return copy;
  const size_t old = head_of(block)->size;
  memcpy(copy, block, old < size ? old : size);
  free(block);
  return copy;
}

void *memalign(size_t alignment, size_t size) {
  return give(alignment, size, __builtin_return_address(0), true);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return give(alignment, size, __builtin_return_address(0), true);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *block = give(alignment, size, __builtin_return_address(0), true);
  if (block == NULL) return ENOMEM;
  *out = block;
  return 0;
}

size_t malloc_usable_size(void *block) {
  return block == NULL ? 0 : head_of(block)->size;
}
