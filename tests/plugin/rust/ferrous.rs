//! A backend in Rust, against plugin.h alone: "ferrous:", exclusive locks in the memory of the process.
//! What it does not use of the host's table is there as a place only.
use std::collections::HashMap;
use std::ffi::{c_char, c_void, CStr, CString};
use std::mem::size_of;
use std::ptr::null;
use std::sync::{Mutex, MutexGuard};

const OK: i32 = 0;
const E_INVALID: i32 = -1;
const E_HELD: i32 = -4;
const E_LOST: i32 = -5;
const E_UNSUPPORTED: i32 = -12;
const CAN_FENCE: u64 = 2;
const CAN_FENCE_STRICT: u64 = 4;
const CAN_INSPECT: u64 = 64;
const ACQUIRE: i32 = 1;
const EXTEND: i32 = 2;
const RELEASE: i32 = 3;
const INSPECT: i32 = 4;
const DIAGNOSE: i32 = 6;
const ROW_HOLDER: i32 = 1;
const LOST_EXPIRED: i32 = 1;

#[repr(C)]
struct Claim {
    struct_size: u32,
    shared: i32,
    repo: *const c_char,
    lease_id: *const c_char,
    fence: u64,
    ttl_ms: i64,
    ended: i32,
    inherited: i32,
}

#[repr(C)]
struct Request {
    struct_size: u32,
    kind: i32,
    id: u64,
    claims: *const Claim,
    claim_count: usize,
    owner: *const c_void,
    wait: i32,
    deadline_ms: i64,
}

#[repr(C)]
struct Grant {
    struct_size: u32,
    status: i32,
    message: *const c_char,
    reason: i32,
    previous: i32,
    fence: u64,
    valid_until_ms: i64,
    inherit_fd: i32,
}

#[repr(C)]
struct Row {
    struct_size: u32,
    row: i32,
    texts: [*const c_char; 6], // repo, lease_id, holder, host, status, message
    numbers: [i64; 6],         // pid, fence, shared, place, age_ms, remaining_ms
}

#[repr(C)]
struct Answer {
    struct_size: u32,
    status: i32,
    message: *const c_char,
    grants: *const Grant,
    grant_count: usize,
    rows: *const Row,
    row_count: usize,
}

pub type Host = c_void;

#[repr(C)]
pub struct HostApi {
    struct_size: u32,
    abi_version: u32,
    answer: unsafe extern "C" fn(*mut Host, u64, *const Answer),
    waiting: *const c_void,
    wake: unsafe extern "C" fn(*mut Host, *const c_char),
    unused: [*const c_void; 4], // revoked, node, log, post
    now: unsafe extern "C" fn(*mut Host) -> i64,
}

#[repr(C)]
struct OpenParams {
    struct_size: u32,
    url: *const c_char,
    keys: *const *const c_char,
    values: *const *const c_char,
    option_count: usize,
    max_ttl_ms: i64,
    node_timeout_ms: i64,
}

#[repr(C)]
pub struct Table {
    struct_size: u32,
    abi_version: u32,
    schemes: *const c_char,
    version: *const c_char,
    capabilities: u64,
    open: unsafe extern "C" fn(
        *const HostApi,
        *mut Host,
        *const OpenParams,
        *mut *mut Client,
        *mut c_char,
        usize,
    ) -> i32,
    submit: unsafe extern "C" fn(*mut Client, *const Request),
    cancel: unsafe extern "C" fn(*mut Client, u64),
    close: unsafe extern "C" fn(*mut Client),
    // What is behind here of ABI 1 is optional: the table is as long as it says.
}
unsafe impl Sync for Table {}

struct Client {
    api: &'static HostApi,
    host: *mut Host,
}
unsafe impl Send for Client {}

#[derive(Default)]
struct Lock {
    lease: CString,
    until: i64,
    fence: u64,
}

static LOCKS: Mutex<Option<HashMap<CString, Lock>>> = Mutex::new(None);
static CLIENTS: Mutex<Vec<Client>> = Mutex::new(Vec::new());

fn of<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

