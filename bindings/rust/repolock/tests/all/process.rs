//! Processes end, are killed, fork and get signals, with locks held or wanted. The other process is this
//! test program once more, which runs the one test `process::child`.

use crate::redis;
use crate::support::*;
use repolock::{blocking, Error, LockOptions, Previous};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::raw::c_int;
use std::process::{self, Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const VARIABLE: &str = "REPOLOCK_RUST_TEST_CHILD";

/// No test by itself: what another process does.
#[test]
fn child() {
    let words = match env::var(VARIABLE) {
        Ok(words) => words,
        Err(_) => return,
    };
    let words: Vec<&str> = words.split('|').collect();
    let (what, url, repo) = (words[0], words[1], words[2]);
    if what == "many clients" {
        return many_clients(url);
    }
    let short = LockOptions::new().ttl(Duration::from_secs(1)).wait(HANG);
    let client = open(url);
    match what {
        "hold" => {
            let _guard = hold_with(&client, repo, short);
            say("held");
            loop {
                std::thread::park();
            }
        }
        "exit" => {
            let _guard = hold_with(&client, repo, short);
            say("held");
            process::exit(0);
        }
        "drop and exit" => {
            let guard = hold(&client, repo);
            drop(guard);
            process::exit(0);
        }
        "drop all and exit" => {
            let guard = hold(&client, repo);
            drop(client);
            drop(guard);
            process::exit(0);
        }
        "wait through a signal" => {
            // SAFETY: the handler does nothing.
            unsafe { signal(SIGUSR1, nothing) };
            let (options, told) = telling(LockOptions::new().wait(HANG));
            let waiting = blocking::Client::from(client);
            std::thread::spawn(move || {
                told.recv().unwrap();
                // SAFETY: there is a handler.
                unsafe { kill(process::id() as c_int, SIGUSR1) };
                say("waits");
            });
            waiting
                .lock_with(repo, &options)
                .unwrap()
                .release()
                .unwrap();
            process::exit(0);
        }
        other => panic!("{other}"),
    }
}

/// Of 50 clients that were dropped no thread is left.
fn many_clients(url: &str) {
    let threads = || fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    for _ in 0..50 {
        drop(hold(&open(url), &repo()));
    }
    while threads() > before {
        std::thread::yield_now();
    }
    process::exit(0);
}

fn say(word: &str) {
    println!("\nsays {word}");
    std::io::stdout().flush().unwrap();
}

struct Other(Child, BufReader<ChildStdout>);

impl Other {
    fn start(what: &str, url: &str, repo: &str) -> Other {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "process::child",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(VARIABLE, format!("{what}|{url}|{repo}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Other(child, output)
    }

    fn says(&mut self, word: &str) {
        let mut lines = self.1.by_ref().lines();
        let wanted = format!("says {word}");
        assert!(
            lines.any(|line| line.unwrap() == wanted),
            "the child to say {word}"
        );
    }

    fn ends_well(mut self) {
        std::io::copy(&mut self.1, &mut std::io::sink()).unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

extern "C" fn nothing(_: c_int) {}

extern "C" {
    fn fork() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn _exit(status: c_int) -> !;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
}
const SIGUSR1: c_int = 10;

fn on_processes(test: impl Fn(&str)) {
    test(&Directory::new().url());
    test(&redis::url());
}

#[test]
fn what_was_dropped_before_the_end_is_released() {
    on_processes(|url| {
        let (client, repo) = (open(url), repo());
        for what in ["drop and exit", "drop all and exit"] {
            for _ in 0..3 {
                Other::start(what, url, &repo).ends_well();
                release(block_on(client.try_lock(&repo)).unwrap());
            }
        }
    });
}

#[test]
fn what_an_exit_leaves_ends_by_its_ttl_or_at_once() {
    on_processes(|url| {
        for what in ["exit", "hold"] {
            let (client, repo) = (open(url), repo());
            let mut other = Other::start(what, url, &repo);
            other.says("held");
            drop(other);
            let previous = hold(&client, &repo).previous();
            assert!(
                matches!(previous, Previous::Crashed | Previous::Expired),
                "{previous}"
            );
        }
    });
}

#[test]
fn a_signal_does_not_end_a_wait() {
    on_processes(|url| {
        let (client, repo) = (open(url), repo());
        let guard = hold(&client, &repo);
        let mut other = Other::start("wait through a signal", url, &repo);
        other.says("waits");
        release(guard);
        other.ends_well();
    });
}

#[test]
fn no_thread_is_left_of_a_client_that_was_dropped() {
    Other::start("many clients", &memory(), "").ends_well();
}

#[test]
fn the_child_of_a_fork_has_no_part_in_the_lock() {
    on_processes(|url| {
        let (client, repo) = (open(url), repo());
        let guard = hold(&client, &repo);
        // SAFETY: the child uses no mutex that another thread may have, and ends without destructors of
        // the parent's.
        let child = unsafe { fork() };
        if child == 0 {
            let has_no_part = matches!(guard.check(), Err(Error::Forked(_)))
                && matches!(block_on(client.try_lock(&repo)), Err(Error::Forked(_)))
                && matches!(block_on(open(url).try_lock(&repo)), Err(Error::Held(_)));
            drop(guard);
            drop(client);
            unsafe { _exit(if has_no_part { 0 } else { 1 }) };
        }
        let mut status = -1;
        // SAFETY: the child is ours.
        unsafe { waitpid(child, &mut status, 0) };
        assert_eq!(status, 0);
        guard.check().unwrap();
        release(guard);
    });
}
