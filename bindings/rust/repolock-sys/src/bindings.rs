//! What `repolock/repolock.h` declares, in its order, one declaration a statement and with the names of
//! the header: `tests/header.rs` reads this file.

use core::ffi::c_void;
use core::marker::{PhantomData, PhantomPinned};
use std::os::raw::c_char;

pub type repolock_status_t = i32;

pub const REPOLOCK_VERSION_NUMBER: u32 = 0x000100;

pub const REPOLOCK_OK: repolock_status_t = 0;
pub const REPOLOCK_E_INVALID: repolock_status_t = -1;
pub const REPOLOCK_E_NOMEM: repolock_status_t = -2;
pub const REPOLOCK_E_TIMEOUT: repolock_status_t = -3;
pub const REPOLOCK_E_HELD: repolock_status_t = -4;
pub const REPOLOCK_E_LOST: repolock_status_t = -5;
pub const REPOLOCK_E_UNKNOWN: repolock_status_t = -6;
pub const REPOLOCK_E_UNAVAILABLE: repolock_status_t = -7;
pub const REPOLOCK_E_CANCELED: repolock_status_t = -8;
pub const REPOLOCK_E_SHUTDOWN: repolock_status_t = -9;
pub const REPOLOCK_E_DENIED: repolock_status_t = -10;
pub const REPOLOCK_E_MISCONFIGURED: repolock_status_t = -11;
pub const REPOLOCK_E_UNSUPPORTED: repolock_status_t = -12;
pub const REPOLOCK_E_PLUGIN: repolock_status_t = -13;
pub const REPOLOCK_E_WRONG_THREAD: repolock_status_t = -14;
pub const REPOLOCK_E_FORKED: repolock_status_t = -15;
pub const REPOLOCK_E_DEADLOCK: repolock_status_t = -16;
pub const REPOLOCK_E_PENDING: repolock_status_t = -17;
pub const REPOLOCK_E_IO: repolock_status_t = -18;
pub const REPOLOCK_E_INTERNAL: repolock_status_t = -99;

pub const REPOLOCK_ERR_SIZE: usize = 512;
pub const REPOLOCK_REPO_SIZE: usize = 513;

pub const REPOLOCK_CAN_FIFO: u64 = 1;
pub const REPOLOCK_CAN_FENCE: u64 = 2;
pub const REPOLOCK_CAN_FENCE_STRICT: u64 = 4;
pub const REPOLOCK_CAN_EXCLUDE_STRICT: u64 = 8;
pub const REPOLOCK_CAN_SHARE: u64 = 16;
pub const REPOLOCK_CAN_SEVERAL: u64 = 32;
pub const REPOLOCK_CAN_INSPECT: u64 = 64;
pub const REPOLOCK_CAN_LIST: u64 = 128;
pub const REPOLOCK_CAN_BREAK: u64 = 256;
pub const REPOLOCK_CAN_CRASH_RELEASE: u64 = 512;

pub const REPOLOCK_LOG_ERROR: i32 = 1;
pub const REPOLOCK_LOG_WARN: i32 = 2;
pub const REPOLOCK_LOG_INFO: i32 = 3;
pub const REPOLOCK_LOG_DEBUG: i32 = 4;

pub const REPOLOCK_PREVIOUS_NONE: i32 = 0;
pub const REPOLOCK_PREVIOUS_RELEASED: i32 = 1;
pub const REPOLOCK_PREVIOUS_CRASHED: i32 = 2;
pub const REPOLOCK_PREVIOUS_EXPIRED: i32 = 3;
pub const REPOLOCK_PREVIOUS_BROKEN: i32 = 4;

pub const REPOLOCK_EVENT_DONE: i32 = 1;
pub const REPOLOCK_EVENT_WAITING: i32 = 2;
pub const REPOLOCK_EVENT_LOST: i32 = 3;
pub const REPOLOCK_EVENT_LOG: i32 = 4;

