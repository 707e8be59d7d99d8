package repolock

// #include "shims.h"
import "C"

import (
	"context"
	"runtime"
)

// An operation under way: the library's op. One goroutine owns it.
type operation struct {
	core *core
	op   *C.repolock_op_t
}

// How long a goroutine blocks its thread before it leaves the waiting to the dispatcher, and how
// many may at once. What needs no other process is done by then, and two hops between threads are
// saved.
const directMs = 1

var direct = make(chan struct{}, runtime.GOMAXPROCS(0))

// wait returns when the op is complete, or with E_PENDING when ctx is done. While it waits, each
// change of place or holder is told to onWait, if there is one, on this goroutine.
func (o operation) wait(ctx context.Context, onWait func()) C.repolock_status_t {
	if onWait == nil {
		if status := o.waitDirectly(); status != C.REPOLOCK_E_PENDING {
			return status
		}
	}
	done := make(chan struct{})
	waiting := make(chan struct{}, 1)
	tag := o.core.events.listen(func(event *C.repolock_event_t, kind C.int32_t) {
		switch {
		case event == nil: // the client has ended: see below
		case kind == C.REPOLOCK_EVENT_DONE:
			close(done)
		case kind == C.REPOLOCK_EVENT_WAITING:
			select {
			case waiting <- struct{}{}:
			default: // told already; who hears of it reads the newest state
			}
		}
	})
	defer o.core.events.forget(tag)
	if onWait != nil {
		C.shim_on_wait(o.op, tag)
	}
	if C.shim_on_done(o.op, tag) != C.REPOLOCK_OK {
		return C.repolock_op_wait(o.op, -1)
	}
	for {
		select {
		case <-done:
			return C.repolock_op_status(o.op)
		case <-o.core.events.ended:
			return C.repolock_op_wait(o.op, -1)
		case <-ctx.Done():
			return C.REPOLOCK_E_PENDING
		case <-waiting:
			onWait()
		}
	}
}

func (o operation) waitDirectly() C.repolock_status_t {
	select {
	case direct <- struct{}{}:
		defer func() { <-direct }()
		return C.repolock_op_wait(o.op, directMs)
	default:
		return C.repolock_op_status(o.op)
	}
}

func (o operation) free() { C.repolock_op_free(o.op) }

func (o operation) message() string { return C.GoString(C.repolock_op_message(o.op)) }

// snapshot is empty where the op has none.
func (o operation) snapshot() Snapshot {
	handle := C.shim_snapshot(o.op)
	defer C.repolock_snapshot_free(handle)
	return readSnapshot(handle)
}

// finish waits for an op that is no acquisition, and frees it. When ctx is done first, the op goes
// on by itself.
func (o operation) finish(ctx context.Context, what, repo string) error {
	defer o.free()
	status := o.wait(ctx, nil)
	if status == C.REPOLOCK_OK {
		return nil
	}
	return o.failure(ctx, status, what, repo)
}

func (o operation) failure(ctx context.Context, status C.repolock_status_t, what, repo string) error {
	if status == C.REPOLOCK_E_PENDING {
		return &Error{Op: what, Repo: repo, Err: ctx.Err()}
	}
	return &Error{Op: what, Repo: repo, Err: sentinel(status), Message: o.message()}
}
