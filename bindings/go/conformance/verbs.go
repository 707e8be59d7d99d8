//go:build go1.20

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	repolock "github.com/librepolock/librepolock/bindings/go"
)

var verbs = map[string]func(a *agent, request message) message{
	"hello": hello, "open": open, "acquire": acquire, "cancel": cancel, "check": check,
	"extend": extend, "release": release, "drop": drop, "inspect": inspect, "break": breakLease,
	"work": work, "canonical": canonical, "block": block, "shutdown": shutdown, "close": closeClient,
	"exit": exit,
}

func hello(*agent, message) message {
	return message{"status": "OK", "language": "go", "version": repolock.Version(), "can": []string{
		"shared", "several", "cancel", "inspect", "break", "waiting", "descriptor"}}
}

func open(a *agent, request message) message {
	client, err := repolock.Open(options(request)...)
	if err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.clients[request.text("client")] = client
	}
	return status(err)
}

func acquire(a *agent, request message) message {
	id := request.number("id")
	a.mu.Lock()
	wait := a.waits[id]
	a.mu.Unlock()
	defer wait.cancel()
	client, repos := a.client(request), request.texts("repos")
	if client == nil || len(repos) == 0 {
		return invalid("no such client, or no name")
	}
	lock, err := client.Lock(wait.ctx, repos[0], lockOptions(a, request, repos[1:])...)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waits, id)
	if err != nil {
		return refusal(err)
	}
	name := request.text("lease")
	a.leases[name] = lock
	go a.watch(name, lock.Done(), lock.Context(context.Background()))
	return message{"status": "OK", "fences": lock.Tokens(), "previous": lock.Previous().String(),
		"lease_id": lock.ID()}
}

func lockOptions(a *agent, request message, more []string) []repolock.LockOption {
	all := []repolock.LockOption{
		repolock.WithWait(milliseconds(request, "wait_ms")),
		repolock.WithHolder(request.text("holder")),
		repolock.WithRepos(more...),
		repolock.WithOnWait(func(now repolock.Waiting) {
			a.tell(message{"event": "waiting", "id": request["id"], "place": now.Place})
		}),
	}
	if _, given := request["ttl_ms"]; given {
		all = append(all, repolock.WithTTL(milliseconds(request, "ttl_ms")))
	}
	if _, given := request["max_hold_ms"]; given {
		all = append(all, repolock.WithMaxHold(milliseconds(request, "max_hold_ms")))
	}
	if request["shared"] == true {
		all = append(all, repolock.WithShared())
	}
	return all
}

func milliseconds(request message, key string) time.Duration {
	return time.Duration(request.number(key)) * time.Millisecond
}

// watch tells of a loss. It must not reach the lock, which "drop" leaves to the garbage collector.
func (a *agent) watch(name string, lost <-chan struct{}, ctx context.Context) {
	<-ctx.Done()
	select {
	case <-lost:
	default:
		return // released
	}
	told := status(context.Cause(ctx))
	var loss *repolock.Error
	if errors.As(context.Cause(ctx), &loss) {
		told["reason"] = loss.Reason
	}
	told["event"], told["lease"] = "lost", name
	a.tell(told)
}

func cancel(a *agent, request message) message {
	a.mu.Lock()
	defer a.mu.Unlock()
	if wait, underWay := a.waits[request.number("of")]; underWay {
		wait.cancel()
	}
	return status(nil)
}

func check(a *agent, request message) message {
	lock := a.lease(request)
	if lock == nil {
		return noHandle()
	}
	reply := status(lock.Err())
	reply["remaining_ms"] = lock.Remaining().Milliseconds()
	return reply
}

func extend(a *agent, request message) message {
	if lock := a.lease(request); lock != nil {
		return status(lock.Extend(context.Background(), milliseconds(request, "ttl_ms")))
	}
	return noHandle()
}

func release(a *agent, request message) message {
	if lock := a.lease(request); lock != nil {
		return status(lock.Unlock())
	}
	return noHandle()
}

// drop forgets the lock; the garbage collector may need more than one round to see it.
func drop(a *agent, request message) message {
	lock := a.lease(request)
	if lock == nil {
		return noHandle()
	}
	lost := lock.Done()
	a.mu.Lock()
	delete(a.leases, request.text("lease"))
	a.mu.Unlock()
	for {
		runtime.GC()
		select {
		case <-lost:
			return status(nil)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func inspect(a *agent, request message) message {
	client := a.client(request)
	if client == nil {
		return noHandle()
	}
	now, err := client.Inspect(context.Background(), request.text("repo"))
	reply := status(err)
	reply["holders"], reply["waiters"] = holders(now.Holders), waiters(now.Waiters)
	return reply
}

func breakLease(a *agent, request message) message {
	if client := a.client(request); client != nil {
		return status(client.Break(context.Background(), request.text("repo"), request.text("lease_id")))
	}
	return noHandle()
}

// work is seen by no lock: the file says whether somebody else is inside.
func work(a *agent, request message) message {
	lock, path := a.lease(request), request.text("witness")
	if lock == nil {
		return noHandle()
	}
	witness, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return message{"status": "OVERLAP", "message": err.Error()}
	}
	defer os.Remove(path)
	defer witness.Close()
	journal, err := os.OpenFile(path+".journal", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return invalid(err.Error())
	}
	defer journal.Close()
	fmt.Fprintf(journal, "%d go\n", lock.Token())
	return status(nil)
}

func canonical(_ *agent, request message) message {
	name, err := repolock.Canonical(request.text("repo"), options(request)...)
	reply := status(err)
	reply["canonical"] = name
	return reply
}

// block keeps one processor of Go's busy; the scheduler goes on, as it does in any Go program.
func block(_ *agent, request message) message {
	for until := time.Now().Add(milliseconds(request, "ms")); time.Now().Before(until); {
	}
	return status(nil)
}

func shutdown(a *agent, request message) message {
	client := a.client(request)
	if client == nil {
		return noHandle()
	}
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if timeout := milliseconds(request, "timeout_ms"); timeout >= 0 {
		ctx, cancel = context.WithTimeout(ctx, timeout)
	}
	defer cancel()
	err := client.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // to the library it is no failure that holders were left
	}
	return status(err)
}

func closeClient(a *agent, request message) message {
	client := a.client(request)
	if client == nil {
		return noHandle()
	}
	a.mu.Lock()
	delete(a.clients, request.text("client"))
	a.mu.Unlock()
	return status(client.Close())
}

func exit(_ *agent, request message) message {
	os.Exit(int(request.number("code")))
	return nil
}
