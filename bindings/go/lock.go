package repolock

// #include "shims.h"
import "C"

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// A Lock is one acquisition, from its grant to its release or loss.
type Lock struct {
	client   *Client // whose garbage collection would close it
	lease    *lease
	id       string
	tokens   []uint64
	previous Previous

	unlock    sync.Once
	unlockErr error
}

// Previous is how the holder before this one ended.
type Previous int

// Crashed, Expired and Broken say: an index.lock that is left in the clone is stale.
const (
	None     Previous = C.REPOLOCK_PREVIOUS_NONE // nobody held it, or nobody knows
	Released Previous = C.REPOLOCK_PREVIOUS_RELEASED
	Crashed  Previous = C.REPOLOCK_PREVIOUS_CRASHED
	Expired  Previous = C.REPOLOCK_PREVIOUS_EXPIRED
	Broken   Previous = C.REPOLOCK_PREVIOUS_BROKEN
)

// String is "none", "released", "crashed", "expired" or "broken".
func (p Previous) String() string {
	if p < None || p > Broken {
		return fmt.Sprintf("Previous(%d)", int(p))
	}
	return [...]string{"none", "released", "crashed", "expired", "broken"}[p]
}

func (c *Client) grant(op operation, repos []string) (*Lock, error) {
	held := newLease(op.core, repos)
	taken := C.shim_take(op.op, held.tag)
	if taken.status != C.REPOLOCK_OK {
		held.end(nil)
		return nil, &Error{Op: "lock", Repo: repos[0], Err: sentinel(taken.status)}
	}
	held.own(taken.lease)
	lock := &Lock{
		client:   c,
		lease:    held,
		id:       C.GoString(C.repolock_lease_id(taken.lease)),
		tokens:   []uint64{uint64(taken.fence)},
		previous: Previous(taken.previous),
	}
	for i := 1; i < len(repos); i++ {
		lock.tokens = append(lock.tokens, uint64(C.repolock_lease_fence_at(taken.lease, C.size_t(i))))
	}
	runtime.SetFinalizer(lock, func(l *Lock) { l.lease.collected(l.id) })
	return lock, nil
}

// Unlock releases. It takes no context on purpose: a release that is given up leaves the others to
// wait for the ttl. It returns within 2 s. A second call returns what the first did.
//
// Errors: ErrLost, it had gone before, and others may have been at work meanwhile; ErrUnknown, no
// answer: it ends by its ttl, if not at once; ErrClosed.
func (l *Lock) Unlock() error {
	l.unlock.Do(func() {
		runtime.SetFinalizer(l, nil)
		l.unlockErr = l.lease.release()
	})
	return l.unlockErr
}

// Extend renews now, with ttl from here on.
// Errors: ErrLost, ErrUnknown, ErrUnavailable, ErrInvalid, ErrClosed, or that of ctx.
func (l *Lock) Extend(ctx context.Context, ttl time.Duration) error {
	defer runtime.KeepAlive(l)
	var started C.shim_op_t
	if !l.lease.use(func(handle *C.repolock_lease_t) {
		started = C.shim_extend(handle, milliseconds(ttl))
	}) {
		return &Error{Op: "extend", Repo: l.lease.repos[0], Err: ErrInvalid, Message: "it was released"}
	}
	if started.status != C.REPOLOCK_OK {
		return &Error{Op: "extend", Repo: l.lease.repos[0], Err: sentinel(started.status)}
	}
	return operation{l.lease.core, started.op}.finish(ctx, "extend", l.lease.repos[0])
}

// Done is closed when the lock is lost, and only then: not by Unlock. Where it runs out the news come
// early, with Remaining left to stop the work.
func (l *Lock) Done() <-chan struct{} { return l.lease.lost }

// Err is nil while the lock is held and after Unlock, and why it was lost once it is: an [*Error]
// with its Reason around ErrLost or ErrClosed.
func (l *Lock) Err() error {
	defer runtime.KeepAlive(l)
	return l.lease.status()
}

// Context is a child of parent that is canceled when the lock is lost or released. Since Go 1.20
// [context.Cause] of it is the loss.
func (l *Lock) Context(parent context.Context) context.Context {
	ctx, cancel := withCause(parent)
	l.lease.atEnd(cancel)
	return ctx
}

// Remaining is how long nobody else can have it, even if no renewal comes: 0 when it is gone, the
// largest duration where it has no end (file:).
func (l *Lock) Remaining() time.Duration {
	defer runtime.KeepAlive(l)
	var left time.Duration
	l.lease.use(func(handle *C.repolock_lease_t) {
		left = duration(C.repolock_lease_remaining_ms(handle))
	})
	return left
}

// Token is the fence: it is larger than that of every exclusive lock of the name before, below 2^53.
// A shared lock has the token of the last exclusive one. Of several names it is that of the first.
func (l *Lock) Token() uint64 { return l.tokens[0] }

// Tokens are those of each name, in the order of the call.
func (l *Lock) Tokens() []uint64 { return append([]uint64(nil), l.tokens...) }

// ID names this acquisition, for logs and [Client.Break].
func (l *Lock) ID() string { return l.id }

// Previous is how the holder before ended: is an index.lock in the clone stale?
func (l *Lock) Previous() Previous { return l.previous }

// InheritFile is [Lock.InheritFiles] for a lock of one name.
func (l *Lock) InheritFile() (*os.File, error) {
	defer runtime.KeepAlive(l)
	return l.lease.inherit(0)
}

// InheritFiles are for [os/exec.Cmd.ExtraFiles] of the child that does the work, one for each name:
// if this process dies without a release, the lock lasts until that child is gone too. A release ends
// it whoever has copies. Close them once the child has started. Only locks in files have them; for
// others it is ErrUnsupported.
func (l *Lock) InheritFiles() ([]*os.File, error) {
	defer runtime.KeepAlive(l)
	var files []*os.File
	for i := range l.tokens {
		file, err := l.lease.inherit(i)
		if err != nil {
			for _, each := range files {
				each.Close()
			}
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}
