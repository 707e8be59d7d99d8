package repolock

// What all tests share: backends to run on, child processes to kill, and no goroutine left behind.

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	os.Unsetenv("REPOLOCK_URL")
	if child := os.Getenv(childVariable); child != "" {
		os.Exit(runChild(child))
	}
	code := m.Run()
	redis.stop()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// hang is a limit for what should come at once; the machine may be busy.
const hang = time.Minute

// onEach runs the test on each kind of backend, each time in an empty one.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	for _, kind := range []string{"memory", "file", "redis"} {
		t.Run(kind, func(t *testing.T) { test(t, backend(t, kind)) })
	}
}

func backend(t testing.TB, kind string) string {
	t.Helper()
	switch kind {
	case "memory":
		return "memory:" + fmt.Sprint(time.Now().UnixNano())
	case "file":
		return "file://" + t.TempDir()
	default:
		return redis.url(t)
	}
}

// repo is a name that no other test uses.
func repo(t testing.TB) string {
	return "go/" + strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())
}

func open(t testing.TB, url string, options ...Option) *Client {
	t.Helper()
	client, err := Open(append([]Option{WithBackend(url)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func hold(t testing.TB, client *Client, repo string, options ...LockOption) *Lock {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	lock, err := client.Lock(ctx, repo, options...)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

func unlock(t testing.TB, lock *Lock) {
	t.Helper()
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
}

func await(t testing.TB, what string, news <-chan struct{}) {
	t.Helper()
	select {
	case <-news:
	case <-time.After(hang):
		t.Fatalf("waited too long for %s", what)
	}
}

// awaitWaiter returns once somebody waits for repo in the place given.
func awaitWaiter(t testing.TB, client *Client, repo string, place int) {
	t.Helper()
	for deadline := time.Now().Add(hang); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		now, err := client.Inspect(context.Background(), repo)
		if err != nil {
			t.Fatal(err)
		}
		if len(now.Waiters) >= place {
			return
		}
	}
	t.Fatalf("nobody came to wait for %s in place %d", repo, place)
}