unsafe fn carry_out(kind: i32, claim: &Claim, now: i64) -> Grant {
    let mut locks = of(&LOCKS);
    let repo = CStr::from_ptr(claim.repo).to_owned();
    let lease = CStr::from_ptr(claim.lease_id);
    let lock = locks
        .get_or_insert_with(HashMap::new)
        .entry(repo)
        .or_default();
    let held = now < lock.until;
    let mine = held && lock.lease.as_c_str() == lease;
    let status = match kind {
        ACQUIRE if held && !mine => E_HELD,
        ACQUIRE => {
            lock.fence += u64::from(!mine);
            lock.lease = lease.to_owned();
            OK
        }
        _ if !mine => E_LOST,
        _ => OK,
    };
    if status == OK {
        lock.until = if kind == RELEASE {
            0
        } else {
            now + claim.ttl_ms
        };
    }
    Grant {
        struct_size: size_of::<Grant>() as u32,
        status,
        message: null(),
        reason: LOST_EXPIRED,
        previous: 0,
        fence: lock.fence,
        valid_until_ms: lock.until,
        inherit_fd: -1,
    }
}

unsafe extern "C" fn submit(client: *mut Client, request: *const Request) {
    let (client, request) = (&*client, &*request);
    let now = (client.api.now)(client.host);
    // In an array each element has the size that the first one says (rule 5).
    let claim = |index: usize| {
        let first = request.claims.cast::<u8>();
        &*first
            .add(index * (*request.claims).struct_size as usize)
            .cast::<Claim>()
    };
    let mut grants = Vec::new();
    let mut rows = Vec::new();
    let mut status = OK;
    match request.kind {
        ACQUIRE | EXTEND | RELEASE => {
            grants.extend((0..request.claim_count).map(|i| carry_out(request.kind, claim(i), now)));
        }
        INSPECT => {
            let locks = of(&LOCKS);
            let repo = CStr::from_ptr(claim(0).repo);
            if let Some(lock) = locks.as_ref().and_then(|all| all.get(repo)) {
                if now < lock.until {
                    let texts = [
                        claim(0).repo,
                        lock.lease.as_ptr(),
                        null(),
                        null(),
                        null(),
                        null(),
                    ];
                    let numbers = [-1, lock.fence as i64, 0, -1, -1, lock.until - now];
                    let struct_size = size_of::<Row>() as u32;
                    rows.push(Row {
                        struct_size,
                        row: ROW_HOLDER,
                        texts,
                        numbers,
                    });
                }
            }
        }
        DIAGNOSE => {}
        _ => status = E_UNSUPPORTED,
    }
    let answer = Answer {
        struct_size: size_of::<Answer>() as u32,
        status,
        message: null(),
        grants: grants.as_ptr(),
        grant_count: grants.len(),
        rows: rows.as_ptr(),
        row_count: rows.len(),
    };
    (client.api.answer)(client.host, request.id, &answer);
    if request.kind == RELEASE {
        for each in of(&CLIENTS).iter() {
            (each.api.wake)(each.host, claim(0).repo);
        }
    }
}

unsafe extern "C" fn open(
    api: *const HostApi,
    host: *mut Host,
    params: *const OpenParams,
    out: *mut *mut Client,
    err: *mut c_char,
    err_size: usize,
) -> i32 {
    if (*params).option_count > 0 {
        let sentence = b"ferrous: has no options: leave it out\0";
        let length = sentence.len().min(err_size);
        std::ptr::copy_nonoverlapping(sentence.as_ptr().cast(), err, length);
        return E_INVALID;
    }
    of(&CLIENTS).push(Client { api: &*api, host });
    *out = Box::into_raw(Box::new(Client { api: &*api, host }));
    OK
}

unsafe extern "C" fn cancel(_: *mut Client, _: u64) {}

unsafe extern "C" fn close(client: *mut Client) {
    let client = Box::from_raw(client);
    of(&CLIENTS).retain(|each| each.host != client.host);
}

static TABLE: Table = Table {
    struct_size: size_of::<Table>() as u32,
    abi_version: 1,
    schemes: b"ferrous\0".as_ptr().cast(),
    version: b"0.3\0".as_ptr().cast(),
    capabilities: CAN_FENCE | CAN_FENCE_STRICT | CAN_INSPECT,
    open,
    submit,
    cancel,
    close,
};

#[no_mangle]
pub extern "C" fn repolock_plugin_init(_: *const HostApi, wanted_abi: u32) -> *const Table {
    if wanted_abi == 1 {
        &TABLE
    } else {
        null()
    }
}
