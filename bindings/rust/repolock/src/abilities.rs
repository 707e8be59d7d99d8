//! What a backend promises.

use repolock_sys as sys;
use std::ops::BitOr;

/// A set of what a backend can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Abilities(pub(crate) u64);

impl Abilities {
    /// Waiters are served in order.
    pub const FIFO: Self = Abilities(sys::REPOLOCK_CAN_FIFO);
    /// Fences grow while no server data are lost.
    pub const FENCE: Self = Abilities(sys::REPOLOCK_CAN_FENCE);
    /// Fences grow whatever happens.
    pub const FENCE_STRICT: Self = Abilities(sys::REPOLOCK_CAN_FENCE_STRICT);
    /// Exclusion rests on no clock.
    pub const EXCLUDE_STRICT: Self = Abilities(sys::REPOLOCK_CAN_EXCLUDE_STRICT);
    /// [`LockOptions::shared`](crate::LockOptions::shared).
    pub const SHARE: Self = Abilities(sys::REPOLOCK_CAN_SHARE);
    /// [`LockOptions::and`](crate::LockOptions::and).
    pub const SEVERAL: Self = Abilities(sys::REPOLOCK_CAN_SEVERAL);
    /// [`Client::inspect`](crate::Client::inspect).
    pub const INSPECT: Self = Abilities(sys::REPOLOCK_CAN_INSPECT);
    /// [`Client::list`](crate::Client::list).
    pub const LIST: Self = Abilities(sys::REPOLOCK_CAN_LIST);
    /// [`Client::break_lock`](crate::Client::break_lock).
    pub const BREAK: Self = Abilities(sys::REPOLOCK_CAN_BREAK);
    /// A dead holder's lock is free in milliseconds, not after its ttl.
    pub const CRASH_RELEASE: Self = Abilities(sys::REPOLOCK_CAN_CRASH_RELEASE);

    /// Whether all of `others` are among these.
    pub fn contains(self, others: Abilities) -> bool {
        self.0 & others.0 == others.0
    }
}

impl BitOr for Abilities {
    type Output = Abilities;

    fn bitor(self, other: Abilities) -> Abilities {
        Abilities(self.0 | other.0)
    }
}
