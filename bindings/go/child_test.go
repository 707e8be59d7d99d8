package repolock

// Other processes: this test program, started once more, which does one thing and tells it on stdout.

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const childVariable = "REPOLOCK_GO_TEST_CHILD"

var children = map[string]func(url, repo string) error{
	"hold": func(url, repo string) error { // until it is killed
		_, err := childLock(url, repo)
		if err != nil {
			return err
		}
		select {}
	},
	"wait": func(url, repo string) error { // for its turn, and release
		lock, err := childLock(url, repo)
		if err != nil {
			return err
		}
		return lock.Unlock()
	},
	"exit": func(url, repo string) error { // with the lock held
		_, err := childLock(url, repo)
		return err
	},
	"panicking logger": func(url, repo string) error { // of a second client, whose server is away
		if _, err := childLock(url, repo); err != nil {
			return err
		}
		logger := WithLogger(LogDebug, func(LogRecord) { panic("the logger's own") })
		for { // what is known when the logger comes is not logged any more
			away, err := Open(WithBackend("redis+unix:///nonexistent/socket"), logger)
			if err != nil {
				return err
			}
			_, _ = away.TryLock(context.Background(), repo)
			away.Close()
		}
	},
	"inheriting": func(url, repo string) error { // leaves a child of its own that has the lock's file
		lock, err := childLock(url, repo)
		if err != nil {
			return err
		}
		file, err := lock.InheritFile()
		if err != nil {
			return err
		}
		heir := exec.Command("sleep", "60")
		heir.ExtraFiles = []*os.File{file}
		if err := heir.Start(); err != nil {
			return err
		}
		fmt.Println(heir.Process.Pid)
		select {}
	},
}

func childLock(url, repo string) (*Lock, error) {
	client, err := Open(WithBackend(url))
	if err != nil {
		return nil, err
	}
	lock, err := client.Lock(context.Background(), repo, WithTTL(time.Second))
	if err == nil {
		fmt.Println(lock.Token())
	}
	return lock, err
}

func runChild(child string) int {
	words := strings.Split(child, "|")
	if err := children[words[0]](words[1], words[2]); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

type child struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func start(t *testing.T, what, url, repo string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+what+"|"+url+"|"+repo)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &child{cmd, bufio.NewScanner(output)}
}

// says is the next line that the child writes, read as a number.
func (c *child) says(t *testing.T) uint64 {
	t.Helper()
	c.lines.Scan()
	var number uint64
	if _, err := fmt.Sscan(c.lines.Text(), &number); err != nil {
		t.Fatalf("the child said %q", c.lines.Text())
	}
	return number
}
