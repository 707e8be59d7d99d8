// process_age.h - is a process that somebody wrote down still that one?
#pragma once

#include <cstdint>

namespace repolock::port {

// In which numbering of processes this one lives: pids can be compared where it is the same.
// 0: unknown.
uint64_t pid_namespace();

// Whether no process has that pid, or only one that started at another time (process_start(); -1:
// unknown). Of a process that cannot be seen the answer is no.
bool process_is_gone(int64_t pid, int64_t start);

}  // namespace repolock::port
