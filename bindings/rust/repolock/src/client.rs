//! A client, and what it does besides locking.

use crate::ffi;
use crate::op::Op;
use crate::{
    farewell, Abilities, ClientBuilder, LockGuard, LockOptions, Result, Snapshot, Waiting,
};
use repolock_sys as sys;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

/// Locks repositories in one backend. One is enough for a program; a clone is the same client.
///
/// It ends in the background when the last clone, guard and future of it are dropped.
#[derive(Clone)]
pub struct Client(Arc<Handle>);

struct Handle(NonNull<sys::repolock_client_t>);

// SAFETY: any function may be called from any thread, also at once on one handle (convention 8 of
// repolock.h), and Drop has the only reference.
unsafe impl Send for Handle {}
unsafe impl Sync for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: nobody has the handle any more.
        unsafe { farewell::end(self.0) }
    }
}

impl Client {
    /// A client of all defaults: its locks are where the environment variable `REPOLOCK_URL` says,
    /// else in files of this host and user.
    ///
    /// # Errors
    /// Those of [`ClientBuilder::open`].
    pub fn open() -> Result<Client> {
        ClientBuilder::default().open()
    }

    /// A client that is told more.
    ///
    /// ```
    /// let client = repolock::Client::builder().url("memory:").holder("nightly scan").open()?;
    /// # Ok::<(), repolock::Error>(())
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn owning(handle: NonNull<sys::repolock_client_t>) -> Client {
        Client(Arc::new(Handle(handle)))
    }

    fn handle(&self) -> *mut sys::repolock_client_t {
        self.0 .0.as_ptr()
    }

    /// Waits in line for `repo`, and holds it until the guard is released or dropped, or the lock is
    /// lost. `owner/name`, `https://github.com/Owner/Name.git` and `git@github.com:owner/name` are one
    /// lock; see [`canonical`](crate::canonical).
    ///
    /// It takes its place in line when it is first polled. To drop the future leaves the line at once;
    /// what it may have won is released.
    ///
    /// # Errors
    /// [`Error::Timeout`](crate::Error::Timeout), `Unavailable`, `Unknown`, `Closed`, `Invalid`,
    /// `Denied`, `Misconfigured`, `Unsupported`, `Io`; with the holders, the place, and what each server
    /// answered.
    pub async fn lock(&self, repo: &str) -> Result<LockGuard> {
        self.lock_with(repo, &LockOptions::new()).await
    }

    /// [`lock`](Client::lock) without the wait: [`Error::Held`](crate::Error::Held) if somebody else
    /// holds `repo`, or waits for it.
    ///
    /// # Errors
    /// Those of [`lock`](Client::lock), with `Held` for `Timeout`.
    pub async fn try_lock(&self, repo: &str) -> Result<LockGuard> {
        let options = LockOptions::new().wait(Duration::ZERO);
        self.lock_with(repo, &options).await
    }

    /// [`lock`](Client::lock) that is told more.
    ///
    /// # Errors
    /// Those of [`lock`](Client::lock); `Held` if the wait is zero.
    pub async fn lock_with(&self, repo: &str, options: &LockOptions) -> Result<LockGuard> {
        let op = self.start_lock(repo, options)?;
        match options.on_wait.as_deref() {
            None => op.finish(None).await?,
            Some(hear) => {
                op.finish(Some(&|now| hear(Waiting::of(now)))).await?;
            }
        }
        self.grant(op, repo, options)
    }

    pub(crate) fn start_lock(&self, repo: &str, options: &LockOptions) -> Result<Op> {
        let request = options.native()?;
        // SAFETY: client and request live; the name goes with its length.
        Op::start(|out| unsafe {
            let (name, len) = (repo.as_ptr().cast(), repo.len());
            sys::repolock_acquire_start(self.handle(), name, len, request.0, out)
        })
    }

