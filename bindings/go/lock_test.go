package repolock

// One who holds excludes the others, and what he has in his hand tells the truth.

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAHeldRepositoryIsRefusedToOthersAndTheErrorNamesTheHolder(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client, other := open(t, url), open(t, url)
		lock := hold(t, client, repo(t), WithHolder("nightly scan"))
		_, err := other.TryLock(context.Background(), repo(t))
		var refusal *Error
		if !errors.Is(err, ErrHeld) || !errors.As(err, &refusal) || !refusal.Retryable() {
			t.Fatalf("got %v", err)
		}
		if len(refusal.Holders) != 1 || refusal.Holders[0].Text != "nightly scan" ||
			refusal.Holders[0].LeaseID != lock.ID() || refusal.Holders[0].Token != lock.Token() {
			t.Errorf("the holders are %+v", refusal.Holders)
		}
		unlock(t, lock)
		unlock(t, hold(t, other, repo(t)))
	})
}

func TestTokensGrow(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		last := uint64(0)
		for i := 0; i < 20; i++ {
			lock := hold(t, client, repo(t))
			if lock.Token() <= last {
				t.Fatalf("token %d came after %d", lock.Token(), last)
			}
			last = lock.Token()
			unlock(t, lock)
		}
	})
}

func TestSharedLocksAreHeldTogetherAndExcludeOthers(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		first := hold(t, client, repo(t), WithShared())
		second := hold(t, client, repo(t), WithShared())
		if _, err := client.TryLock(context.Background(), repo(t)); !errors.Is(err, ErrHeld) {
			t.Errorf("got %v", err)
		}
		unlock(t, first)
		unlock(t, second)
		unlock(t, hold(t, client, repo(t)))
	})
}

func TestSeveralNamesAreHeldAllOrNone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t)+"-a", WithRepos(repo(t)+"-b"))
		if len(lock.Tokens()) != 2 || lock.Tokens()[0] != lock.Token() || lock.Tokens()[1] == 0 {
			t.Errorf("the tokens are %v", lock.Tokens())
		}
		if _, err := client.TryLock(context.Background(), repo(t)+"-b"); !errors.Is(err, ErrHeld) {
			t.Errorf("got %v", err)
		}
		if _, err := client.TryLock(context.Background(), repo(t)+"-c", WithRepos(repo(t)+"-b")); !errors.Is(err, ErrHeld) {
			t.Errorf("got %v", err)
		}
		unlock(t, hold(t, client, repo(t)+"-c"))
		unlock(t, lock)
	})
}

func TestUnlockTwiceSaysTheSameTwice(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		lock := hold(t, open(t, url), repo(t))
		unlock(t, lock)
		unlock(t, lock)
		if err := lock.Extend(context.Background(), time.Second); !errors.Is(err, ErrInvalid) {
			t.Errorf("extending what was released: %v", err)
		}
		if lock.Remaining() != 0 || lock.Err() != nil || lock.Token() == 0 || lock.ID() == "" {
			t.Errorf("remaining %v, error %v, token %v, id %q", lock.Remaining(), lock.Err(), lock.Token(), lock.ID())
		}
		select {
		case <-lock.Done():
			t.Error("Done was closed by a release")
		default:
		}
	})
}

func TestExtendRenewsWhatIsNotRenewedByItself(t *testing.T) {
	client := open(t, backend(t, "redis"))
	lock := hold(t, client, repo(t), WithTTL(2*time.Second), WithoutRenewal())
	if err := lock.Extend(context.Background(), 25*time.Second); err != nil {
		t.Fatal(err)
	}
	if left := lock.Remaining(); left <= 2*time.Second {
		t.Errorf("after an extension by 25 s %v are left", left)
	}
	unlock(t, lock)
}

func TestAContextOfALockEndsWithIt(t *testing.T) {
	lock := hold(t, open(t, backend(t, "memory")), repo(t))
	ctx := lock.Context(context.Background())
	if ctx.Err() != nil {
		t.Fatal(ctx.Err())
	}
	unlock(t, lock)
	await(t, "the context", ctx.Done())
	if after := lock.Context(context.Background()); after.Err() == nil {
		t.Error("a context of a released lock is alive")
	}
}

func TestInspectAndListTellWhoHoldsAndWhoWaits(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t), WithHolder("first"))
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = client.Lock(ctx, repo(t), WithHolder("second"))
		}()
		awaitWaiter(t, client, repo(t), 1)
		now, err := client.Inspect(context.Background(), repo(t))
		if err != nil || len(now.Holders) != 1 || now.Holders[0].Text != "first" ||
			len(now.Waiters) != 1 || now.Waiters[0].Text != "second" || now.Waiters[0].Place != 1 {
			t.Errorf("%+v, %v", now, err)
		}
		if all, err := client.List(context.Background()); err != nil || len(all.Holders) == 0 {
			t.Errorf("%+v, %v", all, err)
		}
		cancel()
		await(t, "the waiter's end", ended)
		unlock(t, lock)
	})
}

func TestALockerIsAMutexThatPanics(t *testing.T) {
	client := open(t, backend(t, "memory"))
	locker := client.Locker(repo(t))
	locker.Lock()
	if _, err := client.TryLock(context.Background(), repo(t)); !errors.Is(err, ErrHeld) {
		t.Errorf("got %v", err)
	}
	locker.Unlock()
	defer func() {
		if recover() == nil {
			t.Error("unlocking what is unlocked did not panic")
		}
	}()
	locker.Unlock()
}

func TestAPanicBetweenLockAndUnlockReleases(t *testing.T) {
	client := open(t, backend(t, "file"))
	func() {
		defer func() { _ = recover() }()
		lock := hold(t, client, repo(t))
		defer lock.Unlock()
		panic("in the work")
	}()
	unlock(t, hold(t, client, repo(t), WithWait(0)))
}
