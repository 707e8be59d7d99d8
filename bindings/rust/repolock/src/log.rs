//! The client's log.

use crate::event::Event;
use crate::{ffi, Error, Result};
use repolock_sys as sys;
use std::os::raw::c_void;

/// How grave a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LogLevel {
    /// Something does not work.
    Error = sys::REPOLOCK_LOG_ERROR as isize,
    /// Something is not as it should be.
    Warn = sys::REPOLOCK_LOG_WARN as isize,
    /// What happens seldom.
    Info = sys::REPOLOCK_LOG_INFO as isize,
    /// What happens often.
    Debug = sys::REPOLOCK_LOG_DEBUG as isize,
}

/// One line of the log: a sentence, and the same as data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogRecord {
    /// How grave it is.
    pub level: LogLevel,
    /// The sentence.
    pub message: String,
    /// `event`, `repo`, `node` and so on, each with its value.
    pub fields: Vec<(String, String)>,
}

pub(crate) type Logger = Box<dyn Fn(&LogRecord) + Send + Sync>;

/// Has `logger` hear all up to `level`.
///
/// # Safety
/// `client` lives.
pub(crate) unsafe fn subscribe(
    client: *mut sys::repolock_client_t,
    level: LogLevel,
    logger: Logger,
) -> Result<()> {
    let shared = Box::into_raw(Box::new(logger)).cast::<c_void>();
    // SAFETY: the client lives; the callbacks get the box, which forget takes back.
    let status = unsafe {
        sys::repolock_client_on_log(client, level as i32, Some(hear), shared, Some(forget))
    };
    if status == sys::REPOLOCK_OK {
        return Ok(());
    }
    // SAFETY: nothing was kept, called or freed.
    unsafe { forget(shared) };
    Err(Error::of(status, Box::default()))
}

unsafe extern "C" fn hear(event: *const sys::repolock_event_t, user_data: *mut c_void) {
    ffi::guarded(|| {
        // SAFETY: it is the box of subscribe; the event is lent for the call.
        let (logger, event) = unsafe { (&*user_data.cast::<Logger>(), Event::lent(event)) };
        logger(&LogRecord::of(&event));
    });
}

unsafe extern "C" fn forget(user_data: *mut c_void) {
    // SAFETY: called once, last, with the box of subscribe.
    ffi::guarded(|| drop(unsafe { Box::from_raw(user_data.cast::<Logger>()) }));
}

impl LogRecord {
    fn of(event: &Event) -> Self {
        LogRecord {
            level: match event.level() {
                sys::REPOLOCK_LOG_ERROR => LogLevel::Error,
                sys::REPOLOCK_LOG_WARN => LogLevel::Warn,
                sys::REPOLOCK_LOG_INFO => LogLevel::Info,
                _ => LogLevel::Debug,
            },
            message: event.message(),
            fields: event.fields(),
        }
    }
}
