package repolock

// #include "shims.h"
import "C"

import (
	"context"
	"runtime"
	"time"
)

// A Holder is one who holds a repository. What a backend cannot tell is "", 0, or for a duration -1.
type Holder struct {
	Repo      string
	LeaseID   string // for Client.Break
	Text      string // as in WithHolder
	Host      string
	PID       int
	Token     uint64
	Shared    bool
	Age       time.Duration // holds since
	Remaining time.Duration // until it ends unless renewed
}

// A Waiter is one who waits for a repository.
type Waiter struct {
	Repo   string
	Text   string
	Host   string
	PID    int
	Shared bool
	Place  int           // 1 = next
	Age    time.Duration // waits since
}

// A Node is one server that was asked.
type Node struct {
	Host    string
	Err     error // one of this package's, or nil
	Message string
}

// A Snapshot is who holds and who waits, in order, at one moment, and the servers that were asked.
type Snapshot struct {
	Holders []Holder
	Waiters []Waiter
	Nodes   []Node
}

// Inspect tells who holds repo and who waits for it.
// Errors: ErrUnavailable, ErrUnsupported, ErrInvalid, ErrDenied, ErrClosed, or that of ctx.
func (c *Client) Inspect(ctx context.Context, repo string) (Snapshot, error) {
	return c.inspect(ctx, repo, func(handle *C.repolock_client_t) C.shim_op_t {
		return C.shim_inspect(handle, repo)
	})
}

// List is Inspect for all that is held or waited for.
func (c *Client) List(ctx context.Context) (Snapshot, error) {
	return c.inspect(ctx, "", func(handle *C.repolock_client_t) C.shim_op_t {
		return C.shim_list(handle)
	})
}

func (c *Client) inspect(ctx context.Context, repo string, call func(*C.repolock_client_t) C.shim_op_t) (Snapshot, error) {
	defer runtime.KeepAlive(c)
	op, err := c.core.start("inspect", repo, call)
	if err != nil {
		return Snapshot{}, err
	}
	defer op.free()
	if status := op.wait(ctx, nil); status != C.REPOLOCK_OK {
		return Snapshot{}, op.failure(ctx, status, "inspect", repo)
	}
	return op.snapshot(), nil
}

// Break takes repo from the lease that a snapshot named; its holder loses it. Be sure that its work
// has stopped. ErrLost: that lease had gone already.
func (c *Client) Break(ctx context.Context, repo, leaseID string) error {
	defer runtime.KeepAlive(c)
	id := C.CString(leaseID)
	defer freeString(id)
	op, err := c.core.start("break", repo, func(handle *C.repolock_client_t) C.shim_op_t {
		return C.shim_break(handle, repo, id)
	})
	if err != nil {
		return err
	}
	return op.finish(ctx, "break", repo)
}

// place is that of the one waiter in the snapshot of an acquisition.
func (s Snapshot) place() int {
	if len(s.Waiters) == 0 {
		return 0
	}
	return s.Waiters[0].Place
}

func readSnapshot(handle *C.repolock_snapshot_t) Snapshot {
	var s Snapshot
	for i := C.size_t(0); i < C.repolock_snapshot_size(handle); i++ {
		row := row{handle, i}
		switch row.number(C.REPOLOCK_NUMBER_ROW) {
		case C.REPOLOCK_ROW_HOLDER:
			s.Holders = append(s.Holders, row.holder())
		case C.REPOLOCK_ROW_WAITER:
			s.Waiters = append(s.Waiters, row.waiter())
		case C.REPOLOCK_ROW_NODE:
			s.Nodes = append(s.Nodes, row.node())
		}
	}
	return s
}

type row struct {
	snapshot *C.repolock_snapshot_t
	index    C.size_t
}

func (r row) text(field C.int32_t) string {
	return C.GoString(C.repolock_snapshot_text(r.snapshot, r.index, field))
}

func (r row) number(field C.int32_t) int64 {
	return int64(C.repolock_snapshot_number(r.snapshot, r.index, field))
}

// known is a number that is 0 where there is none.
func (r row) known(field C.int32_t) int64 {
	if n := r.number(field); n > 0 {
		return n
	}
	return 0
}

func (r row) holder() Holder {
	return Holder{
		Repo:      r.text(C.REPOLOCK_TEXT_REPO),
		LeaseID:   r.text(C.REPOLOCK_TEXT_LEASE_ID),
		Text:      r.text(C.REPOLOCK_TEXT_HOLDER),
		Host:      r.text(C.REPOLOCK_TEXT_HOST),
		PID:       int(r.known(C.REPOLOCK_NUMBER_PID)),
		Token:     uint64(r.known(C.REPOLOCK_NUMBER_FENCE)),
		Shared:    r.known(C.REPOLOCK_NUMBER_SHARED) == 1,
		Age:       age(r.number(C.REPOLOCK_NUMBER_AGE_MS)),
		Remaining: age(r.number(C.REPOLOCK_NUMBER_REMAINING_MS)),
	}
}

func (r row) waiter() Waiter {
	return Waiter{
		Repo:   r.text(C.REPOLOCK_TEXT_REPO),
		Text:   r.text(C.REPOLOCK_TEXT_HOLDER),
		Host:   r.text(C.REPOLOCK_TEXT_HOST),
		PID:    int(r.known(C.REPOLOCK_NUMBER_PID)),
		Shared: r.known(C.REPOLOCK_NUMBER_SHARED) == 1,
		Place:  int(r.known(C.REPOLOCK_NUMBER_PLACE)),
		Age:    age(r.number(C.REPOLOCK_NUMBER_AGE_MS)),
	}
}

func (r row) node() Node {
	return Node{
		Host:    r.text(C.REPOLOCK_TEXT_HOST),
		Err:     sentinelOf(r.text(C.REPOLOCK_TEXT_STATUS)),
		Message: r.text(C.REPOLOCK_TEXT_MESSAGE),
	}
}

// sentinelOf reads the name of a status; nil is OK, or none.
func sentinelOf(name string) error {
	if name == "" || name == "OK" {
		return nil
	}
	for status, known := range sentinels {
		if C.GoString(C.repolock_status_name(status)) == name {
			return known
		}
	}
	return ErrInternal
}

func age(ms int64) time.Duration {
	if ms < 0 {
		return -1
	}
	return duration(C.int64_t(ms))
}
