package repolock

// #include "shims.h"
import "C"

import (
	"context"
	"runtime"
)

// Lock waits in line for repo and holds it until [Lock.Unlock] or a loss. When ctx is done the wait
// ends at once, and what may have been won is released; the error is that of ctx then, with the
// holders. ctx has no part in what is held: see [Lock.Context].
//
// "owner/name", "https://github.com/Owner/Name.git" and "git@github.com:owner/name" are one lock; see
// [Canonical].
//
// Errors: ErrTimeout, ErrUnavailable, ErrClosed, ErrInvalid, ErrDenied, ErrMisconfigured,
// ErrUnsupported, ErrIO; [*Error] has the holders, the place and what each server answered.
func (c *Client) Lock(ctx context.Context, repo string, options ...LockOption) (*Lock, error) {
	return c.acquire(ctx, repo, ask(ctx, options))
}

// TryLock is Lock without the wait: ErrHeld if somebody else holds repo, or waits for it.
// ErrUnknown: the server did not answer; what may have been won is released in the background.
func (c *Client) TryLock(ctx context.Context, repo string, options ...LockOption) (*Lock, error) {
	request := ask(ctx, options)
	WithWait(0)(request)
	return c.acquire(ctx, repo, request)
}

func (c *Client) acquire(ctx context.Context, repo string, request *request) (*Lock, error) {
	defer runtime.KeepAlive(c)
	if err := ctx.Err(); err != nil {
		return nil, &Error{Op: "lock", Repo: repo, Err: err}
	}
	native, err := request.native()
	if err != nil {
		return nil, &Error{Op: "lock", Repo: repo, Err: err}
	}
	defer C.repolock_request_free(native)
	op, err := c.core.start("lock", repo, func(handle *C.repolock_client_t) C.shim_op_t {
		return C.shim_acquire(handle, repo, native)
	})
	if err != nil {
		return nil, err
	}
	defer op.free() // cancels, and releases what nobody took: also when onWait panics
	switch status := op.wait(ctx, op.notice(request.onWait)); status {
	case C.REPOLOCK_OK:
		return c.grant(op, append([]string{repo}, request.more...))
	case C.REPOLOCK_E_PENDING:
		C.repolock_op_cancel(op.op)
		C.repolock_op_wait(op.op, -1)
		fallthrough
	default:
		return nil, op.refusal(ctx, status, repo)
	}
}

func (o operation) notice(onWait func(Waiting)) func() {
	if onWait == nil {
		return nil
	}
	return func() {
		now := o.snapshot()
		onWait(Waiting{Place: now.place(), Holders: now.Holders})
	}
}

// refusal has who was in the way, whether the library gave up or the context.
func (o operation) refusal(ctx context.Context, status C.repolock_status_t, repo string) error {
	last := o.snapshot()
	err := &Error{Op: "lock", Repo: repo, Message: o.message(),
		Holders: last.Holders, Place: last.place(), Nodes: last.Nodes}
	if status == C.REPOLOCK_E_PENDING {
		err.Err = ctx.Err()
	} else {
		err.Err = sentinel(status)
	}
	return err
}
