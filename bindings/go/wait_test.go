package repolock

// A wait ends in time, by its context at once, in order, and leaves nothing behind.

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func TestCancelingTheContextEndsTheWaitAndLeavesTheQueue(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t))
		ctx, cancel := context.WithCancel(context.Background())
		result := make(chan error)
		go func() {
			_, err := client.Lock(ctx, repo(t), WithWait(Forever))
			result <- err
		}()
		awaitWaiter(t, client, repo(t), 1)
		cancel()
		err := <-result
		var canceled *Error
		if !errors.Is(err, ctx.Err()) || errors.Is(err, ErrTimeout) || !errors.As(err, &canceled) {
			t.Fatalf("got %v", err)
		}
		unlock(t, lock)
		unlock(t, hold(t, client, repo(t)))
	})
}

func TestADeadlineOfTheContextIsATimeoutThatNamesTheHolder(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t), WithHolder("slow"))
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_, err := client.Lock(ctx, repo(t))
		var timeout *Error
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrTimeout) ||
			!errors.As(err, &timeout) || !timeout.Timeout() || !timeout.Retryable() {
			t.Fatalf("got %v", err)
		}
		if len(timeout.Holders) != 1 || timeout.Holders[0].Text != "slow" {
			t.Errorf("the holders are %+v", timeout.Holders)
		}
		unlock(t, lock)
	})
}

func TestAWaitThatIsOverNamesTheHolderAndThePlace(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t), WithHolder("slow"))
		_, err := client.Lock(context.Background(), repo(t), WithWait(50*time.Millisecond))
		var timeout *Error
		if !errors.Is(err, ErrTimeout) || !errors.As(err, &timeout) {
			t.Fatalf("got %v", err)
		}
		if len(timeout.Holders) != 1 || timeout.Holders[0].Text != "slow" || timeout.Place != 1 {
			t.Errorf("holders %+v, place %d", timeout.Holders, timeout.Place)
		}
		unlock(t, lock)
	})
}

func TestAContextThatIsOverAcquiresNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	client := open(t, backend(t, "memory"))
	if _, err := client.Lock(ctx, repo(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	unlock(t, hold(t, client, repo(t), WithWait(0)))
}

func TestCancelingAtTheMomentOfTheGrantLosesNoLock(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		for i := 0; i < 200; i++ {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			if lock, err := client.Lock(ctx, repo(t)); err == nil {
				unlock(t, lock)
			} else if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		unlock(t, hold(t, client, repo(t)))
	})
}

func TestWaitersAreToldTheirPlaceAndServedInOrder(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t), WithHolder("first"))
		var mu sync.Mutex
		var served []int
		var waiting sync.WaitGroup
		for i := 1; i <= 3; i++ {
			place, told := i, make(chan struct{})
			var once sync.Once
			waiting.Add(1)
			go func() {
				defer waiting.Done()
				turn, err := client.Lock(context.Background(), repo(t), WithOnWait(func(now Waiting) {
					if now.Place == place && len(now.Holders) == 1 {
						once.Do(func() { close(told) })
					}
				}))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				served = append(served, place)
				mu.Unlock()
				unlock(t, turn)
			}()
			await(t, "the news of its place", told)
		}
		unlock(t, lock)
		waiting.Wait()
		if len(served) != 3 || served[0] != 1 || served[1] != 2 || served[2] != 3 {
			t.Errorf("served in the order %v", served)
		}
	})
}

func TestAPanicInOnWaitReachesTheCallerAndLeavesTheQueue(t *testing.T) {
	client := open(t, backend(t, "memory"))
	lock := hold(t, client, repo(t))
	func() {
		defer func() {
			if recover() != "the callback's own" {
				t.Error("the panic did not come through")
			}
		}()
		_, _ = client.Lock(context.Background(), repo(t), WithOnWait(func(Waiting) { panic("the callback's own") }))
	}()
	unlock(t, lock)
	unlock(t, hold(t, client, repo(t)))
}

func TestSixtyFourGoroutinesTakeTurns(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clients := []*Client{open(t, url), open(t, url)}
		inside, last := 0, uint64(0) // unguarded: the race detector is the witness
		var all sync.WaitGroup
		for i := 0; i < 64; i++ {
			client := clients[i%2]
			all.Add(1)
			go func() {
				defer all.Done()
				for turn := 0; turn < 5; turn++ {
					lock, err := client.Lock(context.Background(), repo(t), WithWait(Forever))
					if err != nil {
						t.Error(err)
						return
					}
					if inside++; inside != 1 || lock.Token() <= last {
						t.Errorf("%d inside, token %d after %d", inside, lock.Token(), last)
					}
					last = lock.Token()
					inside--
					unlock(t, lock)
				}
			}()
		}
		all.Wait()
	})
}
