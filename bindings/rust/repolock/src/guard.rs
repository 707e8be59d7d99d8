//! One acquisition, from its grant to its release or loss.

use crate::ffi;
use crate::loss::Loss;
use crate::op::Op;
use crate::{farewell, Client, Details, Error, Lost, Previous, Result};
use repolock_sys as sys;
use std::fmt;
use std::os::unix::io::{FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

/// A lock that is held, unless it was lost: see [`lost`](LockGuard::lost).
///
/// To drop it releases without blocking, under any runtime and in any thread; whoever wants to know
/// whether the release succeeded calls [`release`](LockGuard::release). A panic drops it as any other
/// value. `mem::forget` leaves it held and renewed for as long as the process lives.
#[must_use = "to drop it releases the lock at once"]
pub struct LockGuard {
    lease: NonNull<sys::repolock_lease_t>,
    loss: Arc<Loss>,
    repos: Vec<String>,
    is_over: bool, // released, or abandoned
    _client: Client,
}

// SAFETY: any function may be called from any thread, also at once on one handle (convention 8 of
// repolock.h), and Drop has the only reference. A release may come from another thread than the grant.
unsafe impl Send for LockGuard {}
unsafe impl Sync for LockGuard {}

impl LockGuard {
    pub(crate) fn take(op: Op, client: Client, repos: Vec<String>) -> Result<LockGuard> {
        let mut lease = ptr::null_mut();
        // SAFETY: the op lives, and has succeeded.
        let status = unsafe { sys::repolock_op_take_lease(op.handle(), &mut lease) };
        let lease = match NonNull::new(lease) {
            Some(lease) if status == sys::REPOLOCK_OK => lease,
            _ => return Err(Error::of(status, Box::default())),
        };
        let mut guard = LockGuard {
            lease,
            loss: Arc::default(),
            repos,
            is_over: false,
            _client: client,
        };
        // SAFETY: the lease is the guard's, which lives.
        guard.loss = unsafe { Loss::of(guard.handle())? };
        Ok(guard)
    }

    fn handle(&self) -> *mut sys::repolock_lease_t {
        self.lease.as_ptr()
    }

    /// Lets the next one in. If the future is dropped the release goes on by itself. 2 s at most.
    ///
    /// # Errors
    /// [`Error::Lost`]: it had gone before, and others may have been at work meanwhile;
    /// [`Error::Unknown`]: no answer, it ends by its ttl if not at once; [`Error::Closed`].
    pub async fn release(mut self) -> Result<()> {
        let op = self.start_release()?;
        let result = op.finish(None).await;
        self.released(result)
    }

    pub(crate) fn start_release(&mut self) -> Result<Op> {
        // SAFETY: the lease lives.
        let op = Op::start(|out| unsafe { sys::repolock_release_start(self.handle(), out) })?;
        self.is_over = true;
        Ok(op)
    }

    /// The error of a release has what the news of the loss had told.
    pub(crate) fn released(self, result: Result<()>) -> Result<()> {
        result.map_err(|mut error| {
            error.details_mut().reason = self.loss.known().and_then(|mut loss| {
                let details = loss.details_mut();
                details.reason.take()
            });
            error
        })
    }

    /// Without a release: it is renewed no longer, and ends by its ttl. For work that may still go on
    /// when nobody can wait for it.
    pub fn abandon(mut self) {
        self.is_over = true;
    }

    /// Renews now, with `ttl` from here on. Nobody has to: the library renews by itself.
    ///
    /// # Errors
    /// [`Error::Lost`], [`Error::Unknown`], [`Error::Unavailable`], [`Error::Invalid`],
    /// [`Error::Closed`].
    pub async fn extend(&self, ttl: Duration) -> Result<()> {
        self.start_extend(ttl)?.finish(None).await
    }

    pub(crate) fn start_extend(&self, ttl: Duration) -> Result<Op> {
        let ttl = ffi::milliseconds(ttl);
        // SAFETY: the lease lives.
        Op::start(|out| unsafe { sys::repolock_extend_start(self.handle(), ttl, out) })
    }

    /// Completes with the error when the lock is lost, or with `None` once it is released. Where it runs
    /// out the news comes early, with [`remaining`](LockGuard::remaining) left to stop the work; where it
    /// was broken or the data are gone there is no such time.
    pub fn lost(&self) -> Lost {
        Lost::new(&self.loss)
    }

    /// Whether it is held, asked of the library itself: after a pause it knows before any news can come.
    ///
    /// # Errors
    /// [`Error::Lost`], [`Error::Closed`], [`Error::Forked`].
    pub fn check(&self) -> Result<()> {
        // SAFETY: the lease lives, and lends its text.
        let status = unsafe { sys::repolock_lease_status(self.handle()) };
        match status {
            sys::REPOLOCK_OK => return Ok(()),
            sys::REPOLOCK_E_FORKED => {} // nobody may be there to unlock a mutex
            _ => {
                if let Some(loss) = self.loss.known() {
                    return Err(loss);
                }
            }
        }
        // SAFETY: as above.
        let message = unsafe { ffi::text(sys::repolock_lease_message(self.handle())) };
        Err(Error::of(status, Details::saying(message)))
    }

    /// [`check`](LockGuard::check) as yes or no.
    pub fn is_held(&self) -> bool {
        self.check().is_ok()
    }

    /// A number that grows with each exclusive lock of the name: what is written to can refuse a smaller
    /// one. Shared ones repeat the last.
    pub fn fence(&self) -> u64 {
        // SAFETY: the lease lives.
        unsafe { sys::repolock_lease_fence(self.handle()) }
    }

    /// [`fence`](LockGuard::fence), by the name that it has elsewhere.
    pub fn token(&self) -> u64 {
        self.fence()
    }

    /// The fence of each name, in the order of [`repos`](LockGuard::repos).
    pub fn fences(&self) -> Vec<u64> {
        (0..self.repos.len())
            // SAFETY: the lease lives.
            .map(|index| unsafe { sys::repolock_lease_fence_at(self.handle(), index) })
            .collect()
    }

    /// The names, as they were asked for.
    pub fn repos(&self) -> &[String] {
        &self.repos
    }

    /// For logs, and for [`Client::break_lock`].
    pub fn id(&self) -> String {
        // SAFETY: the lease lives, and lends its text.
        unsafe { ffi::text(sys::repolock_lease_id(self.handle())) }
    }

    /// For so long nobody else can have it, even if no renewal comes; zero: it is gone;
    /// [`Duration::MAX`]: no end (`file:`).
    pub fn remaining(&self) -> Duration {
        // SAFETY: the lease lives.
        let ms = unsafe { sys::repolock_lease_remaining_ms(self.handle()) };
        ffi::duration(ms).unwrap_or(Duration::ZERO)
    }

    /// How the holder before ended.
    pub fn previous(&self) -> Previous {
        // SAFETY: the lease lives.
        Previous::of(unsafe { sys::repolock_lease_previous(self.handle()) })
    }

    /// With `file:`, a descriptor for each name to leave open in a child process: should this process
    /// die, the lock lasts until that child is gone too. They are closed on exec, unless the child
    /// clears that, or has one as its stdin: `Command::stdin(Stdio::from(fd))`.
    ///
    /// # Errors
    /// [`Error::Unsupported`]: not this backend, or not held.
    pub fn inherit_fds(&self) -> Result<Vec<OwnedFd>> {
        (0..self.repos.len())
            .map(|index| {
                // SAFETY: the lease lives, and gives a descriptor that is ours to close.
                match unsafe { sys::repolock_lease_inherit_fd_at(self.handle(), index) } {
                    -1 => Err(Error::Unsupported(Details::saying(
                        "only a lock that is held, and in files, has a descriptor for a child",
                    ))),
                    fd => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
                }
            })
            .collect()
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        // SAFETY: nobody has the handle any more.
        unsafe {
            if !self.is_over {
                farewell::release(self.handle());
            }
            self.loss.end(None);
            sys::repolock_lease_free(self.handle());
        }
    }
}

impl fmt::Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockGuard")
            .field("repos", &self.repos)
            .field("fence", &self.fence())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
