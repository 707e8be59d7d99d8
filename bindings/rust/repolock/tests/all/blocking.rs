//! The same for programs without async.

use crate::support::{on_each, open, repo, telling, HANG};
use repolock::blocking::Client;
use repolock::{Error, LockOptions};
use std::thread;
use std::time::Duration;

#[test]
fn a_guard_excludes_others_until_it_is_released() {
    on_each(|url| {
        let (client, repo) = (Client::from(open(url)), repo());
        let guard = client.lock(&repo).unwrap();
        assert!(guard.is_held() && guard.fence() > 0);
        assert!(matches!(client.try_lock(&repo), Err(Error::Held(_))));
        guard.extend(Duration::from_secs(20)).unwrap();
        assert_eq!(
            client.inspect(&repo).unwrap().holders[0].lease_id,
            guard.id()
        );
        let all = client.list().unwrap().holders;
        assert!(all.iter().any(|holder| holder.repo == repo));
        guard.release().unwrap();
        let guard = client.try_lock(&repo).unwrap();
        client.break_lock(&repo, &guard.id()).unwrap();
        assert!(matches!(guard.release(), Err(Error::Lost(_))));
        client.try_lock(&repo).unwrap().abandon();
        client.shutdown(Duration::ZERO).unwrap();
        assert!(matches!(client.lock(&repo), Err(Error::Closed(_))));
    });
}

#[test]
fn who_waits_is_told_and_gets_it() {
    on_each(|url| {
        let (client, repo) = (Client::from(open(url)), repo());
        let guard = client.lock(&repo).unwrap();
        let (options, told) = telling(LockOptions::new().wait(HANG));
        let (waiting, name) = (client.clone(), repo.clone());
        let waiter = thread::spawn(move || waiting.lock_with(&name, &options)?.release());
        assert_eq!(told.recv_timeout(HANG), Ok(1));
        drop(guard);
        waiter.join().unwrap().unwrap();
        let async_again: repolock::LockGuard = client.lock(&repo).unwrap().into();
        drop(async_again);
    });
}
