//! The child of a fork, which asks what it has no part in.

use crate::statuses::status;
use repolock::{Client, LockGuard};
use std::fs::File;
use std::io::{Read, Write};
use std::os::raw::c_int;
use std::os::unix::io::FromRawFd;

extern "C" {
    fn fork() -> c_int;
    fn pipe(ends: *mut c_int) -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// The statuses of `check` and of a try there.
pub fn ask(guard: &LockGuard, client: &Client) -> Vec<String> {
    let mut ends = [0; 2];
    // SAFETY: there is room for two descriptors, which are ours from then on.
    let (mut reading, mut writing) = unsafe {
        assert_eq!(pipe(ends.as_mut_ptr()), 0);
        (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1]))
    };
    // SAFETY: the child uses no mutex that another thread of the parent may have, and ends without
    // the destructors of the parent's.
    let child = unsafe { fork() };
    if child == 0 {
        let checked = status(&guard.check());
        let tried = pollster::block_on(client.try_lock("owner/name")).map(drop);
        let _ = write!(writing, "{checked} {}", status(&tried));
        unsafe { _exit(0) };
    }
    drop(writing);
    let mut said = String::new();
    reading
        .read_to_string(&mut said)
        .expect("what the child says");
    // SAFETY: the child is ours, and nobody asks for its status.
    unsafe { waitpid(child, std::ptr::null_mut(), 0) };
    said.split(' ').map(String::from).collect()
}
