//! A redis-server of the tests' own, on a socket, started when the first test wants it.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::raw::{c_int, c_ulong};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::Mutex;
use std::thread;

static SERVER: Mutex<Option<Child>> = Mutex::new(None);

pub fn url() -> String {
    let mut server = SERVER.lock().unwrap();
    if server.is_none() {
        *server = Some(start());
    }
    format!("redis+unix://{}", directory().join("socket").display())
}

fn directory() -> PathBuf {
    env::temp_dir().join(format!("repolock-rust-{}", process::id()))
}

extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
    fn atexit(function: extern "C" fn()) -> c_int;
}
const PR_SET_PDEATHSIG: c_int = 1;
const SIGKILL: c_ulong = 9;

/// It dies with the thread that starts it, which lives as long as this process: also when the tests are
/// killed.
fn start() -> Child {
    fs::create_dir(directory()).unwrap();
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut command = Command::new("redis-server");
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .arg("--unixsocket")
            .arg(directory().join("socket"))
            .arg("--dir")
            .arg(directory())
            .stdout(Stdio::piped());
        // SAFETY: a system call alone runs between fork and exec.
        unsafe {
            command.pre_exec(|| {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                Ok(())
            })
        };
        let mut server = command
            .spawn()
            .expect("these tests need redis-server on the PATH: apt-get install redis-server");
        let output = BufReader::new(server.stdout.take().unwrap());
        let mut lines = output.lines().map(Result::unwrap);
        lines
            .find(|line| line.contains("eady to accept connections"))
            .expect("redis-server to start");
        tell.send(server).unwrap();
        lines.for_each(drop);
        thread::park();
    });
    // SAFETY: the function lives as long as the program.
    unsafe { atexit(stop) };
    told.recv().expect("redis-server to start")
}

extern "C" fn stop() {
    if let Some(server) = SERVER.lock().unwrap().as_mut() {
        let _ = server.kill();
        let _ = server.wait();
        let _ = fs::remove_dir_all(directory());
    }
}
