package repolock

// What is wrong is said in a sentence, and is one of the errors that the package promises.

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestWhatIsWrongIsSaidInASentence(t *testing.T) {
	cases := []struct {
		name  string
		do    func() error
		err   error
		words string
	}{
		{"a scheme nobody knows", opening(WithBackend("gopher://host")), ErrUnsupported, "gopher"},
		{"a key nobody knows", opening(WithConfig("tlt_ms", "1")), ErrInvalid, "tlt_ms"},
		{"a value that cannot be", opening(WithConfig("ttl_ms", "soon")), ErrInvalid, "soon"},
		{"no name", locking(""), ErrInvalid, "name"},
		{"a name with a NUL", locking("a/b\x00c"), ErrInvalid, "NUL"},
		{"a ttl of nothing", locking("a/b", WithTTL(0)), ErrInvalid, "ttl"},
		{"a server that is away", func() error {
			client := open(t, "redis+unix:///nonexistent/socket")
			_, err := client.TryLock(context.Background(), "a/b")
			return err
		}, ErrUnavailable, "/nonexistent/socket"},
	}
	for _, each := range cases {
		t.Run(each.name, func(t *testing.T) {
			err := each.do()
			var whole *Error
			if !errors.Is(err, each.err) || !errors.As(err, &whole) || !strings.Contains(err.Error(), each.words) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func opening(options ...Option) func() error {
	return func() error {
		_, err := Open(options...)
		return err
	}
}

func locking(repo string, options ...LockOption) func() error {
	return func() error {
		client, err := Open(WithBackend("memory:"))
		if err != nil {
			return err
		}
		defer client.Close()
		_, err = client.Lock(context.Background(), repo, options...)
		return err
	}
}

func TestAnotherLibraryThanBuiltWithIsRefusedInASentence(t *testing.T) {
	for loaded, fits := range map[uint32]bool{0x000100: false, 0x000203: true, 0x000204: true, 0x000300: true, 0x010203: false} {
		err := checkVersion(loaded, 0x000203)
		if (err == nil) != fits || err != nil && !(errors.Is(err, ErrLibrary) && strings.Contains(err.Error(), dotted(loaded))) {
			t.Errorf("%s: %v", dotted(loaded), err)
		}
	}
}

func TestAServerThatIsAwayIsNamed(t *testing.T) {
	client := open(t, "redis+unix:///nonexistent/socket")
	_, err := client.TryLock(context.Background(), "a/b")
	var away *Error
	if !errors.As(err, &away) || len(away.Nodes) != 1 || !errors.Is(away.Nodes[0].Err, ErrUnavailable) || !away.Retryable() {
		t.Errorf("%+v", err)
	}
}

func TestTheEnvironmentSaysWhereTheLocksAre(t *testing.T) {
	t.Setenv("REPOLOCK_URL", "gopher://host")
	if _, err := Open(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	client := open(t, "memory:")
	if !client.Can(CanFIFO | CanFenceStrict) {
		t.Error("the option did not win")
	}
}

func TestNamesOfOneRepositoryAreOneLock(t *testing.T) {
	for _, name := range []string{"owner/name", "https://github.com/Owner/Name.git", "git@github.com:owner/name"} {
		if canonical, err := Canonical(name); err != nil || canonical != "owner/name" {
			t.Errorf("%s is %q, %v", name, canonical, err)
		}
	}
	if canonical, err := Canonical("Any Text", WithConfig("repo.form", "opaque"), WithConfig("repo.case", "sensitive")); err != nil || canonical != "Any Text" {
		t.Errorf("%q, %v", canonical, err)
	}
	if _, err := Canonical(""); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}
