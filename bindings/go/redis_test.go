package repolock

// A redis-server of the tests' own, on a socket, started when the first test wants it.

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

type redisServer struct {
	starting  sync.Once
	directory string
	process   *os.Process
	ended     chan struct{}
	problem   string
}

var redis = &redisServer{}

func (s *redisServer) url(t testing.TB) string {
	t.Helper()
	s.starting.Do(s.start)
	if s.problem != "" {
		t.Fatal(s.problem)
	}
	return "redis+unix://" + filepath.Join(s.directory, "socket")
}

func (s *redisServer) start() {
	if _, err := exec.LookPath("redis-server"); err != nil {
		s.problem = "these tests need redis-server on the PATH: apt-get install redis-server"
		return
	}
	s.directory, _ = os.MkdirTemp("", "repolock")
	s.ended = make(chan struct{})
	ready := make(chan bool)
	go s.run(ready)
	if !<-ready {
		s.problem = "redis-server did not start"
	}
}

// The server dies with this thread, so also when the tests are killed.
func (s *redisServer) run(ready chan<- bool) {
	runtime.LockOSThread()
	defer close(s.ended)
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", filepath.Join(s.directory, "socket"),
		"--dir", s.directory, "--save", "", "--appendonly", "no")
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		ready <- false
		return
	}
	s.process = server.Process
	isReady := false
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if !isReady && strings.Contains(lines.Text(), "eady to accept connections") {
			isReady = true
			ready <- true
		}
	}
	_ = server.Wait()
	if !isReady {
		ready <- false
	}
}

// stop kills it, if it was started.
func (s *redisServer) stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Kill()
	<-s.ended
	os.RemoveAll(s.directory)
	*s = redisServer{}
}
