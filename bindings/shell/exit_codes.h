// exit_codes.h - what the exit codes of `repolock` mean: one table for the code, the help and its test.
#pragma once

#include <repolock/repolock.h>

#include <span>
#include <string>

namespace repolock::shell {

// X(enumerator, code, what it means)
#define REPOLOCK_EXIT_CODES(X)                                                              \
  X(kExitDone, 0, "done")                                                                   \
  X(kExitNo, 1,                                                                             \
    "the answer is no. status: nobody holds the lock. break: that lease does not hold it "  \
    "(any more). doctor: something is wrong. plugins: one cannot be loaded")                \
  X(kExitUsage, 64,                                                                         \
    "wrong use: an option, repository, URL or setting that cannot be, or a lock that this " \
    "very command line holds already")                                                      \
  X(kExitUnavailable, 69,                                                                   \
    "the backend cannot be reached, gave no answer, or its disk failed; try again")         \
  X(kExitInternal, 70,                                                                      \
    "the backend is set up wrongly (see repolock doctor), or repolock itself failed")       \
  X(kExitNotObtained, 75,                                                                   \
    "the lock was not obtained: somebody holds it (-n), or the wait (-w) was over; "        \
    "-E chooses another code")                                                              \
  X(kExitDenied, 77, "permission denied: the directory's mode, or the server's rules")      \
  X(kExitLost, 123, "the lock was lost while the command ran, and the command was stopped") \
  X(kExitCannotExecute, 126, "the command was found, but cannot be executed")               \
  X(kExitNotFound, 127, "the command was not found")                                        \
  X(kExitSignal, 128,                                                                       \
    "and N more: the command died of signal N, or signal N ended the wait for the lock")

enum ExitCode : int {
#define REPOLOCK_ENUMERATOR(enumerator, code, meaning) enumerator = code,
  REPOLOCK_EXIT_CODES(REPOLOCK_ENUMERATOR)
#undef REPOLOCK_ENUMERATOR
};

struct ExitRow {
  int code;
  const char *meaning;
};

std::span<const ExitRow> exit_rows();

// As what the command ends when the library says status.
int exit_code_of(repolock_status_t status);

}  // namespace repolock::shell
