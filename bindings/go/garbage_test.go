package repolock

// What nobody can release any more is not renewed for ever, and is told.

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

func TestALockThatIsGarbageEndsByItsTTLAndIsTold(t *testing.T) {
	warned := make(chan LogRecord, 1)
	client := open(t, backend(t, "redis"), WithLogger(LogWarn, func(record LogRecord) {
		for _, field := range record.Fields {
			if field.Value == "garbage_collected" {
				warned <- record
			}
		}
	}))
	lost, ctx := forget(t, client)
	collectUntil(t, lost)
	await(t, "the context of the lock", ctx.Done())
	select {
	case record := <-warned:
		if record.Level != LogWarn || record.Message == "" {
			t.Errorf("%+v", record)
		}
	case <-time.After(hang):
		t.Error("nobody was warned")
	}
	unlock(t, hold(t, client, repo(t)))
}

//go:noinline
func forget(t *testing.T, client *Client) (<-chan struct{}, context.Context) {
	lock := hold(t, client, repo(t), WithTTL(time.Second))
	return lock.Done(), lock.Context(context.Background())
}

func TestAClientThatIsGarbageIsClosed(t *testing.T) {
	collectUntil(t, forgetClient(t))
}

//go:noinline
func forgetClient(t *testing.T) <-chan struct{} {
	client, err := Open(WithBackend(backend(t, "memory")))
	if err != nil {
		t.Fatal(err)
	}
	return client.core.events.ended
}

func TestALockKeepsItsClient(t *testing.T) {
	lock := holdAlone(t)
	for i := 0; i < 5; i++ {
		runtime.GC()
	}
	if err := lock.Err(); err != nil {
		t.Error(err)
	}
	unlock(t, lock)
	if err := lock.client.Close(); err != nil {
		t.Error(err)
	}
	if _, err := lock.client.Lock(context.Background(), repo(t)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

//go:noinline
func holdAlone(t *testing.T) *Lock {
	client, err := Open(WithBackend(backend(t, "memory")))
	if err != nil {
		t.Fatal(err)
	}
	return hold(t, client, repo(t))
}

// collectUntil runs the collector until it has found what the test forgot.
func collectUntil(t *testing.T, found <-chan struct{}) {
	t.Helper()
	for deadline := time.Now().Add(hang); time.Now().Before(deadline); {
		runtime.GC()
		select {
		case <-found:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("it was not collected")
}
