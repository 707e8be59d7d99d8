// children.h - the children of this process: of a subreaper also those whose parents died.
#pragma once

namespace repolock::shell {

// Sends SIGKILL to each, but leaves a guardian to its work: it ends when it is done, and lets go of its
// own lock not before. True: there are some who will end. Safe between fork and exec.
bool kill_children(const char *guardian);

}  // namespace repolock::shell
