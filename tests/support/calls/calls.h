// calls.h - a test comes between this program's calls: it acts before one of them, or makes it
// fail.
//
//   watch_calls([n](const char *) mutable { return n-- == 0 ? EIO : 0; });
//
// Counted are the calls by which a lock file is found, read, changed and locked, of all threads.
// They stand before the C library's to have a place for that: link test_calls into that program
// alone.
#pragma once

#include <functional>

namespace repolock::testing {

// Before the call of that name (of fcntl: what it does, lock, unlock or look): 0, and it is made;
// an errno, and it fails with that. Its own calls are not told to it.
using BeforeCall = std::function<int(const char *name)>;

void watch_calls(BeforeCall act);
void unwatch_calls();

// This process is inside the section of a lock file: it has locked its byte 0.
bool is_in_section();

}  // namespace repolock::testing
