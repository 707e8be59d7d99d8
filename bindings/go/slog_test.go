//go:build go1.21

package repolock

// What happens can be read: in figures, and in the program's log.

import (
	"context"
	"log/slog"
	"strings"
	"testing"
)

func TestStatsAndLogTellWhatHappens(t *testing.T) {
	var text strings.Builder
	logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := open(t, backend(t, "memory"))
	lock := hold(t, client, repo(t))
	client.Heartbeat()
	if held := client.Stats()["locks_held"]; held != 1 {
		t.Errorf("%d locks held", held)
	}
	unlock(t, lock)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	cut := open(t, "redis+unix:///nonexistent/socket", WithSlog(logger))
	_, _ = cut.TryLock(context.Background(), repo(t))
	if err := cut.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(text.String(), "/nonexistent/socket") {
		t.Errorf("the log is %q", text.String())
	}
	if client.Can(CanFIFO) || len(client.Stats()) != 0 {
		t.Error("a closed client still tells")
	}
}
