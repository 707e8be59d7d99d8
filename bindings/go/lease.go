package repolock

// #include "shims.h"
import "C"

import (
	"context"
	"errors"
	"os"
	"sync"
)

// lease is what a Lock and the dispatcher share. It must not reach the Lock: the dispatcher reaches
// it, and a Lock that nobody else reaches is to be collected.
type lease struct {
	core  *core
	repos []string
	tag   C.uintptr_t
	lost  chan struct{}

	using  sync.RWMutex // held by whoever uses the handle, so that it is not freed meanwhile
	handle *C.repolock_lease_t

	ending sync.Mutex
	err    error         // the loss
	over   bool          // lost, released or collected
	onEnd  []func(error) // called once it is, with the loss or context.Canceled
}

func newLease(core *core, repos []string) *lease {
	l := &lease{core: core, repos: repos, lost: make(chan struct{})}
	l.tag = core.events.listen(l.hear)
	return l
}

func (l *lease) own(handle *C.repolock_lease_t) {
	l.using.Lock()
	defer l.using.Unlock()
	l.handle = handle
}

// use calls with the handle, unless the lock was released.
func (l *lease) use(call func(handle *C.repolock_lease_t)) bool {
	l.using.RLock()
	defer l.using.RUnlock()
	if l.handle == nil {
		return false
	}
	call(l.handle)
	return true
}

func (l *lease) free() {
	l.core.events.forget(l.tag)
	l.using.Lock()
	defer l.using.Unlock()
	C.repolock_lease_free(l.handle)
	l.handle = nil
}

// hear is told of the loss, or by nil that the client has ended: nobody renews any more then.
func (l *lease) hear(event *C.repolock_event_t, _ C.int32_t) {
	if event == nil {
		err := l.status()
		if err == nil {
			err = &Error{Op: "hold", Repo: l.repos[0], Err: ErrClosed, Reason: "shutdown",
				Message: "the client was closed; the lease ends by its ttl"}
		}
		l.end(err)
		return
	}
	l.end(&Error{Op: "hold", Repo: l.repos[0], Err: sentinel(C.repolock_event_status(event)),
		Message: C.GoString(C.repolock_event_message(event)), Reason: field(event, "reason")})
}

// status asks the library, which looks at the clock: after a pause it knows before the news come.
func (l *lease) status() error {
	l.ending.Lock()
	known := l.err
	l.ending.Unlock()
	if known != nil {
		return known
	}
	var err error
	l.use(func(handle *C.repolock_lease_t) {
		status := C.repolock_lease_status(handle)
		if status == C.REPOLOCK_E_LOST || status == C.REPOLOCK_E_SHUTDOWN {
			err = &Error{Op: "hold", Repo: l.repos[0], Err: sentinel(status),
				Message: C.GoString(C.repolock_lease_message(handle))}
		}
	})
	return err
}

// end is a loss, or with nil a release. The first one counts: false if this is another.
func (l *lease) end(loss error) bool {
	l.ending.Lock()
	if l.over {
		l.ending.Unlock()
		return false
	}
	l.over, l.err = true, loss
	onEnd := l.onEnd
	l.onEnd = nil
	l.ending.Unlock()
	cause := loss
	if loss == nil {
		cause = context.Canceled
	} else {
		close(l.lost)
	}
	for _, call := range onEnd {
		call(cause)
	}
	return true
}

func (l *lease) atEnd(call func(error)) {
	l.ending.Lock()
	if !l.over {
		l.onEnd = append(l.onEnd, call)
		l.ending.Unlock()
		return
	}
	cause := l.err
	l.ending.Unlock()
	if cause == nil {
		cause = context.Canceled
	}
	call(cause)
}

func (l *lease) release() error {
	var started C.shim_op_t
	l.use(func(handle *C.repolock_lease_t) { started = C.shim_release(handle) })
	var err error
	if started.status == C.REPOLOCK_OK {
		err = operation{l.core, started.op}.finish(context.Background(), "unlock", l.repos[0])
	} else {
		err = &Error{Op: "unlock", Repo: l.repos[0], Err: sentinel(started.status)}
	}
	l.free()
	l.end(nil)
	l.addReason(err)
	return err
}

// addReason gives the error of a release what the news of the loss had told.
func (l *lease) addReason(err error) {
	l.ending.Lock()
	defer l.ending.Unlock()
	var released, lost *Error
	if errors.As(err, &released) && errors.As(l.err, &lost) {
		released.Reason = lost.Reason
	}
}

// collected is the end of a lock that nobody can release any more: its work may still go on, so it is
// left to its ttl.
func (l *lease) collected(id string) {
	l.free()
	loss := &Error{Op: "hold", Repo: l.repos[0], Err: ErrLost, Reason: "garbage_collected",
		Message: "lease " + id + " was garbage-collected without Unlock; it is not renewed any more, and ends by its ttl"}
	if l.end(loss) {
		go l.core.log(LogRecord{Level: LogWarn, Message: loss.Error(), Fields: []LogField{
			{"event", "garbage_collected"}, {"repo", l.repos[0]}, {"lease_id", id}}})
	}
}

func (l *lease) inherit(index int) (*os.File, error) {
	fd := C.int32_t(-1)
	l.use(func(handle *C.repolock_lease_t) {
		fd = C.repolock_lease_inherit_fd_at(handle, C.size_t(index))
	})
	if fd < 0 {
		return nil, &Error{Op: "inherit", Repo: l.repos[index], Err: ErrUnsupported,
			Message: "only a lock that is held, and in files, has a descriptor to hand to a child"}
	}
	return os.NewFile(uintptr(fd), "repolock "+l.repos[index]), nil
}

func field(event *C.repolock_event_t, wanted string) string {
	for _, each := range fields(event) {
		if each.Key == wanted {
			return each.Value
		}
	}
	return ""
}
