//! What is dropped ends in the background: nobody who drops is blocked, under any runtime. The end of
//! the process waits for it, 2 s at most: a release that was not sent would leave the others to wait
//! for the ttl.

use crate::ffi;
use repolock_sys as sys;
use std::os::raw::{c_int, c_void};
use std::process;
use std::ptr::{self, NonNull};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

/// Releases a lease that nobody will ask for any more.
///
/// # Safety
/// `lease` lives; it may be freed as soon as this returns.
pub(crate) unsafe fn release(lease: *mut sys::repolock_lease_t) {
    let mut op = ptr::null_mut();
    // SAFETY: the lease lives, and a new op is ours.
    unsafe {
        if sys::repolock_release_start(lease, &mut op) == sys::REPOLOCK_OK {
            Farewell { op, client: None }.begin();
        }
    }
}

/// Frees a client that nobody has any more, once its last releases are through.
///
/// # Safety
/// `client` lives, and belongs to this call from now on.
pub(crate) unsafe fn end(client: NonNull<sys::repolock_client_t>) {
    let mut op = ptr::null_mut();
    // SAFETY: the client is ours, and so is a new op.
    unsafe {
        if sys::repolock_shutdown_start(client.as_ptr(), 0, &mut op) == sys::REPOLOCK_OK {
            let client = Some(client);
            Farewell { op, client }.begin();
        } else {
            sys::repolock_client_free(client.as_ptr()); // in the child of a fork
        }
    }
}

/// An op whose end nobody waits for, and what is to be freed then.
struct Farewell {
    op: *mut sys::repolock_op_t,
    client: Option<NonNull<sys::repolock_client_t>>,
}

impl Farewell {
    /// # Safety
    /// Both handles live, and belong to this call from now on.
    unsafe fn begin(self) {
        count(1);
        let op = self.op;
        let itself = Box::into_raw(Box::new(self));
        // SAFETY: the op lives; the callbacks get the box, which forget takes back. If they do not get
        // it, nobody would be told: all is over.
        unsafe {
            let status = sys::repolock_op_on_done(op, Some(done), itself.cast(), Some(forget));
            if status != sys::REPOLOCK_OK {
                (*itself).free();
                forget(itself.cast());
            }
        }
    }

    /// # Safety
    /// It comes once.
    unsafe fn free(&self) {
        // SAFETY: both handles are ours.
        unsafe {
            sys::repolock_op_free(self.op);
            if let Some(client) = self.client {
                sys::repolock_client_free(client.as_ptr());
            }
        }
    }
}

unsafe extern "C" fn done(_event: *const sys::repolock_event_t, user_data: *mut c_void) {
    // SAFETY: it is the box of begin; a callback may free any handle, its own included.
    ffi::guarded(|| unsafe { (*user_data.cast::<Farewell>()).free() });
}

unsafe extern "C" fn forget(user_data: *mut c_void) {
    ffi::guarded(|| {
        // SAFETY: called once, last, with the box of begin.
        drop(unsafe { Box::from_raw(user_data.cast::<Farewell>()) });
        count(-1);
    });
}

/// How many farewells are under way.
static UNDER_WAY: Mutex<isize> = Mutex::new(0);
static ONE_LESS: Condvar = Condvar::new();
const PATIENCE: Duration = Duration::from_secs(2);

fn under_way() -> MutexGuard<'static, isize> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(change: isize) {
    static AT_EXIT: Once = Once::new();
    AT_EXIT.call_once(|| {
        let this_process = process::id();
        *PROCESS.lock().unwrap_or_else(PoisonError::into_inner) = this_process;
        // SAFETY: the function lives as long as the program.
        unsafe { atexit(await_all) };
    });
    *under_way() += change;
    ONE_LESS.notify_all();
}

extern "C" {
    fn atexit(function: extern "C" fn()) -> c_int;
}

/// The one that counts: the child of a fork has the number, but nobody who would count down.
static PROCESS: Mutex<u32> = Mutex::new(0);

extern "C" fn await_all() {
    ffi::guarded(|| {
        if *PROCESS.lock().unwrap_or_else(PoisonError::into_inner) == process::id() {
            let result = ONE_LESS.wait_timeout_while(under_way(), PATIENCE, |left| *left > 0);
            drop(result);
        }
    });
}
