package repolock

// A client ends when it is told to, whoever still waits or holds, and all of them hear of it.

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func TestCloseEndsWaitersAndLosesWhatIsHeld(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t), WithTTL(time.Second))
		result := make(chan error)
		go func() {
			_, err := client.Lock(context.Background(), repo(t))
			result <- err
		}()
		awaitWaiter(t, client, repo(t), 1)
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-result; !errors.Is(err, ErrClosed) {
			t.Errorf("the waiter got %v", err)
		}
		await(t, "the loss", lock.Done())
		if !errors.Is(lock.Err(), ErrClosed) {
			t.Errorf("the holder got %v", lock.Err())
		}
		if err := lock.Unlock(); !errors.Is(err, ErrClosed) {
			t.Errorf("its release got %v", err)
		}
		if _, err := client.Lock(context.Background(), repo(t)); !errors.Is(err, ErrClosed) {
			t.Errorf("a lock of a closed client: %v", err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestShutdownLetsHoldersFinish(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t))
		waiter := make(chan error)
		go func() {
			_, err := client.Lock(context.Background(), repo(t))
			waiter <- err
		}()
		awaitWaiter(t, client, repo(t), 1)
		down := make(chan error)
		go func() { down <- client.Shutdown(context.Background()) }()
		if err := <-waiter; !errors.Is(err, ErrClosed) {
			t.Errorf("the waiter got %v", err)
		}
		if err := lock.Err(); err != nil {
			t.Errorf("the holder got %v", err)
		}
		unlock(t, lock)
		if err := <-down; err != nil {
			t.Error(err)
		}
		unlock(t, hold(t, open(t, url), repo(t), WithWait(0)))
	})
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		client := open(t, url)
		lock := hold(t, client, repo(t), WithTTL(time.Second))
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := client.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		await(t, "the loss", lock.Done())
		if !errors.Is(lock.Err(), ErrClosed) {
			t.Errorf("the holder got %v", lock.Err())
		}
		unlock(t, hold(t, open(t, url), repo(t)))
	})
}

func TestCloseEndsAShutdownThatWaits(t *testing.T) {
	client := open(t, backend(t, "memory"))
	lock := hold(t, client, repo(t))
	down := make(chan error)
	go func() { down <- client.Shutdown(context.Background()) }()
	for client.core.draining.Load() == false {
		time.Sleep(time.Millisecond)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	<-down
	await(t, "the loss", lock.Done())
}

func TestClosingInTheMiddleOfEverything(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		for round := 0; round < 10; round++ {
			client := open(t, url)
			var all sync.WaitGroup
			for i := 0; i < 8; i++ {
				all.Add(1)
				go func() {
					defer all.Done()
					for {
						lock, err := client.Lock(context.Background(), repo(t), WithTTL(time.Second))
						if err != nil {
							if !errors.Is(err, ErrClosed) {
								t.Error(err)
							}
							return
						}
						_ = lock.Unlock() // ErrClosed, if it came too late
					}
				}()
			}
			unlock(t, hold(t, client, repo(t)+"-other"))
			if err := client.Close(); err != nil {
				t.Error(err)
			}
			all.Wait()
		}
	})
}
