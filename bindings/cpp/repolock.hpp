// repolock.hpp - librepolock for C++17 and later: handles that clean up after themselves, durations,
// errors with words, and a mutex for std::unique_lock. Header only, over repolock.h, whose names
// (native_handle()) do what is rarer.
//
//   repolock::client client("redis://locks.example.org");
//   repolock::lease lease = client.acquire("owner/name");
//   ... clone, pull or delete; ~lease releases ...
//
// Errors. What can fail is there twice: with a std::error_code as the last argument, and throwing
// repolock::error. The codes compare with repolock::errc and, where there is one, with std::errc.
// Threads. As in repolock.h any object may be used from several threads, but not while another one
// moves, assigns or destroys it. Callbacks run on the client's own thread, must not block, and end the
// program if they throw. Lifetime. Leases may outlive their client; a mutex may not.
// fork(). What the parent made says errc::forked in the child, and frees itself there.
// Exceptions are needed: a lock() that failed and returned would be a lie. Without them: repolock.h.
#ifndef REPOLOCK_HPP
#define REPOLOCK_HPP

#include <repolock/cpp/client.hpp>
#include <repolock/cpp/code.hpp>
#include <repolock/cpp/error.hpp>
#include <repolock/cpp/inside.hpp>
#include <repolock/cpp/lease.hpp>
#include <repolock/cpp/mutex.hpp>
#include <repolock/cpp/options.hpp>
#include <repolock/cpp/request.hpp>
#include <repolock/cpp/snapshot.hpp>
#include <repolock/cpp/version.hpp>

#endif
