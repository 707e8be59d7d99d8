//! How one lock is acquired.

use crate::ffi::{limit, milliseconds};
use crate::{Error, Holder, Result, Snapshot};
use repolock_sys as sys;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How to acquire a lock: reusable, and not tied to a client.
///
/// ```
/// # use std::time::Duration;
/// let options = repolock::LockOptions::new()
///     .wait(Duration::from_secs(5))
///     .holder("job 17");
/// ```
#[must_use = "hand it to lock_with"]
#[derive(Clone, Default)]
pub struct LockOptions {
    ttl: Option<Duration>,
    wait: Option<Duration>,
    max_hold: Option<Duration>,
    is_shared: bool,
    is_unrenewed: bool,
    holder: Option<String>,
    pub(crate) more: Vec<String>,
    pub(crate) on_wait: Option<Arc<dyn Fn(Waiting) + Send + Sync>>,
}

/// The state of a wait: what [`LockOptions::on_wait`] hears.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Waiting {
    /// The place in the queue; 1 is next.
    pub place: u32,
    /// Those it waits for.
    pub holders: Vec<Holder>,
}

impl Waiting {
    pub(crate) fn of(snapshot: Snapshot) -> Self {
        Waiting {
            place: snapshot.place().unwrap_or(0),
            holders: snapshot.holders,
        }
    }
}

impl LockOptions {
    /// What the client says.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a crash of this holder blocks others. The library renews by itself, at a third of it.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// How long to wait. Zero does not wait, [`Duration::MAX`] waits without end.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// Renewal ends so long after the grant, for good: a holder that hangs loses the lock.
    pub fn max_hold(mut self, most: Duration) -> Self {
        self.max_hold = Some(most);
        self
    }

    /// Together with others that ask for it so.
    pub fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    /// The job: those who wait are told.
    pub fn holder(mut self, text: impl Into<String>) -> Self {
        self.holder = Some(text.into());
        self
    }

    /// One more name in the same lock: all of them are held, or none.
    pub fn and(mut self, repo: impl Into<String>) -> Self {
        self.more.push(repo.into());
        self
    }

    /// Leaves the renewal to [`LockGuard::extend`](crate::LockGuard::extend).
    pub fn without_renewal(mut self) -> Self {
        self.is_unrenewed = true;
        self
    }

    /// Hears when the wait begins, and when the place or the holder changes. It is called by whoever
    /// polls the future; if it panics, the wait ends, as in any future.
    pub fn on_wait(mut self, hear: impl Fn(Waiting) + Send + Sync + 'static) -> Self {
        self.on_wait = Some(Arc::new(hear));
        self
    }

    /// The library's form.
    pub(crate) fn native(&self) -> Result<Request> {
        // SAFETY: it has no precondition.
        let request = Request(unsafe { sys::repolock_request_new() });
        if request.0.is_null() {
            return Err(Error::of(sys::REPOLOCK_E_NOMEM, Box::default()));
        }
        // SAFETY: the request lives; all text is copied, and goes with its length.
        unsafe {
            if let Some(ttl) = self.ttl {
                sys::repolock_request_set_ttl(request.0, milliseconds(ttl));
            }
            if let Some(wait) = self.wait {
                sys::repolock_request_set_wait(request.0, limit(wait));
            }
            if let Some(most) = self.max_hold {
                sys::repolock_request_set_max_hold(request.0, milliseconds(most));
            }
            if self.is_shared {
                sys::repolock_request_set_shared(request.0, 1);
            }
            if self.is_unrenewed {
                sys::repolock_request_set_renew(request.0, 0);
            }
            if let Some(text) = &self.holder {
                sys::repolock_request_set_holder(request.0, text.as_ptr().cast(), text.len());
            }
            for repo in &self.more {
                sys::repolock_request_add_repo(request.0, repo.as_ptr().cast(), repo.len());
            }
        }
        Ok(request)
    }
}

impl fmt::Debug for LockOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockOptions")
            .field("ttl", &self.ttl)
            .field("wait", &self.wait)
            .field("max_hold", &self.max_hold)
            .field("shared", &self.is_shared)
            .field("holder", &self.holder)
            .field("and", &self.more)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Request(pub(crate) *mut sys::repolock_request_t);

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: nobody has the handle any more.
        unsafe { sys::repolock_request_free(self.0) }
    }
}
