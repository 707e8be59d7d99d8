//! News of a loss, for as many as want it.

use crate::event::Event;
use crate::{ffi, Details, Error};
use repolock_sys as sys;
use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::os::raw::c_void;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What a guard, those who wait for its loss, and the library's callback share.
#[derive(Default)]
pub(crate) struct Loss(Mutex<State>);

#[derive(Default)]
struct State {
    end: Option<Option<Error>>, // with the loss, or without: a release
    last: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl Loss {
    /// Hears of the loss of `lease`.
    ///
    /// # Safety
    /// `lease` lives.
    pub(crate) unsafe fn of(lease: *mut sys::repolock_lease_t) -> crate::Result<Arc<Loss>> {
        let loss = Arc::new(Loss::default());
        let shared = Arc::into_raw(Arc::clone(&loss)) as *mut c_void;
        // SAFETY: the lease lives; the callbacks get a count, which forget gives back.
        let status =
            unsafe { sys::repolock_lease_on_lost(lease, Some(hear), shared, Some(forget)) };
        if status == sys::REPOLOCK_OK {
            return Ok(loss);
        }
        // SAFETY: nothing was kept, called or freed.
        unsafe { forget(shared) };
        if status != sys::REPOLOCK_E_SHUTDOWN {
            return Err(Error::of(status, Box::default()));
        }
        // SAFETY: the lease lives, and lends its text.
        let message = unsafe { ffi::text(sys::repolock_lease_message(lease)) };
        loss.end(Some(Error::of(status, Details::saying(message))));
        Ok(loss)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A loss, or with `None` a release. The first one counts.
    pub(crate) fn end(&self, loss: Option<Error>) {
        let mut state = self.state();
        if state.end.is_some() {
            return;
        }
        state.end = Some(loss);
        let waiting = mem::take(&mut state.waiting);
        drop(state); // a waker may run what asks again
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// The loss that has been told.
    pub(crate) fn known(&self) -> Option<Error> {
        self.state().end.clone().flatten()
    }
}

unsafe extern "C" fn hear(event: *const sys::repolock_event_t, user_data: *mut c_void) {
    ffi::guarded(|| {
        // SAFETY: it is the count that Loss::of gave away; the event is lent for the call.
        let (loss, event) = unsafe { (&*(user_data as *const Loss), Event::lent(event)) };
        loss.end(Some(told(&event)));
    });
}

unsafe extern "C" fn forget(user_data: *mut c_void) {
    // SAFETY: the library calls this once, last, with the count that Loss::of gave away.
    ffi::guarded(|| drop(unsafe { Arc::from_raw(user_data as *const Loss) }));
}

fn told(event: &Event) -> Error {
    let mut details = Details::saying(event.message());
    let mut fields = event.fields().into_iter();
    details.reason = fields
        .find(|(key, _)| key == "reason")
        .map(|(_, reason)| reason);
    Error::of(event.status(), details)
}

/// The end of a lock: the error of its loss, or `None` once it was released or abandoned. It borrows
/// nothing, and is for `select!` or a task of its own. See [`LockGuard::lost`](crate::LockGuard::lost).
#[must_use = "a future does nothing unless it is awaited"]
pub struct Lost {
    loss: Arc<Loss>,
    number: u64,
}

impl Lost {
    pub(crate) fn new(loss: &Arc<Loss>) -> Self {
        let mut state = loss.state();
        state.last += 1;
        Lost {
            number: state.last,
            loss: Arc::clone(loss),
        }
    }
}

impl Future for Lost {
    type Output = Option<Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.loss.state();
        if let Some(end) = &state.end {
            return Poll::Ready(end.clone());
        }
        state.waiting.insert(self.number, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Lost {
    fn drop(&mut self) {
        let waker = self.loss.state().waiting.remove(&self.number);
        drop(waker); // not under the mutex: it may be the last count of its task
    }
}
