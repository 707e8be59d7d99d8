//! How the holder before ended.

use repolock_sys as sys;
use std::fmt;

/// How the holder before this one ended. After `Crashed`, `Expired` or `Broken` an `index.lock` that is
/// left in the clone is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Previous {
    /// Nobody held it, or nobody knows.
    None,
    /// In good order.
    Released,
    /// Its process died.
    Crashed,
    /// It was not renewed.
    Expired,
    /// Somebody took it away.
    Broken,
}

impl Previous {
    pub(crate) fn of(number: i32) -> Self {
        match number {
            sys::REPOLOCK_PREVIOUS_RELEASED => Previous::Released,
            sys::REPOLOCK_PREVIOUS_CRASHED => Previous::Crashed,
            sys::REPOLOCK_PREVIOUS_EXPIRED => Previous::Expired,
            sys::REPOLOCK_PREVIOUS_BROKEN => Previous::Broken,
            _ => Previous::None,
        }
    }
}

impl fmt::Display for Previous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Previous::None => "none",
            Previous::Released => "released",
            Previous::Crashed => "crashed",
            Previous::Expired => "expired",
            Previous::Broken => "broken",
        })
    }
}