pub const REPOLOCK_ROW_HOLDER: i32 = 1;
pub const REPOLOCK_ROW_WAITER: i32 = 2;
pub const REPOLOCK_ROW_NODE: i32 = 3;
pub const REPOLOCK_ROW_BACKEND: i32 = 4;

pub const REPOLOCK_TEXT_REPO: i32 = 1;
pub const REPOLOCK_TEXT_LEASE_ID: i32 = 2;
pub const REPOLOCK_TEXT_HOLDER: i32 = 3;
pub const REPOLOCK_TEXT_HOST: i32 = 4;
pub const REPOLOCK_TEXT_STATUS: i32 = 5;
pub const REPOLOCK_TEXT_MESSAGE: i32 = 6;
pub const REPOLOCK_TEXT_SCHEMES: i32 = 7;
pub const REPOLOCK_TEXT_VERSION: i32 = 8;
pub const REPOLOCK_TEXT_FILE: i32 = 9;

pub const REPOLOCK_NUMBER_ROW: i32 = 1;
pub const REPOLOCK_NUMBER_PID: i32 = 2;
pub const REPOLOCK_NUMBER_FENCE: i32 = 3;
pub const REPOLOCK_NUMBER_SHARED: i32 = 4;
pub const REPOLOCK_NUMBER_PLACE: i32 = 5;
pub const REPOLOCK_NUMBER_AGE_MS: i32 = 6;
pub const REPOLOCK_NUMBER_REMAINING_MS: i32 = 7;
pub const REPOLOCK_NUMBER_ABI: i32 = 8;
pub const REPOLOCK_NUMBER_CAPABILITIES: i32 = 9;

/// A type of which only the library knows what is inside: neither made, moved nor counted on here.
macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub struct $name {
            _nothing_known: [u8; 0],
            _neither_send_nor_unpin: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )*};
}

opaque! {
    repolock_config_t
    repolock_client_t
    repolock_request_t
    repolock_op_t
    repolock_lease_t
    repolock_event_t
    repolock_snapshot_t
}

pub type repolock_free_cb = Option<unsafe extern "C" fn(user_data: *mut c_void)>;
pub type repolock_event_cb =
    Option<unsafe extern "C" fn(event: *const repolock_event_t, user_data: *mut c_void)>;
pub type repolock_body_cb =
    Option<unsafe extern "C" fn(lease: *mut repolock_lease_t, user_data: *mut c_void) -> i32>;

