//! Who holds and who waits, at one moment.

use crate::ffi;
use repolock_sys as sys;
use std::convert::TryFrom;
use std::time::Duration;

/// One who holds a repository. What a backend cannot tell is empty or `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The one spelling of the repository's name.
    pub repo: String,
    /// For [`Client::break_lock`](crate::Client::break_lock).
    pub lease_id: String,
    /// As set by [`LockOptions::holder`](crate::LockOptions::holder).
    pub text: String,
    /// Its host.
    pub host: String,
    /// Its process.
    pub pid: Option<u32>,
    /// The fence.
    pub fence: Option<u64>,
    /// Together with others.
    pub shared: bool,
    /// Holds since.
    pub age: Option<Duration>,
    /// Until it ends unless renewed.
    pub remaining: Option<Duration>,
}

/// One who waits for a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiter {
    /// The one spelling of the repository's name.
    pub repo: String,
    /// As set by [`LockOptions::holder`](crate::LockOptions::holder).
    pub text: String,
    /// Its host.
    pub host: String,
    /// Its process.
    pub pid: Option<u32>,
    /// Would hold it together with others.
    pub shared: bool,
    /// 1 is next.
    pub place: u32,
    /// Waits since.
    pub age: Option<Duration>,
}

/// One server or directory that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// Where it is.
    pub host: String,
    /// `OK`, `E_UNAVAILABLE` and so on.
    pub status: String,
    /// The same in words.
    pub message: String,
}

/// Holders and waiters in order, and the servers that were asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Who holds.
    pub holders: Vec<Holder>,
    /// Who waits, in order.
    pub waiters: Vec<Waiter>,
    /// Who was asked.
    pub nodes: Vec<Node>,
}

impl Snapshot {
    /// A copy of the op's; empty where it has none.
    ///
    /// # Safety
    /// `op` lives.
    pub(crate) unsafe fn of(op: *const sys::repolock_op_t) -> Self {
        let mut handle = std::ptr::null_mut();
        let mut copy = Snapshot::default();
        // SAFETY: the op lives.
        if unsafe { sys::repolock_op_snapshot(op, &mut handle) } != sys::REPOLOCK_OK {
            return copy;
        }
        // SAFETY: the snapshot is ours until it is freed below.
        let size = unsafe { sys::repolock_snapshot_size(handle) };
        for row in (0..size).map(|index| Row { handle, index }) {
            match row.number(sys::REPOLOCK_NUMBER_ROW).unwrap_or(0) as i32 {
                sys::REPOLOCK_ROW_HOLDER => copy.holders.push(row.holder()),
                sys::REPOLOCK_ROW_WAITER => copy.waiters.push(row.waiter()),
                sys::REPOLOCK_ROW_NODE => copy.nodes.push(row.node()),
                _ => {} // of a later version
            }
        }
        // SAFETY: no row is left.
        unsafe { sys::repolock_snapshot_free(handle) };
        copy
    }

    /// Of an acquisition: it is itself the one waiter.
    pub(crate) fn place(&self) -> Option<u32> {
        self.waiters.first().map(|waiter| waiter.place)
    }
}

/// A row of a snapshot that lives.
struct Row {
    handle: *const sys::repolock_snapshot_t,
    index: usize,
}

impl Row {
    fn text(&self, field: i32) -> String {
        // SAFETY: the handle lives, and lends its text.
        unsafe { ffi::text(sys::repolock_snapshot_text(self.handle, self.index, field)) }
    }

    fn number(&self, field: i32) -> Option<u64> {
        // SAFETY: the handle lives.
        let number = unsafe { sys::repolock_snapshot_number(self.handle, self.index, field) };
        u64::try_from(number).ok()
    }

    fn small(&self, field: i32) -> Option<u32> {
        self.number(field)
            .and_then(|number| u32::try_from(number).ok())
    }

    fn duration(&self, field: i32) -> Option<Duration> {
        self.number(field).and_then(|ms| ffi::duration(ms as i64))
    }

    fn is(&self, field: i32) -> bool {
        self.number(field) == Some(1)
    }

    fn holder(&self) -> Holder {
        Holder {
            repo: self.text(sys::REPOLOCK_TEXT_REPO),
            lease_id: self.text(sys::REPOLOCK_TEXT_LEASE_ID),
            text: self.text(sys::REPOLOCK_TEXT_HOLDER),
            host: self.text(sys::REPOLOCK_TEXT_HOST),
            pid: self.small(sys::REPOLOCK_NUMBER_PID),
            fence: self.number(sys::REPOLOCK_NUMBER_FENCE),
            shared: self.is(sys::REPOLOCK_NUMBER_SHARED),
            age: self.duration(sys::REPOLOCK_NUMBER_AGE_MS),
            remaining: self.duration(sys::REPOLOCK_NUMBER_REMAINING_MS),
        }
    }

    fn waiter(&self) -> Waiter {
        Waiter {
            repo: self.text(sys::REPOLOCK_TEXT_REPO),
            text: self.text(sys::REPOLOCK_TEXT_HOLDER),
            host: self.text(sys::REPOLOCK_TEXT_HOST),
            pid: self.small(sys::REPOLOCK_NUMBER_PID),
            shared: self.is(sys::REPOLOCK_NUMBER_SHARED),
            place: self.small(sys::REPOLOCK_NUMBER_PLACE).unwrap_or(0),
            age: self.duration(sys::REPOLOCK_NUMBER_AGE_MS),
        }
    }

    fn node(&self) -> Node {
        Node {
            host: self.text(sys::REPOLOCK_TEXT_HOST),
            status: self.text(sys::REPOLOCK_TEXT_STATUS),
            message: self.text(sys::REPOLOCK_TEXT_MESSAGE),
        }
    }
}
