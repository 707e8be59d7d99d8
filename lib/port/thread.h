// thread.h - the library's own thread, out of the host program's way.
#pragma once

#include <functional>

namespace repolock::port {

// A detached thread with every signal blocked: the host's handlers never run on it, and a write to
// a closed socket is EPIPE there instead of the host's death by SIGPIPE.
// Throws std::system_error when there are no threads left.
void start_thread(std::function<void()> body);

// Whether the calling thread was started by start_thread.
bool on_library_thread();

}  // namespace repolock::port
