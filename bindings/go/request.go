package repolock

// #include "shims.h"
import "C"

import (
	"context"
	"time"
)

// A LockOption says how to acquire one lock.
type LockOption func(*request)

type request struct {
	ttl, wait, maxHold *time.Duration
	shared, unrenewed  bool
	holder             string
	more               []string
	onWait             func(Waiting)
}

// Waiting is the state of a wait: what [WithOnWait] hears.
type Waiting struct {
	Place   int      // 1 = next
	Holders []Holder // those it waits for
}

// WithTTL sets how long a crash of this holder blocks others; 30 s without it. The library renews
// by itself, at a third of it. Durations are rounded up to whole milliseconds.
func WithTTL(ttl time.Duration) LockOption { return func(r *request) { r.ttl = &ttl } }

// WithWait limits the wait: 0 does not wait, [Forever] has no end. Without it the client's wait_ms
// does, which is 60 s unless configured; but if the context has a deadline, that alone does.
func WithWait(wait time.Duration) LockOption { return func(r *request) { r.wait = &wait } }

// WithMaxHold ends all renewal so long after the grant: a holder that hangs loses the lock.
func WithMaxHold(most time.Duration) LockOption { return func(r *request) { r.maxHold = &most } }

// WithShared holds together with other shared locks of the same name.
func WithShared() LockOption { return func(r *request) { r.shared = true } }

// WithHolder names the job; those who wait are told.
func WithHolder(text string) LockOption { return func(r *request) { r.holder = text } }

// WithRepos adds names to the one of the call: all of them are held, or none.
func WithRepos(repos ...string) LockOption {
	return func(r *request) { r.more = append(r.more, repos...) }
}

// WithOnWait calls back when the acquisition has to wait, and when its place or the holder changes.
// It runs on the goroutine that called Lock, which does not return meanwhile.
func WithOnWait(callback func(Waiting)) LockOption { return func(r *request) { r.onWait = callback } }

// WithoutRenewal leaves the renewal to [Lock.Extend].
func WithoutRenewal() LockOption { return func(r *request) { r.unrenewed = true } }

func ask(ctx context.Context, options []LockOption) *request {
	r := &request{}
	for _, option := range options {
		option(r)
	}
	if _, ends := ctx.Deadline(); ends && r.wait == nil {
		forever := Forever
		r.wait = &forever
	}
	return r
}

// native is the library's form, to be freed; NULL, all defaults, if nothing was said.
func (r *request) native() (*C.repolock_request_t, error) {
	if r.isPlain() {
		return nil, nil
	}
	native := C.repolock_request_new()
	if native == nil {
		return nil, ErrNoMemory
	}
	if r.ttl != nil {
		C.repolock_request_set_ttl(native, milliseconds(*r.ttl))
	}
	if r.wait != nil {
		C.repolock_request_set_wait(native, milliseconds(*r.wait))
	}
	if r.maxHold != nil {
		C.repolock_request_set_max_hold(native, milliseconds(*r.maxHold))
	}
	if r.shared {
		C.repolock_request_set_shared(native, 1)
	}
	if r.unrenewed {
		C.repolock_request_set_renew(native, 0)
	}
	if r.holder != "" {
		C.shim_set_holder(native, r.holder)
	}
	for _, repo := range r.more {
		C.shim_add_repo(native, repo)
	}
	return native, nil
}

func (r *request) isPlain() bool {
	return r.ttl == nil && r.wait == nil && r.maxHold == nil && !r.shared && !r.unrenewed &&
		r.holder == "" && len(r.more) == 0
}
