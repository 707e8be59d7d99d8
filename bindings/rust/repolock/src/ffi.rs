//! What crosses the border to C: text, statuses, durations, and panics, which must not.

use crate::{Details, Error, Result};
use repolock_sys as sys;
use std::ffi::{CStr, CString};
use std::mem;
use std::os::raw::c_char;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Duration;

/// A copy of text that the library lends.
///
/// # Safety
/// `lent` is NULL or ends in NUL, and its handle lives.
pub(crate) unsafe fn text(lent: *const c_char) -> String {
    if lent.is_null() {
        return String::new();
    }
    // SAFETY: it ends in NUL.
    unsafe { CStr::from_ptr(lent) }
        .to_string_lossy()
        .into_owned()
}

/// Runs what the library has called us for. A panic ends here, after the panic hook has told of it.
pub(crate) fn guarded(body: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
        mem::forget(payload); // its destructor might panic too
    }
}

/// Text for a parameter that ends in NUL.
pub(crate) fn terminated(value: &str) -> Result<CString> {
    CString::new(value).map_err(|_| {
        Error::Invalid(Details::saying(format!(
            "{value:?} has a NUL inside, which no option can"
        )))
    })
}

/// Where the library's simple calls write what was wrong.
pub(crate) struct Sentence([c_char; sys::REPOLOCK_ERR_SIZE]);

impl Sentence {
    pub(crate) fn new() -> Self {
        Sentence([0; sys::REPOLOCK_ERR_SIZE])
    }

    pub(crate) fn buffer(&mut self) -> *mut c_char {
        self.0.as_mut_ptr()
    }

    pub(crate) fn size(&self) -> usize {
        self.0.len()
    }

    /// The error of a status, with what was written.
    pub(crate) fn result(&self, status: sys::repolock_status_t) -> Result<()> {
        if status == sys::REPOLOCK_OK {
            return Ok(());
        }
        // SAFETY: a call that fails has written a sentence with its NUL.
        let message = unsafe { text(self.0.as_ptr()) };
        Err(Error::of(status, Details::saying(message)))
    }
}

/// Rounded up: what is short, but not nothing, must not become "do not wait".
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    let whole = duration.as_millis();
    let rounded = whole + u128::from(duration.subsec_nanos() % 1_000_000 != 0);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// As milliseconds, where [`Duration::MAX`] is without end.
pub(crate) fn limit(duration: Duration) -> i64 {
    match duration {
        Duration::MAX => -1,
        limited => milliseconds(limited),
    }
}

/// `None` where the library has no such number.
pub(crate) fn duration(ms: i64) -> Option<Duration> {
    match ms {
        i64::MAX => Some(Duration::MAX),
        known => u64::try_from(known).ok().map(Duration::from_millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_up() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(2)), 2);
        assert_eq!(limit(Duration::MAX), -1);
        assert_eq!(duration(-1), None);
        assert_eq!(duration(i64::MAX), Some(Duration::MAX));
    }

    #[test]
    fn a_panic_does_not_cross_the_border() {
        struct PanicsWhenDropped;
        impl Drop for PanicsWhenDropped {
            fn drop(&mut self) {
                panic!("the payload's own");
            }
        }
        guarded(|| std::panic::panic_any(PanicsWhenDropped));
    }
}
