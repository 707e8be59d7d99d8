// guardian.h - a process between `repolock run` and its command. It shares the lock's descriptor, so a
// crash of `repolock run` frees the lock only when nothing of the command is left at work.
//
//   repolock run (holds the lease) -> guardian (its own process group) -> command (its own group)
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "signals.h"

namespace repolock::shell {

inline constexpr char kGuardianName[] = "repolock-guard";  // as ps shows it

// What the guardian, and the command before its exec, tell `repolock run`.
struct Report {
  enum Kind : int32_t {
    kStarted,  // value: the command's pid, which is its process group's too
    kFailed,   // it could not be executed; value: errno
    kStopped,  // value: the signal
    kEnded,    // value: as waitpid tells it
    kEmpty,    // nothing is left in the command's process group
  };
  Kind kind;
  int32_t value;
};

struct GuardianPlan {
  int socket;    // to `repolock run`: a byte = go, and leave the rest alone; its end = kill
  int terminal;  // to be given to the command at once; -1: not so
  const Signals *signals;
  char *const *arguments;  // of the command
  char *const *environment;
};

// In a child that was just forked from a program with threads: only async-signal-safe calls.
[[noreturn]] void guard(const GuardianPlan &plan);

}  // namespace repolock::shell