    pub(crate) fn grant(&self, op: Op, repo: &str, options: &LockOptions) -> Result<LockGuard> {
        let mut repos = vec![repo.to_string()];
        repos.extend(options.more.iter().cloned());
        LockGuard::take(op, self.clone(), repos)
    }

    /// Who holds `repo` and who waits for it.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable), `Unsupported`, `Invalid`, `Denied`, `Closed`.
    pub async fn inspect(&self, repo: &str) -> Result<Snapshot> {
        let op = self.start_inspect(Some(repo))?;
        op.finish(None).await?;
        Ok(op.snapshot())
    }

    /// [`inspect`](Client::inspect) for all that is held or waited for.
    ///
    /// # Errors
    /// Those of [`inspect`](Client::inspect).
    pub async fn list(&self) -> Result<Snapshot> {
        let op = self.start_inspect(None)?;
        op.finish(None).await?;
        Ok(op.snapshot())
    }

    pub(crate) fn start_inspect(&self, repo: Option<&str>) -> Result<Op> {
        let name = repo.map_or(ptr::null(), |repo| repo.as_ptr().cast());
        let len = repo.map_or(0, str::len);
        // SAFETY: the client lives; the name goes with its length.
        Op::start(|out| unsafe { sys::repolock_inspect_start(self.handle(), name, len, out) })
    }

    /// Takes `repo` from the lease that a snapshot named; its holder loses it. Be sure that its work has
    /// stopped.
    ///
    /// # Errors
    /// [`Error::Lost`](crate::Error::Lost): that lease had gone already; `Unsupported`, `Denied`.
    pub async fn break_lock(&self, repo: &str, lease_id: &str) -> Result<()> {
        self.start_break(repo, lease_id)?.finish(None).await
    }

    pub(crate) fn start_break(&self, repo: &str, lease_id: &str) -> Result<Op> {
        let id = ffi::terminated(lease_id)?;
        // SAFETY: the client lives; the name goes with its length, and the id ends in NUL.
        Op::start(|out| unsafe {
            let (name, len) = (repo.as_ptr().cast(), repo.len());
            sys::repolock_break_start(self.handle(), name, len, id.as_ptr(), out)
        })
    }

    /// Ends the client in good order: nothing new starts, those who wait end with
    /// [`Error::Closed`](crate::Error::Closed), and holders have `patience` to release. What is still
    /// held then is lost, and left to end by its ttl, as nobody knows whether its work has stopped.
    /// It goes on if the future is dropped. A second call joins the first.
    ///
    /// # Errors
    /// [`Error::Unknown`](crate::Error::Unknown): a release got no answer.
    pub async fn shutdown(&self, patience: Duration) -> Result<()> {
        self.start_shutdown(patience)?.finish(None).await
    }

    pub(crate) fn start_shutdown(&self, patience: Duration) -> Result<Op> {
        let timeout = ffi::limit(patience);
        // SAFETY: the client lives.
        Op::start(|out| unsafe { sys::repolock_shutdown_start(self.handle(), timeout, out) })
    }

    /// What the backend promises.
    pub fn abilities(&self) -> Abilities {
        // SAFETY: the client lives.
        Abilities(unsafe { sys::repolock_client_capabilities(self.handle()) })
    }

    /// Counters, gauges and histogram buckets, such as `locks_held` or `acquire_ms_le_100`, each read by
    /// itself.
    pub fn stats(&self) -> Vec<(String, i64)> {
        let mut stats = Vec::new();
        let (mut name, mut value) = (ptr::null(), 0);
        // SAFETY: the client lives, and the name is constant text.
        unsafe {
            while sys::repolock_client_stat(self.handle(), stats.len(), &mut name, &mut value)
                == sys::REPOLOCK_OK
            {
                stats.push((ffi::text(name), value));
            }
        }
        stats
    }

    /// "The program is alive": see [`ClientBuilder::heartbeat`].
    pub fn heartbeat(&self) {
        // SAFETY: the client lives.
        unsafe { sys::repolock_client_heartbeat(self.handle()) }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
