package repolock

// #include "shims.h"
import "C"

import (
	"context"
	"errors"
	"strings"
)

// What went wrong, for [errors.Is]. Whatever this package returns is an [*Error] around one of
// these, or around the error of a context.
var (
	ErrHeld          = errors.New("held by somebody else")                      // TryLock; retryable
	ErrTimeout       = errors.New("not obtained in time")                       // the wait or the context's deadline; retryable
	ErrLost          = errors.New("the lock was held, and is not any more")     // expired, broken, data lost
	ErrUnknown       = errors.New("no answer")                                  // it may or may not hold; cleaned up in the background
	ErrUnavailable   = errors.New("too few nodes answered")                     // retryable
	ErrClosed        = errors.New("the client is closed")                       // or was, while this waited or held
	ErrInvalid       = errors.New("invalid argument")                           // a name, key or value; nothing was sent
	ErrDenied        = errors.New("permission denied")                          // authentication, ACL, file mode
	ErrMisconfigured = errors.New("the backend is set up wrongly")              // see repolock doctor
	ErrUnsupported   = errors.New("this backend cannot do that")                // see Client.Can
	ErrIO            = errors.New("input/output error of the lock's directory") // file: only
	ErrPlugin        = errors.New("the plugin cannot be used")
	ErrNoMemory      = errors.New("out of memory")
	ErrLibrary       = errors.New("another librepolock than this program needs")
	ErrInternal      = errors.New("a fault of librepolock's own") // please report it
)

// The one table from the library's statuses to errors. Those missing cannot come to Go.
var sentinels = map[C.repolock_status_t]error{
	C.REPOLOCK_E_INVALID:       ErrInvalid,
	C.REPOLOCK_E_NOMEM:         ErrNoMemory,
	C.REPOLOCK_E_TIMEOUT:       ErrTimeout,
	C.REPOLOCK_E_HELD:          ErrHeld,
	C.REPOLOCK_E_LOST:          ErrLost,
	C.REPOLOCK_E_UNKNOWN:       ErrUnknown,
	C.REPOLOCK_E_UNAVAILABLE:   ErrUnavailable,
	C.REPOLOCK_E_CANCELED:      context.Canceled,
	C.REPOLOCK_E_SHUTDOWN:      ErrClosed,
	C.REPOLOCK_E_DENIED:        ErrDenied,
	C.REPOLOCK_E_MISCONFIGURED: ErrMisconfigured,
	C.REPOLOCK_E_UNSUPPORTED:   ErrUnsupported,
	C.REPOLOCK_E_PLUGIN:        ErrPlugin,
	C.REPOLOCK_E_IO:            ErrIO,
}

func sentinel(status C.repolock_status_t) error {
	if known, ok := sentinels[status]; ok {
		return known
	}
	return ErrInternal
}

// Error is every error of this package, for [errors.As].
type Error struct {
	Op      string   // "open", "lock", "unlock", "extend", "hold", "inspect", "break", "shutdown"...
	Repo    string   // as it was asked for; "" where there is none
	Err     error    // one of this package's, or the context's
	Message string   // one sentence: the value or the holder, and the remedy
	Reason  string   // of a loss: expired, max_hold, stalled, broken, stolen, data_lost, shutdown, garbage_collected
	Holders []Holder // of an acquisition that failed: who had it
	Place   int      // and where this one stood in the queue, 1 = next; 0: nowhere
	Nodes   []Node   // and what each server answered
}

// Error is "repolock: lock owner/name: held by ...".
func (e *Error) Error() string {
	parts := []string{"repolock: " + e.Op}
	if e.Repo != "" {
		parts[0] += " " + e.Repo
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	if e.Message == "" || isContextual(e.Err) {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// Is makes a deadline that ended a wait an ErrTimeout too: to whoever waits they are the same.
func (e *Error) Is(target error) bool { return target == ErrTimeout && e.Timeout() }

// Timeout tells, as in [net.Error], whether time ran out.
func (e *Error) Timeout() bool {
	return e.Err == ErrTimeout || e.Err == context.DeadlineExceeded
}

// Retryable tells whether the same call may succeed later.
func (e *Error) Retryable() bool {
	for status, known := range sentinels {
		if known == e.Err {
			return C.repolock_status_is_retryable(status) == 1
		}
	}
	return e.Timeout()
}

func isContextual(err error) bool {
	return err == context.Canceled || err == context.DeadlineExceeded
}
