//! One lock for each git repository, across threads, processes, languages and hosts.
//!
//! Two git operations in one clone at once ruin it; whoever holds the lock of a repository clones, pulls
//! or deletes it alone. Others wait in line, and the next one goes on as soon as the holder is done, or
//! has crashed. On one host it needs no server; for several hosts the locks are in Redis.
//!
//! ```
//! # fn main() -> repolock::Result<()> { pollster::block_on(async {
//! # let client = repolock::Client::builder().url("memory:").open()?;
//! # /*
//! let client = repolock::Client::open()?;
//! # */
//! let guard = client.lock("owner/name").await?;
//! println!("mine, with fence {}", guard.fence());
//! // clone, pull or delete
//! guard.release().await
//! # }) }
//! ```
//!
//! The futures need no runtime, or any: the library's own thread wakes them, and renews what is held. To
//! drop a future that waits leaves the line; to drop a guard releases without blocking. Programs without
//! async use [`blocking`].
//!
//! A lock can be lost: broken, cut off from its server for too long, held for too long. Stop the work
//! then:
//!
//! ```
//! # use std::future::Future;
//! # async fn fetch() {}
//! # async fn either<A, B>(_a: impl Future<Output = A>, b: impl Future<Output = B>) -> B { b.await }
//! # fn main() -> repolock::Result<()> { pollster::block_on(async {
//! # let client = repolock::Client::builder().url("memory:").open()?;
//! let guard = client.lock("owner/name").await?;
//! # client.break_lock("owner/name", &guard.id()).await?;
//! # let loss =
//! either(fetch(), guard.lost()).await; // by the select! of your runtime
//! # assert_eq!(loss.unwrap().reason(), Some("broken"));
//! # Ok(()) }) }
//! ```

#![warn(missing_docs, unsafe_op_in_unsafe_fn)]

mod abilities;
pub mod blocking;
mod client;
mod error;
mod event;
mod farewell;
mod ffi;
mod guard;
mod library;
mod log;
mod loss;
mod op;
mod options;
mod previous;
mod settings;
mod snapshot;

pub use abilities::Abilities;
pub use client::Client;
pub use error::{Details, Error, Result};
pub use guard::LockGuard;
pub use library::version;
pub use log::{LogLevel, LogRecord};
pub use loss::Lost;
pub use options::{LockOptions, Waiting};
pub use previous::Previous;
pub use settings::ClientBuilder;
pub use snapshot::{Holder, Node, Snapshot, Waiter};

/// The one spelling under which a client of all defaults locks `repo`;
/// [`ClientBuilder::canonical`] for others.
///
/// # Errors
/// [`Error::Invalid`]: no such name can be.
///
/// ```
/// assert_eq!(repolock::canonical("git@github.com:Owner/Name.git")?, "owner/name");
/// # Ok::<(), repolock::Error>(())
/// ```
pub fn canonical(repo: &str) -> Result<String> {
    ClientBuilder::default().canonical(repo)
}
