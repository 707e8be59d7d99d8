//! What can go wrong.

use crate::{Holder, Node};
use repolock_sys as sys;
use std::fmt;
use std::time::Duration;

/// What the functions of this crate give.
pub type Result<T> = std::result::Result<T, Error>;

/// What is known beyond the kind of an error. Empty where nothing is.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Details {
    /// One sentence: the value or the holder, and the remedy.
    pub message: String,
    /// Who has the lock; more than one where it is shared.
    pub holders: Vec<Holder>,
    /// The place that this caller had in the queue; 1 would have been next.
    pub place: Option<u32>,
    /// What each server or directory answered.
    pub nodes: Vec<Node>,
    /// How a lock was lost: `expired`, `max_hold`, `stalled`, `broken`, `stolen`, `data_lost`,
    /// `shutdown`.
    pub reason: Option<String>,
}

impl Details {
    pub(crate) fn saying(message: impl Into<String>) -> Box<Self> {
        Box::new(Details {
            message: message.into(),
            ..Details::default()
        })
    }
}

/// Not a status of the library's: it is the wrong library.
const WRONG_LIBRARY: sys::repolock_status_t = sys::repolock_status_t::MIN;

/// The one table between the library's statuses and the variants.
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $status:path;)*) => {
        /// Every error of this crate. [`Display`](fmt::Display) is a sentence that names the remedy.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[$doc])* $name(Box<Details>),)*
        }

        impl Error {
            pub(crate) fn of(status: sys::repolock_status_t, details: Box<Details>) -> Self {
                match status {
                    $($status => Error::$name(details),)*
                    _ => Error::Internal(details),
                }
            }

            fn status(&self) -> sys::repolock_status_t {
                match self {
                    $(Error::$name(_) => $status,)*
                }
            }

            /// What is known beyond the kind.
            pub fn details(&self) -> &Details {
                match self {
                    $(Error::$name(details) => details,)*
                }
            }

            pub(crate) fn details_mut(&mut self) -> &mut Details {
                match self {
                    $(Error::$name(details) => details,)*
                }
            }
        }
    };
}

errors! {
    /// Somebody else has it, and the wait was zero. Retryable.
    Held = sys::REPOLOCK_E_HELD;
    /// Somebody else had it for all of the wait. Retryable.
    Timeout = sys::REPOLOCK_E_TIMEOUT;
    /// It was held, and is not any more: see [`Details::reason`].
    Lost = sys::REPOLOCK_E_LOST;
    /// No answer: it may or may not hold or be released; it is cleaned up in the background.
    Unknown = sys::REPOLOCK_E_UNKNOWN;
    /// Too few servers answered for a decision. Retryable.
    Unavailable = sys::REPOLOCK_E_UNAVAILABLE;
    /// The client was shut down, or is being so.
    Closed = sys::REPOLOCK_E_SHUTDOWN;
    /// A name, key or value that cannot be; nothing was sent.
    Invalid = sys::REPOLOCK_E_INVALID;
    /// Password, access rules of the server, or mode of the directory.
    Denied = sys::REPOLOCK_E_DENIED;
    /// The backend is set up wrongly: `repolock doctor` says how.
    Misconfigured = sys::REPOLOCK_E_MISCONFIGURED;
    /// This backend cannot do that: see [`Client::abilities`](crate::Client::abilities).
    Unsupported = sys::REPOLOCK_E_UNSUPPORTED;
    /// Disk full, read-only or unreadable: `file:` only.
    Io = sys::REPOLOCK_E_IO;
    /// A plugin that cannot be used.
    Plugin = sys::REPOLOCK_E_PLUGIN;
    /// Made before a `fork`, and used in the child: open a client there.
    Forked = sys::REPOLOCK_E_FORKED;
    /// A blocking call from the closure of a log, which is not the place for it.
    WrongThread = sys::REPOLOCK_E_WRONG_THREAD;
    /// Out of memory.
    NoMemory = sys::REPOLOCK_E_NOMEM;
    /// The librepolock that was loaded is not one that this crate can use.
    Library = WRONG_LIBRARY;
    /// A fault of librepolock's own: please report it.
    Internal = sys::REPOLOCK_E_INTERNAL;
}

/// A pause where nobody can tell how long the holder still needs.
const NO_IDEA: Duration = Duration::from_secs(1);

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        // SAFETY: it takes any number.
        unsafe { sys::repolock_status_is_retryable(self.status()) == 1 }
    }

    /// Whether somebody else has the lock: [`Error::Held`] or [`Error::Timeout`].
    pub fn is_contention(&self) -> bool {
        matches!(self, Error::Held(_) | Error::Timeout(_))
    }

    /// A pause after which the same call is worth another try: until the holders' leases end if nobody
    /// renews them, else a second. `None`: the same call would fail again.
    pub fn retry_after(&self) -> Option<Duration> {
        let known = self.holders().iter().filter_map(|holder| holder.remaining);
        let longest = known.filter(|left| *left != Duration::MAX).max();
        self.is_retryable().then(|| longest.unwrap_or(NO_IDEA))
    }

    /// [`Details::holders`].
    pub fn holders(&self) -> &[Holder] {
        &self.details().holders
    }

    /// [`Details::nodes`].
    pub fn nodes(&self) -> &[Node] {
        &self.details().nodes
    }

    /// [`Details::place`].
    pub fn place(&self) -> Option<u32> {
        self.details().place
    }

    /// [`Details::reason`].
    pub fn reason(&self) -> Option<&str> {
        self.details().reason.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.details().message.as_str(), self) {
            ("", Error::Forked(_)) => {
                f.write_str("made before a fork, and used in the child: open a client there")
            }
            ("", Error::NoMemory(_)) => f.write_str("out of memory"),
            ("", Error::WrongThread(_)) => f.write_str("a blocking call from the closure of a log"),
            ("", Error::Closed(_)) => f.write_str("the client was shut down"),
            ("", _) => {
                // SAFETY: it takes any number, and gives constant text.
                f.write_str(&unsafe { crate::ffi::text(sys::repolock_status_name(self.status())) })
            }
            (message, _) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}
