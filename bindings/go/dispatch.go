package repolock

// #include "shims.h"
import "C"

import "sync"

// A listener hears the events of one tag, on the dispatcher's goroutine, so it must not block. The
// event is borrowed for the call.
type listener func(event *C.repolock_event_t, kind C.int32_t)

// dispatcher hands out the events of one client's queue. A tag is a number that is never used twice:
// an event may still be under way when its handle is gone.
type dispatcher struct {
	mu        sync.Mutex
	last      C.uintptr_t
	listeners map[C.uintptr_t]listener
	ended     chan struct{} // closed when nothing will be told any more, and every status is final
}

func newDispatcher() *dispatcher {
	return &dispatcher{listeners: map[C.uintptr_t]listener{}, ended: make(chan struct{})}
}

func (d *dispatcher) listen(hear listener) C.uintptr_t {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	d.listeners[d.last] = hear
	return d.last
}

func (d *dispatcher) forget(tag C.uintptr_t) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.listeners, tag)
}

func (d *dispatcher) listener(tag C.uintptr_t) listener {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.listeners[tag]
}

// run reads the queue until its end, or until the client is to be abandoned.
func (d *dispatcher) run(handle *C.repolock_client_t, abandoned func() bool) {
	for {
		next := C.shim_next(handle)
		if next.status != C.REPOLOCK_OK {
			return
		}
		if hear := d.listener(next.tag); hear != nil {
			hear(next.event, next.kind)
		}
		C.repolock_event_free(next.event)
		if abandoned() {
			return
		}
	}
}

// end tells all who still listen, with a nil event, that they have to look for themselves.
func (d *dispatcher) end() {
	d.mu.Lock()
	left := d.listeners
	d.listeners = map[C.uintptr_t]listener{}
	d.mu.Unlock()
	close(d.ended)
	for _, hear := range left {
		hear(nil, 0)
	}
}
