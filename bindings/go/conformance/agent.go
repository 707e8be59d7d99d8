//go:build go1.20

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	repolock "github.com/librepolock/librepolock/bindings/go"
)

// An agent has the handles by the driver's names for them.
type agent struct {
	writing sync.Mutex
	output  *json.Encoder

	mu      sync.Mutex
	clients map[string]*repolock.Client
	leases  map[string]*repolock.Lock
	waits   map[int64]wait // acquisitions under way, by the id of their request
}

type wait struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func newAgent() *agent {
	return &agent{
		output:  json.NewEncoder(os.Stdout),
		clients: map[string]*repolock.Client{},
		leases:  map[string]*repolock.Lock{},
		waits:   map[int64]wait{},
	}
}

func (a *agent) tell(what message) {
	a.writing.Lock()
	defer a.writing.Unlock()
	_ = a.output.Encode(what)
}

// expect makes an acquisition known before the next line is read, which may cancel it.
func (a *agent) expect(request message) {
	if request.text("do") != "acquire" {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waits[request.number("id")] = wait{ctx, cancel}
}

func (a *agent) answer(request message) {
	do, known := verbs[request.text("do")]
	if !known {
		do = func(*agent, message) message { return invalid("no verb " + request.text("do")) }
	}
	reply := do(a, request)
	reply["id"] = request["id"]
	a.tell(reply)
}

func (a *agent) close() {
	a.mu.Lock()
	clients := a.clients
	a.clients = map[string]*repolock.Client{}
	a.mu.Unlock()
	for _, client := range clients {
		_ = client.Close()
	}
}

func (a *agent) client(request message) *repolock.Client {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.clients[request.text("client")]
}

func (a *agent) lease(request message) *repolock.Lock {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.leases[request.text("lease")]
}

func invalid(sentence string) message {
	return message{"status": "E_INVALID", "message": sentence}
}

func noHandle() message { return invalid("no such handle") }

func options(request message) []repolock.Option {
	var all []repolock.Option
	if url := request.text("backend"); url != "" {
		all = append(all, repolock.WithBackend(url))
	}
	config, _ := request["config"].(map[string]any)
	for key, value := range config {
		all = append(all, repolock.WithConfig(key, fmt.Sprint(value)))
	}
	return all
}
