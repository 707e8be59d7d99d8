/* child.h - what a forked child finds, for its parent to judge.
 *
 * The child must not use cmocka: it checks with CHILD_CHECK, which says where and ends it.
 */
#ifndef REPOLOCK_TESTS_CHILD_H
#define REPOLOCK_TESTS_CHILD_H

#include "api.h"

#include <signal.h>
#include <sys/wait.h>

#define CHILD_CHECK(condition)                                                  \
  do {                                                                          \
    if (condition) break;                                                       \
    fprintf(stderr, "%s:%d: in a child: %s\n", __FILE__, __LINE__, #condition); \
    _exit(1);                                                                   \
  } while (0)

typedef void (*child_body)(void *data);

/* A child that does more than wait is best started before the parent has a client: the allocators of
 * the sanitizers know nothing of fork(), and one that another thread had locked stays so. */
static inline pid_t start_child(child_body body, void *data) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child > 0) return child;
  alarm(HANG_SECONDS / 2); /* not inherited; the parent must see that it hung */
  body(data);
  _exit(0);
}

static inline void assert_child_is_well(pid_t child) {
  int ended = 0;
  assert_int_equal(waitpid(child, &ended, 0), child);
  if (WIFSIGNALED(ended)) print_error("the child was ended by signal %d\n", WTERMSIG(ended));
  assert_true(WIFEXITED(ended));
  assert_int_equal(WEXITSTATUS(ended), 0);
}

static inline void in_child(child_body body, void *data) {
  assert_child_is_well(start_child(body, data));
}

/* Ends a child of a body that never ends. */
static inline void kill_child(pid_t child) {
  int ended = 0;
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, &ended, 0), child);
}

/* One process tells another that it has come so far. */
struct gate {
  int ends[2];
};

static inline struct gate new_gate(void) {
  struct gate gate;
  assert_int_equal(pipe(gate.ends), 0);
  return gate;
}

static inline void open_gate(const struct gate *gate) {
  while (write(gate->ends[1], "!", 1) != 1) continue;
}

static inline void await_gate(const struct gate *gate) {
  char byte;
  while (read(gate->ends[0], &byte, 1) != 1) continue;
}

static inline void free_gate(const struct gate *gate) {
  close(gate->ends[0]);
  close(gate->ends[1]);
}

#endif
