package repolock

// #include "shims.h"
import "C"

import "runtime"

// An Ability is something that a backend promises.
type Ability uint64

// The abilities; a client has a mask of them.
const (
	CanFIFO          Ability = C.REPOLOCK_CAN_FIFO           // waiters are served in order
	CanFence         Ability = C.REPOLOCK_CAN_FENCE          // tokens grow while no server data are lost
	CanFenceStrict   Ability = C.REPOLOCK_CAN_FENCE_STRICT   // tokens grow whatever happens
	CanExcludeStrict Ability = C.REPOLOCK_CAN_EXCLUDE_STRICT // exclusion rests on no clock
	CanShare         Ability = C.REPOLOCK_CAN_SHARE          // WithShared
	CanSeveral       Ability = C.REPOLOCK_CAN_SEVERAL        // WithRepos
	CanInspect       Ability = C.REPOLOCK_CAN_INSPECT        // Client.Inspect
	CanList          Ability = C.REPOLOCK_CAN_LIST           // Client.List
	CanBreak         Ability = C.REPOLOCK_CAN_BREAK          // Client.Break
	CanCrashRelease  Ability = C.REPOLOCK_CAN_CRASH_RELEASE  // a dead holder's lock is free in milliseconds
)

// Can tells whether the client's backend has all of these abilities. It is false once the client has
// ended.
func (c *Client) Can(abilities Ability) bool {
	var has Ability
	c.core.use(func(handle *C.repolock_client_t) {
		has = Ability(C.repolock_client_capabilities(handle))
	})
	runtime.KeepAlive(c)
	return has&abilities == abilities
}

// Stats reads the client's counters, gauges and histogram buckets, such as "locks_held" or
// "acquire_ms_le_100", each by itself.
func (c *Client) Stats() map[string]int64 {
	stats := map[string]int64{}
	c.core.use(func(handle *C.repolock_client_t) {
		var name *C.char
		var value C.int64_t
		for i := C.size_t(0); C.repolock_client_stat(handle, i, &name, &value) == C.REPOLOCK_OK; i++ {
			stats[C.GoString(name)] = int64(value)
		}
	})
	runtime.KeepAlive(c)
	return stats
}

// Heartbeat says "the program is alive": with the option heartbeat_ms, a silence longer than that
// ends all renewal, and locks are lost.
func (c *Client) Heartbeat() {
	c.core.use(func(handle *C.repolock_client_t) { C.repolock_client_heartbeat(handle) })
	runtime.KeepAlive(c)
}
