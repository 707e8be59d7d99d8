//! One piece of news, lent to a callback.

use crate::ffi;
use repolock_sys as sys;
use std::ptr;

pub(crate) struct Event(*const sys::repolock_event_t);

impl Event {
    /// # Safety
    /// `lent` is what a callback was given, and the callback does not return before this is dropped.
    pub(crate) unsafe fn lent(lent: *const sys::repolock_event_t) -> Self {
        Event(lent)
    }

    pub(crate) fn is_waiting(&self) -> bool {
        // SAFETY: the event is lent.
        unsafe { sys::repolock_event_kind(self.0) == sys::REPOLOCK_EVENT_WAITING }
    }

    pub(crate) fn status(&self) -> sys::repolock_status_t {
        // SAFETY: the event is lent.
        unsafe { sys::repolock_event_status(self.0) }
    }

    pub(crate) fn level(&self) -> i32 {
        // SAFETY: the event is lent.
        unsafe { sys::repolock_event_level(self.0) }
    }

    pub(crate) fn message(&self) -> String {
        // SAFETY: the event is lent, and lends its text.
        unsafe { ffi::text(sys::repolock_event_message(self.0)) }
    }

    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        let (mut key, mut value) = (ptr::null(), ptr::null());
        // SAFETY: the event is lent, and lends its text.
        unsafe {
            while sys::repolock_event_field(self.0, fields.len(), &mut key, &mut value)
                == sys::REPOLOCK_OK
            {
                fields.push((ffi::text(key), ffi::text(value)));
            }
        }
        fields
    }
}
