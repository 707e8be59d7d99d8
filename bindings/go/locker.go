package repolock

import (
	"context"
	"sync"
)

// Locker is repo as a [sync.Locker], for code that knows nothing of errors: Lock waits without end,
// and both methods panic with the error where they cannot do what a mutex promises, Unlock also when
// the lock was lost meanwhile. Prefer [Client.Lock].
func (c *Client) Locker(repo string, options ...LockOption) sync.Locker {
	options = append([]LockOption{WithWait(Forever)}, options...)
	return &locker{client: c, repo: repo, options: options}
}

type locker struct {
	client  *Client
	repo    string
	options []LockOption

	mu   sync.Mutex
	held []*Lock // more than one if they are shared
}

func (l *locker) Lock() {
	lock, err := l.client.Lock(context.Background(), l.repo, l.options...)
	if err != nil {
		panic(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = append(l.held, lock)
}

func (l *locker) Unlock() {
	if err := l.pop().Unlock(); err != nil {
		panic(err)
	}
}

func (l *locker) pop() *Lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) == 0 {
		panic("repolock: unlock of unlocked " + l.repo)
	}
	last := len(l.held) - 1
	lock := l.held[last]
	l.held = l.held[:last]
	return lock
}
