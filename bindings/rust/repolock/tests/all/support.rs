//! What all tests share.

use crate::redis;
use repolock::{Client, LockGuard, LockOptions};
use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

pub use pollster::block_on;

/// A limit for what should come at once; the machine may be busy.
pub const HANG: Duration = Duration::from_secs(60);

/// Runs the test on each kind of backend, each time in an empty one.
pub fn on_each(test: impl Fn(&str)) {
    test(&memory());
    test(&Directory::new().url());
    test(&redis::url());
}

fn unused() -> usize {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

pub fn memory() -> String {
    format!("memory:{}", unused())
}

/// A name that no other test uses.
pub fn repo() -> String {
    format!("rust/name-{}-{}", process::id(), unused())
}

/// A directory that goes with its owner.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        let name = format!("repolock-rust-{}-{}", process::id(), unused());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Directory(path)
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.0.display())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn open(url: &str) -> Client {
    Client::builder().url(url).open().unwrap()
}

pub fn hold(client: &Client, repo: &str) -> LockGuard {
    hold_with(client, repo, LockOptions::new())
}

pub fn hold_with(client: &Client, repo: &str, options: LockOptions) -> LockGuard {
    block_on(client.lock_with(repo, &options.wait(HANG))).unwrap()
}

pub fn release(guard: LockGuard) {
    block_on(guard.release()).unwrap();
}

/// Options whose wait is told to the channel.
pub fn telling(options: LockOptions) -> (LockOptions, Receiver<u32>) {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let options = options.on_wait(move |now| {
        let _ = tell.lock().unwrap().send(now.place);
    });
    (options, told)
}

/// A future that is polled by hand, each time with a waker of its own.
pub struct Polled<T>(Pin<Box<dyn Future<Output = T> + Send>>);

/// Hears that a future wants to be polled once more.
pub struct News(Receiver<()>);

struct Tell(Mutex<Sender<()>>);

impl Wake for Tell {
    fn wake(self: Arc<Self>) {
        let _ = self.0.lock().unwrap().send(());
    }
}

impl News {
    pub fn wait(&self) {
        self.0.recv_timeout(HANG).expect("to be woken");
    }
}

impl<T> Polled<T> {
    pub fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        Polled(Box::pin(future))
    }

    pub fn poll(&mut self) -> (Poll<T>, News) {
        let (tell, told) = channel();
        let waker = Waker::from(Arc::new(Tell(Mutex::new(tell))));
        let poll = self.0.as_mut().poll(&mut Context::from_waker(&waker));
        (poll, News(told))
    }
}

/// An acquisition that stands in line.
pub fn waiting(client: &Client, repo: &str) -> (Polled<repolock::Result<LockGuard>>, News) {
    let (client, repo) = (client.clone(), repo.to_string());
    let (options, told) = telling(LockOptions::new().wait(HANG));
    let mut future = Polled::new(async move { client.lock_with(&repo, &options).await });
    loop {
        let (poll, news) = future.poll();
        assert!(poll.is_pending());
        if told.try_recv().is_ok() {
            let (poll, news) = future.poll();
            assert!(poll.is_pending());
            return (future, news);
        }
        news.wait();
    }
}
