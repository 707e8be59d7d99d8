package repolock

// #include "shims.h"
import "C"

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// A Client locks repositories in one backend. One is enough for a program.
type Client struct{ core *core }

// What lives on while anybody waits or holds, whether the Client itself is still reachable or not.
type core struct {
	events    *dispatcher
	logger    func(LogRecord)
	logLevel  LogLevel
	logging   sync.Mutex
	draining  atomic.Bool // Shutdown waits for the holders
	abandoned atomic.Bool // the dispatcher is to free the handle instead of waiting for its end

	mu     sync.RWMutex // held by whoever uses the handle, so that it is not freed meanwhile
	handle *C.repolock_client_t
}

// Open does not block: a server is connected to in the background, and the first operation tells of
// one that is away. Close or Shutdown the client.
//
// Errors: ErrInvalid, ErrDenied, ErrMisconfigured, ErrUnsupported, ErrPlugin, ErrIO, ErrUnavailable,
// and ErrLibrary if the library that was loaded is not the one the program was built with.
func Open(options ...Option) (*Client, error) {
	if err := checkVersion(uint32(C.repolock_version()), C.REPOLOCK_VERSION_NUMBER); err != nil {
		return nil, err
	}
	settings := gather(options)
	config, err := settings.config("open")
	if err != nil {
		return nil, err
	}
	defer C.repolock_config_free(config)
	var handle *C.repolock_client_t
	var sentence sentenceBuffer
	status := C.repolock_client_open(config, &handle, sentence.data(), sentence.size())
	if err := sentence.failure(status, "open", ""); err != nil {
		return nil, err
	}
	core := &core{events: newDispatcher(), logger: settings.logger,
		logLevel: settings.logLevel, handle: handle}
	core.subscribe()
	go core.dispatch(handle)
	client := &Client{core}
	runtime.SetFinalizer(client, func(c *Client) { go c.core.abandon() })
	return client, nil
}

func (c *core) dispatch(handle *C.repolock_client_t) {
	c.events.run(handle, c.abandoned.Load)
	c.mu.Lock()
	C.repolock_client_free(handle)
	c.handle = nil
	c.mu.Unlock()
	c.events.end()
}

// use calls with the handle, unless the client has ended.
func (c *core) use(call func(handle *C.repolock_client_t)) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.handle == nil {
		return false
	}
	call(c.handle)
	return true
}

func (c *core) start(what, repo string, call func(handle *C.repolock_client_t) C.shim_op_t) (operation, error) {
	var started C.shim_op_t
	if !c.use(func(handle *C.repolock_client_t) { started = call(handle) }) {
		return operation{}, &Error{Op: what, Repo: repo, Err: ErrClosed}
	}
	if started.status != C.REPOLOCK_OK {
		return operation{}, &Error{Op: what, Repo: repo, Err: sentinel(started.status)}
	}
	return operation{c, started.op}, nil
}

// Shutdown ends the client in good order: nothing new starts, waiters end with ErrClosed, and holders
// have until ctx is done to release. What is still held then is lost with ErrClosed and left to end
// by its ttl, as nobody knows whether its work has stopped; Shutdown returns the error of ctx.
// ErrUnknown: a release got no answer. A client that has ended already is no error.
func (c *Client) Shutdown(ctx context.Context) error {
	op, err := c.startShutdown(-1)
	if err != nil {
		return unlessClosed(err)
	}
	c.core.draining.Store(true)
	err = op.finish(ctx, "shutdown", "")
	if err != nil && isContextual(errors.Unwrap(err)) {
		c.core.abandon()
	}
	<-c.core.events.ended
	return err
}

// Close is Shutdown without time for the holders. It returns within 2 s, the time that releases under
// way have left.
func (c *Client) Close() error {
	if c.core.draining.Load() {
		c.core.abandon()
		return nil
	}
	op, err := c.startShutdown(0)
	if err != nil {
		return unlessClosed(err)
	}
	err = op.finish(context.Background(), "close", "")
	<-c.core.events.ended
	return err
}

func (c *Client) startShutdown(timeoutMs C.int64_t) (operation, error) {
	runtime.SetFinalizer(c, nil)
	return c.core.start("shutdown", "", func(handle *C.repolock_client_t) C.shim_op_t {
		return C.shim_shutdown(handle, timeoutMs)
	})
}

func unlessClosed(err error) error {
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// abandon frees the handle although holders or waiters are left. Only the dispatcher can, when it is
// not inside a call; so it is sent an event: that of an op which nothing comes of.
func (c *core) abandon() {
	c.abandoned.Store(true)
	op, err := c.start("close", "", func(handle *C.repolock_client_t) C.shim_op_t {
		return C.shim_acquire(handle, "\x00", nil)
	})
	if err == nil {
		defer op.free() // not before it was heard: a freed op has no events
		C.shim_on_done(op.op, 0)
	} else if !errors.Is(err, ErrClosed) {
		return
	}
	<-c.events.ended
}
