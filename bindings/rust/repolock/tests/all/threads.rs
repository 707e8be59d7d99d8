//! What may go from one thread to another, as the compiler sees it.

use repolock::{blocking, Client, ClientBuilder, Error, LockGuard, LockOptions, Lost};

fn is_send<T: Send>(_: &T) {}
fn are_send_and_sync<T: Send + Sync + 'static>() {}
fn is_unpin<T: Unpin>() {}

#[test]
fn all_may_be_shared() {
    are_send_and_sync::<Client>();
    are_send_and_sync::<ClientBuilder>();
    are_send_and_sync::<LockGuard>();
    are_send_and_sync::<LockOptions>();
    are_send_and_sync::<Lost>();
    are_send_and_sync::<Error>();
    are_send_and_sync::<blocking::Client>();
    are_send_and_sync::<blocking::LockGuard>();
    is_unpin::<Lost>();
}

#[test]
fn every_future_may_be_spawned() {
    let client = Client::builder().url("memory:").open().unwrap();
    let options = LockOptions::new().on_wait(|_| {});
    is_send(&client.lock("a/b"));
    is_send(&client.lock_with("a/b", &options));
    is_send(&client.inspect("a/b"));
    is_send(&client.break_lock("a/b", "id"));
    is_send(&client.shutdown(std::time::Duration::ZERO));
    let guard = pollster::block_on(client.lock("a/b")).unwrap();
    is_send(&guard.extend(std::time::Duration::from_secs(1)));
    is_send(&guard.release());
}
