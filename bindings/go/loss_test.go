package repolock

// Whoever loses a lock hears of it, by channel, context and error; whoever does not keeps it, whatever
// the Go runtime is busy with.

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

func TestALockThatIsBrokenIsLost(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client, other := open(t, url), open(t, url)
		lock := hold(t, client, repo(t))
		ctx := lock.Context(context.Background())
		now, err := other.Inspect(context.Background(), repo(t))
		if err != nil || len(now.Holders) != 1 {
			t.Fatalf("%+v, %v", now, err)
		}
		if err := other.Break(context.Background(), repo(t), now.Holders[0].LeaseID); err != nil {
			t.Fatal(err)
		}
		await(t, "the loss", lock.Done())
		await(t, "the context's end", ctx.Done())
		var loss *Error
		if !errors.As(lock.Err(), &loss) || !errors.Is(lock.Err(), ErrLost) || loss.Reason != "broken" {
			t.Errorf("got %v", lock.Err())
		}
		if err := lock.Unlock(); !errors.Is(err, ErrLost) {
			t.Errorf("the release said %v", err)
		}
		next := hold(t, other, repo(t))
		if next.Previous() != Broken {
			t.Errorf("the one before was %v", next.Previous())
		}
		unlock(t, next)
		if err := other.Break(context.Background(), repo(t), lock.ID()); !errors.Is(err, ErrLost) {
			t.Errorf("breaking what has gone said %v", err)
		}
	})
}

func TestTheLongestHoldEndsALock(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t), WithTTL(300*time.Millisecond), WithMaxHold(300*time.Millisecond))
		await(t, "the loss", lock.Done())
		var loss *Error
		if !errors.As(lock.Err(), &loss) || loss.Reason != "max_hold" {
			t.Errorf("got %v", lock.Err())
		}
		if err := lock.Unlock(); !errors.Is(err, ErrLost) {
			t.Errorf("the release said %v", err)
		}
	})
}

func TestALockerPanicsWhereItsLockWasLost(t *testing.T) {
	client := open(t, backend(t, "memory"))
	locker := client.Locker(repo(t), WithTTL(100*time.Millisecond), WithMaxHold(100*time.Millisecond))
	locker.Lock()
	await(t, "the loss", locker.(interface{ lost() <-chan struct{} }).lost())
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, ErrLost) {
			t.Errorf("it panicked with %v", err)
		}
	}()
	locker.Unlock()
}

func (l *locker) lost() <-chan struct{} { return l.held[0].Done() }

func TestALockOutlivesARuntimeThatIsBusyForManyTTLs(t *testing.T) {
	client := open(t, backend(t, "redis"))
	lock := hold(t, client, repo(t), WithTTL(time.Second))
	before := runtime.GOMAXPROCS(1)
	for until := time.Now().Add(3 * time.Second); time.Now().Before(until); {
		runtime.GC() // stops the world, over and over
	}
	runtime.GOMAXPROCS(before)
	if err := lock.Err(); err != nil {
		t.Error(err)
	}
	unlock(t, lock)
}
