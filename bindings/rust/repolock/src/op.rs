//! One operation under way, as a future without a runtime: the library's thread wakes whoever polls.

use crate::event::Event;
use crate::{ffi, Details, Error, Result, Snapshot};
use repolock_sys as sys;
use std::future::Future;
use std::os::raw::c_void;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// The library's op. To drop it cancels an acquisition, and releases what it won and nobody took.
pub(crate) struct Op(NonNull<sys::repolock_op_t>);

// SAFETY: any function may be called from any thread, also at once on one handle (convention 8 of
// repolock.h), and Drop has the only reference.
unsafe impl Send for Op {}
unsafe impl Sync for Op {}

impl Op {
    /// What `call` starts.
    pub(crate) fn start(
        call: impl FnOnce(*mut *mut sys::repolock_op_t) -> sys::repolock_status_t,
    ) -> Result<Op> {
        let mut handle = ptr::null_mut();
        let status = call(&mut handle);
        match NonNull::new(handle) {
            Some(handle) if status == sys::REPOLOCK_OK => Ok(Op(handle)),
            _ => Err(Error::of(status, Box::default())),
        }
    }

    pub(crate) fn handle(&self) -> *mut sys::repolock_op_t {
        self.0.as_ptr()
    }

    fn status(&self) -> sys::repolock_status_t {
        // SAFETY: the handle lives.
        unsafe { sys::repolock_op_status(self.handle()) }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        // SAFETY: the handle lives.
        unsafe { Snapshot::of(self.handle()) }
    }

    /// Its end. `on_wait` is called, by whoever polls, when a wait begins or changes.
    pub(crate) async fn finish(&self, on_wait: Option<&OnWait<'_>>) -> Result<()> {
        self.result(
            Completion {
                op: self,
                on_wait,
                signal: Arc::default(),
                is_heard: false,
            }
            .await,
        )
    }

    /// Blocks until its end.
    pub(crate) fn wait(&self) -> Result<()> {
        // SAFETY: the handle lives.
        self.result(unsafe { sys::repolock_op_wait(self.handle(), -1) })
    }

    /// An error where blocking is not allowed: in a callback.
    pub(crate) fn may_block(&self) -> Result<()> {
        // SAFETY: the handle lives. Not to wait at all would be allowed anywhere.
        match unsafe { sys::repolock_op_wait(self.handle(), 1) } {
            sys::REPOLOCK_E_WRONG_THREAD => self.result(sys::REPOLOCK_E_WRONG_THREAD),
            _ => Ok(()),
        }
    }

    fn result(&self, status: sys::repolock_status_t) -> Result<()> {
        if status == sys::REPOLOCK_OK {
            return Ok(());
        }
        let last = self.snapshot();
        // SAFETY: the handle lives, and lends its text.
        let message = unsafe { ffi::text(sys::repolock_op_message(self.handle())) };
        let details = Details {
            message,
            place: last.place(),
            holders: last.holders,
            nodes: last.nodes,
            reason: None,
        };
        Err(Error::of(status, Box::new(details)))
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        // SAFETY: nobody has the handle any more.
        unsafe { sys::repolock_op_free(self.handle()) }
    }
}

/// Hears of the state of a wait.
pub(crate) type OnWait<'a> = dyn Fn(Snapshot) + Send + Sync + 'a;

/// What the library's callbacks and the future share.
#[derive(Default)]
struct Signal {
    waker: Mutex<Option<Waker>>,
    has_moved: AtomicBool,
}

impl Signal {
    fn expect(&self, waker: &Waker) {
        let mut slot = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Some(known) if known.will_wake(waker) => {}
            _ => *slot = Some(waker.clone()),
        }
    }

    fn wake(&self) {
        let mut slot = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        let waker = slot.take();
        drop(slot); // a waker may run what drops the future
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

struct Completion<'a> {
    op: &'a Op,
    on_wait: Option<&'a OnWait<'a>>,
    signal: Arc<Signal>,
    is_heard: bool,
}

impl Completion<'_> {
    fn listen(&self) -> sys::repolock_status_t {
        type Subscribe = unsafe extern "C" fn(
            *mut sys::repolock_op_t,
            sys::repolock_event_cb,
            *mut c_void,
            sys::repolock_free_cb,
        ) -> sys::repolock_status_t;
        let subscribe = |to: Subscribe| {
            let shared = Arc::into_raw(Arc::clone(&self.signal)) as *mut c_void;
            // SAFETY: the op lives; the callbacks get a count of the signal, which forget gives back.
            let status = unsafe { to(self.op.handle(), Some(hear), shared, Some(forget)) };
            if status != sys::REPOLOCK_OK {
                // SAFETY: nothing was kept, called or freed.
                drop(unsafe { Arc::from_raw(shared as *const Signal) });
            }
            status
        };
        if self.on_wait.is_some() {
            let status = subscribe(sys::repolock_op_on_wait);
            if status != sys::REPOLOCK_OK {
                return status;
            }
        }
        subscribe(sys::repolock_op_on_done)
    }
}

impl Future for Completion<'_> {
    type Output = sys::repolock_status_t;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.signal.expect(context.waker());
        if !self.is_heard && self.op.status() == sys::REPOLOCK_E_PENDING {
            self.is_heard = true;
            match self.listen() {
                // The client has ended: nobody is told any more, and the status is final.
                sys::REPOLOCK_OK | sys::REPOLOCK_E_SHUTDOWN => {}
                refused => return Poll::Ready(refused),
            }
        }
        match (self.op.status(), self.on_wait) {
            (sys::REPOLOCK_E_PENDING, Some(on_wait)) => {
                if self.signal.has_moved.swap(false, Ordering::AcqRel) {
                    on_wait(self.op.snapshot());
                }
                Poll::Pending
            }
            (sys::REPOLOCK_E_PENDING, None) => Poll::Pending,
            (status, _) => Poll::Ready(status),
        }
    }
}

unsafe extern "C" fn hear(event: *const sys::repolock_event_t, user_data: *mut c_void) {
    ffi::guarded(|| {
        // SAFETY: it is the count that listen gave away; the event is lent for the call.
        let (signal, event) = unsafe { (&*(user_data as *const Signal), Event::lent(event)) };
        if event.is_waiting() {
            signal.has_moved.store(true, Ordering::Release);
        }
        signal.wake();
    });
}

unsafe extern "C" fn forget(user_data: *mut c_void) {
    // SAFETY: the library calls this once, last, with the count that listen gave away.
    ffi::guarded(|| drop(unsafe { Arc::from_raw(user_data as *const Signal) }));
}
