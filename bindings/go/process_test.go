package repolock

// Other processes wait, crash, are killed, exit and inherit, and the next one gets the lock.

import (
	"context"
	"errors"
	"syscall"
	"testing"
)

func TestTheLockOfAKilledProcessGoesToTheNextWithALargerToken(t *testing.T) {
	for kind, ended := range map[string]Previous{"file": Crashed, "redis": Expired} {
		ended := ended
		t.Run(kind, func(t *testing.T) {
			url := backend(t, kind)
			holder := start(t, "hold", url, repo(t))
			token := holder.says(t)
			client := open(t, url)
			if _, err := client.TryLock(context.Background(), repo(t)); !errors.Is(err, ErrHeld) {
				t.Fatalf("got %v", err)
			}
			if err := holder.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			lock := hold(t, client, repo(t))
			if lock.Token() <= token || lock.Previous() != ended {
				t.Errorf("token %d after %d, the one before was %v", lock.Token(), token, lock.Previous())
			}
			unlock(t, lock)
		})
	}
}

func TestProcessesWaitForEachOther(t *testing.T) {
	for _, kind := range []string{"file", "redis"} {
		t.Run(kind, func(t *testing.T) {
			url := backend(t, kind)
			client := open(t, url)
			lock := hold(t, client, repo(t))
			other := start(t, "wait", url, repo(t))
			awaitWaiter(t, client, repo(t), 1)
			unlock(t, lock)
			if token := other.says(t); token <= lock.Token() {
				t.Errorf("token %d after %d", token, lock.Token())
			}
			if err := other.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAProcessThatExitsWithALockLeavesIt(t *testing.T) {
	for _, kind := range []string{"file", "redis"} {
		t.Run(kind, func(t *testing.T) {
			url := backend(t, kind)
			other := start(t, "exit", url, repo(t))
			other.says(t)
			if err := other.Wait(); err != nil {
				t.Error(err)
			}
			unlock(t, hold(t, open(t, url), repo(t)))
		})
	}
}

func TestAPanickingLoggerEndsTheProgramAndItsLockIsFree(t *testing.T) {
	url := backend(t, "file")
	other := start(t, "panicking logger", url, repo(t))
	other.says(t)
	if err := other.Wait(); err == nil {
		t.Error("the program went on")
	}
	unlock(t, hold(t, open(t, url), repo(t)))
}

func TestALockLastsAsLongAsAChildThatInheritedIt(t *testing.T) {
	url := backend(t, "file")
	holder := start(t, "inheriting", url, repo(t))
	holder.says(t)
	heir := int(holder.says(t))
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	client := open(t, url)
	if _, err := client.TryLock(context.Background(), repo(t)); !errors.Is(err, ErrHeld) {
		t.Errorf("the heir has not kept it: %v", err)
	}
	if err := syscall.Kill(heir, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	unlock(t, hold(t, client, repo(t)))
}

func TestOnlyLocksInFilesCanBeInherited(t *testing.T) {
	lock := hold(t, open(t, backend(t, "memory")), repo(t))
	if _, err := lock.InheritFiles(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	unlock(t, lock)
}
