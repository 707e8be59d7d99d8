// memory.h - locks in the memory of this process, for tests: yours and ours.
//
//   memory:        a store of one client's own
//   memory:NAME    one store for all clients of this process that open the same NAME (1 to 64
//                  letters, digits, '.', '_' and '-'); it lasts as long as the process, so that its
//                  fences never go back. After a fork the child has stores of its own, all empty.
//
// It is the reference of what a backend does: FIFO with direct hand-off, exclusive and shared
// leases, a fence that grows whatever happens, ttl, break, inspect. Test your code with it instead
// of mocking the lock, and let it go wrong on demand:
//
// The option memory.fault is a list of faults with commas between them and no spaces. They are
// applied to the store, one after another, when a client with that option opens it. So one client
// makes the store, and a second one, opened on the same memory:NAME in the middle of a test, brings
// the fault into the first one's life.
//
//   drop=VERB[*N]          The next N requests get lost on their way: no effect, no answer.
//   lose-reply=VERB[*N]    The next N requests take effect, but their answers get lost: an acquire
//                          may hold then without anybody knowing, until its ttl.
//   delay=VERB:MS[*N]      The next N requests arrive MS milliseconds late, and later ones for the
//                          same lease not before them.
//   unavailable=VERB[*N]   The next N requests are answered with E_UNAVAILABLE and have no effect.
//   expire                 All leases run out now. Who waits is granted; the holders learn of it at
//                          their next renewal, as after a pause that was too long.
//   lose                   All leases are forgotten, as when a server lost its data. Who waits is
//                          granted, in the old order; fences go on growing.
//   break                  All leases are broken now, and their holders are told so at once.
//   clear                  No request from now on meets a fault that was set before.
//
//   VERB: acquire extend release inspect break, or any (these and diagnose)
//   *N: how many requests, 1 if left out; * alone: all of them until clear
//
// Of several faults that fit a request the one that was set first meets it. A caller sees a lost
// acquire as a longer wait: the library asks again after its node timeout, for a new lease; with
// wait 0 it is E_UNKNOWN. Example:
//
//   repolock_config_set(config, "backend", "memory:test", ...);
//   repolock_config_set(config, "memory.fault", "delay=acquire:200*,drop=extend*2,expire", ...);
#pragma once

#include <repolock/plugin.h>

namespace repolock::backend::memory {

// A repolock_plugin_init_fn.
const repolock_backend_api_t *init(const repolock_host_api_t *host, uint32_t wanted_abi);

}  // namespace repolock::backend::memory