extern "C" {
    pub fn repolock_status_name(status: repolock_status_t) -> *const c_char;
    pub fn repolock_status_is_retryable(status: repolock_status_t) -> i32;
    pub fn repolock_version() -> u32;
    pub fn repolock_config_new() -> *mut repolock_config_t;
    pub fn repolock_config_free(config: *mut repolock_config_t);
    pub fn repolock_config_set(
        config: *mut repolock_config_t,
        key: *const c_char,
        value: *const c_char,
        err: *mut c_char,
        err_size: usize,
    ) -> repolock_status_t;
    pub fn repolock_config_describe(
        index: usize,
        key: *mut *const c_char,
        r#type: *mut *const c_char,
        deflt: *mut *const c_char,
        doc: *mut *const c_char,
    ) -> repolock_status_t;
    pub fn repolock_client_open(
        config: *const repolock_config_t,
        out: *mut *mut repolock_client_t,
        err: *mut c_char,
        err_size: usize,
    ) -> repolock_status_t;
    pub fn repolock_backend_list(
        config: *const repolock_config_t,
        out: *mut *mut repolock_snapshot_t,
        err: *mut c_char,
        err_size: usize,
    ) -> repolock_status_t;
    pub fn repolock_client_free(client: *mut repolock_client_t);
    pub fn repolock_client_capabilities(client: *const repolock_client_t) -> u64;
    pub fn repolock_client_stat(
        client: *const repolock_client_t,
        index: usize,
        name: *mut *const c_char,
        value: *mut i64,
    ) -> repolock_status_t;
    pub fn repolock_client_heartbeat(client: *mut repolock_client_t);
    pub fn repolock_client_on_log(
        client: *mut repolock_client_t,
        level: i32,
        callback: repolock_event_cb,
        user_data: *mut c_void,
        free_user_data: repolock_free_cb,
    ) -> repolock_status_t;
    pub fn repolock_request_new() -> *mut repolock_request_t;
    pub fn repolock_request_free(request: *mut repolock_request_t);
    pub fn repolock_request_set_ttl(request: *mut repolock_request_t, ttl_ms: i64);
    pub fn repolock_request_set_wait(request: *mut repolock_request_t, wait_ms: i64);
    pub fn repolock_request_set_max_hold(request: *mut repolock_request_t, max_hold_ms: i64);
    pub fn repolock_request_set_shared(request: *mut repolock_request_t, shared: i32);
    pub fn repolock_request_set_holder(
        request: *mut repolock_request_t,
        text: *const c_char,
        len: usize,
    );
    pub fn repolock_request_set_renew(request: *mut repolock_request_t, renew: i32);
    pub fn repolock_request_add_repo(
        request: *mut repolock_request_t,
        repo: *const c_char,
        len: usize,
    );
    pub fn repolock_acquire(
        client: *mut repolock_client_t,
        repo: *const c_char,
        len: usize,
        request: *const repolock_request_t,
        out: *mut *mut repolock_lease_t,
        err: *mut c_char,
        err_size: usize,
    ) -> repolock_status_t;
    pub fn repolock_extend(lease: *mut repolock_lease_t, ttl_ms: i64) -> repolock_status_t;
    pub fn repolock_release(lease: *mut repolock_lease_t) -> repolock_status_t;
    pub fn repolock_with_lock(
        client: *mut repolock_client_t,
        repo: *const c_char,
        len: usize,
        request: *const repolock_request_t,
        body: repolock_body_cb,
        user_data: *mut c_void,
        body_result: *mut i32,
        err: *mut c_char,
        err_size: usize,
    ) -> repolock_status_t;
    pub fn repolock_shutdown(client: *mut repolock_client_t, timeout_ms: i64) -> repolock_status_t;
    pub fn repolock_acquire_start(
        client: *mut repolock_client_t,
        repo: *const c_char,
        len: usize,
        request: *const repolock_request_t,
        out: *mut *mut repolock_op_t,
    ) -> repolock_status_t;
    pub fn repolock_extend_start(
        lease: *mut repolock_lease_t,
        ttl_ms: i64,
        out: *mut *mut repolock_op_t,
    ) -> repolock_status_t;
    pub fn repolock_release_start(
        lease: *mut repolock_lease_t,
        out: *mut *mut repolock_op_t,
    ) -> repolock_status_t;
    pub fn repolock_shutdown_start(
        client: *mut repolock_client_t,
        timeout_ms: i64,
        out: *mut *mut repolock_op_t,
    ) -> repolock_status_t;
    pub fn repolock_inspect_start(
        client: *mut repolock_client_t,
        repo: *const c_char,
        len: usize,
        out: *mut *mut repolock_op_t,
    ) -> repolock_status_t;
    pub fn repolock_diagnose_start(
        client: *mut repolock_client_t,
        out: *mut *mut repolock_op_t,
    ) -> repolock_status_t;
    pub fn repolock_break_start(
        client: *mut repolock_client_t,
        repo: *const c_char,
        len: usize,
        lease_id: *const c_char,
        out: *mut *mut repolock_op_t,
    ) -> repolock_status_t;
    pub fn repolock_op_on_done(
        op: *mut repolock_op_t,
        callback: repolock_event_cb,
        user_data: *mut c_void,
        free_user_data: repolock_free_cb,
    ) -> repolock_status_t;
    pub fn repolock_op_on_wait(
        op: *mut repolock_op_t,
        callback: repolock_event_cb,
        user_data: *mut c_void,
        free_user_data: repolock_free_cb,
    ) -> repolock_status_t;
    pub fn repolock_op_wait(op: *mut repolock_op_t, timeout_ms: i64) -> repolock_status_t;
    pub fn repolock_op_cancel(op: *mut repolock_op_t);
    pub fn repolock_op_status(op: *const repolock_op_t) -> repolock_status_t;
    pub fn repolock_op_message(op: *const repolock_op_t) -> *const c_char;
    pub fn repolock_op_take_lease(
        op: *mut repolock_op_t,
        out: *mut *mut repolock_lease_t,
    ) -> repolock_status_t;
    pub fn repolock_op_snapshot(
        op: *const repolock_op_t,
        out: *mut *mut repolock_snapshot_t,
    ) -> repolock_status_t;
    pub fn repolock_op_free(op: *mut repolock_op_t);
    pub fn repolock_lease_fence(lease: *const repolock_lease_t) -> u64;
    pub fn repolock_lease_fence_at(lease: *const repolock_lease_t, index: usize) -> u64;
    pub fn repolock_lease_id(lease: *const repolock_lease_t) -> *const c_char;
    pub fn repolock_lease_remaining_ms(lease: *const repolock_lease_t) -> i64;
    pub fn repolock_lease_status(lease: *const repolock_lease_t) -> repolock_status_t;
    pub fn repolock_lease_message(lease: *const repolock_lease_t) -> *const c_char;
    pub fn repolock_lease_on_lost(
        lease: *mut repolock_lease_t,
        callback: repolock_event_cb,
        user_data: *mut c_void,
        free_user_data: repolock_free_cb,
    ) -> repolock_status_t;
    pub fn repolock_lease_previous(lease: *const repolock_lease_t) -> i32;
    pub fn repolock_lease_inherit_fd(lease: *const repolock_lease_t) -> i32;
    pub fn repolock_lease_inherit_fd_at(lease: *const repolock_lease_t, index: usize) -> i32;
    pub fn repolock_lease_free(lease: *mut repolock_lease_t);
    pub fn repolock_event_fd(client: *const repolock_client_t) -> i32;
    pub fn repolock_event_next(
        client: *mut repolock_client_t,
        timeout_ms: i64,
        out: *mut *mut repolock_event_t,
    ) -> repolock_status_t;
    pub fn repolock_event_kind(event: *const repolock_event_t) -> i32;
    pub fn repolock_event_user_data(event: *const repolock_event_t) -> *mut c_void;
    pub fn repolock_event_status(event: *const repolock_event_t) -> repolock_status_t;
    pub fn repolock_event_message(event: *const repolock_event_t) -> *const c_char;
    pub fn repolock_event_level(event: *const repolock_event_t) -> i32;
    pub fn repolock_event_field(
        event: *const repolock_event_t,
        index: usize,
        key: *mut *const c_char,
        value: *mut *const c_char,
    ) -> repolock_status_t;
    pub fn repolock_event_free(event: *mut repolock_event_t);
    pub fn repolock_snapshot_size(snapshot: *const repolock_snapshot_t) -> usize;
    pub fn repolock_snapshot_text(
        snapshot: *const repolock_snapshot_t,
        row: usize,
        text: i32,
    ) -> *const c_char;
    pub fn repolock_snapshot_number(
        snapshot: *const repolock_snapshot_t,
        row: usize,
        number: i32,
    ) -> i64;
    pub fn repolock_snapshot_free(snapshot: *mut repolock_snapshot_t);
    pub fn repolock_repo_canonical(
        config: *const repolock_config_t,
        repo: *const c_char,
        len: usize,
        out: *mut c_char,
        out_size: usize,
        err: *mut c_char,
        err_size: usize,
    ) -> repolock_status_t;
}
