//! The same for programs without async: each call blocks its thread.
//!
//! ```
//! use repolock::blocking::Client;
//!
//! let client = Client::from(repolock::Client::builder().url("memory:").open()?);
//! let guard = client.lock("owner/name")?;
//! println!("mine, with fence {}", guard.fence());
//! guard.release()?;
//! # Ok::<(), repolock::Error>(())
//! ```
//!
//! No signal ends a wait: to be able to give one up, give it a limit, or use the futures.

use crate::{LockOptions, Result, Snapshot, Waiting};
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

/// A [`Client`](crate::Client) whose calls block; what does not block is that client's.
#[derive(Debug, Clone)]
pub struct Client(crate::Client);

impl From<crate::Client> for Client {
    fn from(client: crate::Client) -> Self {
        Client(client)
    }
}

impl Deref for Client {
    type Target = crate::Client;

    fn deref(&self) -> &crate::Client {
        &self.0
    }
}

impl Client {
    /// See [`Client::open`](crate::Client::open).
    ///
    /// # Errors
    /// Those of the same.
    pub fn open() -> Result<Client> {
        crate::Client::open().map(Client)
    }

    /// See [`Client::lock`](crate::Client::lock). Blocks for the wait.
    ///
    /// # Errors
    /// Those of the same; and [`Error::WrongThread`](crate::Error::WrongThread) in the closure of a log.
    pub fn lock(&self, repo: &str) -> Result<LockGuard> {
        self.lock_with(repo, &LockOptions::new())
    }

    /// See [`Client::try_lock`](crate::Client::try_lock). Blocks for an answer.
    ///
    /// # Errors
    /// Those of the same.
    pub fn try_lock(&self, repo: &str) -> Result<LockGuard> {
        self.lock_with(repo, &LockOptions::new().wait(Duration::ZERO))
    }

    /// See [`Client::lock_with`](crate::Client::lock_with). Blocks for the wait.
    ///
    /// # Errors
    /// Those of [`lock`](Client::lock).
    pub fn lock_with(&self, repo: &str, options: &LockOptions) -> Result<LockGuard> {
        let op = self.0.start_lock(repo, options)?;
        match options.on_wait.as_deref() {
            None => op.wait()?,
            Some(hear) => {
                op.may_block()?;
                block_on(op.finish(Some(&|now| hear(Waiting::of(now)))))?;
            }
        }
        self.0.grant(op, repo, options).map(LockGuard)
    }

    /// See [`Client::inspect`](crate::Client::inspect). Blocks for an answer.
    ///
    /// # Errors
    /// Those of the same.
    pub fn inspect(&self, repo: &str) -> Result<Snapshot> {
        let op = self.0.start_inspect(Some(repo))?;
        op.wait()?;
        Ok(op.snapshot())
    }

    /// See [`Client::list`](crate::Client::list). Blocks for an answer.
    ///
    /// # Errors
    /// Those of the same.
    pub fn list(&self) -> Result<Snapshot> {
        let op = self.0.start_inspect(None)?;
        op.wait()?;
        Ok(op.snapshot())
    }

    /// See [`Client::break_lock`](crate::Client::break_lock). Blocks for an answer.
    ///
    /// # Errors
    /// Those of the same.
    pub fn break_lock(&self, repo: &str, lease_id: &str) -> Result<()> {
        self.0.start_break(repo, lease_id)?.wait()
    }

    /// See [`Client::shutdown`](crate::Client::shutdown). Blocks for `patience` and 2 s at most.
    ///
    /// # Errors
    /// Those of the same.
    pub fn shutdown(&self, patience: Duration) -> Result<()> {
        self.0.start_shutdown(patience)?.wait()
    }
}

/// A [`LockGuard`](crate::LockGuard) whose calls block; what does not block is that guard's.
#[derive(Debug)]
#[must_use = "to drop it releases the lock at once"]
pub struct LockGuard(crate::LockGuard);

impl Deref for LockGuard {
    type Target = crate::LockGuard;

    fn deref(&self) -> &crate::LockGuard {
        &self.0
    }
}

impl From<LockGuard> for crate::LockGuard {
    fn from(guard: LockGuard) -> Self {
        guard.0
    }
}

impl LockGuard {
    /// See [`LockGuard::release`](crate::LockGuard::release). Blocks for 2 s at most.
    ///
    /// # Errors
    /// Those of the same.
    pub fn release(mut self) -> Result<()> {
        let result = self.0.start_release()?.wait();
        self.0.released(result)
    }

    /// See [`LockGuard::abandon`](crate::LockGuard::abandon).
    pub fn abandon(self) {
        self.0.abandon();
    }

    /// See [`LockGuard::extend`](crate::LockGuard::extend). Blocks for an answer.
    ///
    /// # Errors
    /// Those of the same.
    pub fn extend(&self, ttl: Duration) -> Result<()> {
        self.0.start_extend(ttl)?.wait()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls on this thread, which sleeps in between.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
