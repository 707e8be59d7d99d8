/* row.h - a row of the fault table: one fault, injected again and again, and a count of what must
 * not come of it.
 *
 *   struct row row = begin_row("SIGKILL of the holder", 1000);
 *   while (again(&row)) {
 *     ...
 *     MUST(&row, fence > before);
 *   }
 *   assert_true(end_row(&row, "takeover %.1f ms", median));
 *
 * `make fault-table` multiplies the runs by REPOLOCK_FAULT_TIMES; REPOLOCK_FAULT_SEED is the seed
 * of what is random. A script prints the same line: "row: FAULT | RUNS | VIOLATIONS | FIGURES".
 */
#ifndef REPOLOCK_TESTS_ROW_H
#define REPOLOCK_TESTS_ROW_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* For C and C++. NOLINTBEGIN(cert-dcl50-cpp,modernize-*,readability-identifier-naming) */

struct row {
  const char *fault;
  uint64_t planned, runs, violations;
};

static inline uint32_t fault_seed(void) {
  const char *text = getenv("REPOLOCK_FAULT_SEED");
  return text == NULL ? 1 : (uint32_t)strtoul(text, NULL, 10);
}

static inline struct row begin_row(const char *fault, uint64_t runs) {
  const char *times = getenv("REPOLOCK_FAULT_TIMES");
  struct row row = {fault, times == NULL ? runs : runs * strtoul(times, NULL, 10), 0, 0};
  return row;
}

/* Whether there is one more run, which it counts. */
static inline bool again(struct row *row) {
  if (row->runs >= row->planned) return false;
  ++row->runs;
  return true;
}

static inline bool must(struct row *row, bool holds, const char *what, const char *file, int line) {
  if (holds) return true;
  ++row->violations;
  fprintf(stderr, "%s:%d: %s, run %llu, seed %lu: not so: %s\n", file, line, row->fault,
          (unsigned long long)row->runs, (unsigned long)fault_seed(), what);
  return false;
}

#define MUST(row, condition) must((row), (condition), #condition, __FILE__, __LINE__)

/* Prints the row, with figures in words. Whether all was as it must be. */
__attribute__((format(printf, 2, 3))) static inline bool end_row(const struct row *row,
                                                                 const char *figures, ...) {
  char text[256];
  va_list list;
  va_start(list, figures);
  vsnprintf(text, sizeof text, figures, list);
  va_end(list);
  printf("row: %s | %llu | %llu | %s\n", row->fault, (unsigned long long)row->runs,
         (unsigned long long)row->violations, text);
  fflush(stdout);
  return row->runs > 0 && row->violations == 0;
}

/* NOLINTEND(cert-dcl50-cpp,modernize-*,readability-identifier-naming) */
#endif
