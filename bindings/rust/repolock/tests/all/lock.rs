//! Who holds a lock holds it alone, until it is released.

use crate::support::*;
use repolock::{Abilities, Client, Error, LockOptions, Previous};
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

#[test]
fn a_guard_excludes_others_until_it_is_released() {
    on_each(|url| {
        let (one, two, repo) = (open(url), open(url), repo());
        let guard = hold_with(&one, &repo, LockOptions::new().holder("job 7"));
        assert!(guard.is_held() && guard.remaining() > Duration::ZERO);
        let fence = guard.fence();
        assert_eq!((guard.token(), guard.fences()), (fence, vec![fence]));
        match block_on(two.try_lock(&repo)) {
            Err(Error::Held(why)) => assert_eq!(why.holders[0].text, "job 7"),
            other => panic!("{other:?}"),
        }
        release(guard);
        let next = block_on(two.try_lock(&repo)).unwrap();
        assert!(next.fence() > fence);
        assert_eq!(next.previous(), Previous::Released);
        release(next);
    });
}

#[test]
fn to_drop_a_guard_releases() {
    on_each(|url| {
        let (one, two, repo) = (open(url), open(url), repo());
        drop(hold(&one, &repo));
        let next = hold_with(&two, &repo, LockOptions::new()); // long before the ttl ends
        assert_eq!(next.previous(), Previous::Released);
    });
}

#[test]
fn a_panic_releases() {
    let (client, repo) = (open(&memory()), repo());
    let guard = hold(&client, &repo);
    let panics = thread::spawn(move || {
        let _guard = guard;
        panic!("the work's own");
    });
    assert!(panics.join().is_err());
    release(hold(&client, &repo));
}

#[test]
fn an_abandoned_lock_ends_by_its_ttl() {
    let (client, repo) = (open(&memory()), repo());
    let guard = hold_with(
        &client,
        &repo,
        LockOptions::new().ttl(Duration::from_secs(1)),
    );
    let lost = guard.lost();
    guard.abandon();
    assert!(block_on(lost).is_none());
    assert!(matches!(
        block_on(client.try_lock(&repo)),
        Err(Error::Held(_))
    ));
    assert_eq!(hold(&client, &repo).previous(), Previous::Expired);
}

#[test]
fn a_forgotten_guard_is_held_until_its_client_ends() {
    let url = memory();
    let (client, other, repo) = (open(&url), open(&url), repo());
    let short = LockOptions::new().ttl(Duration::from_millis(300));
    std::mem::forget(hold_with(&client, &repo, short));
    let patience = LockOptions::new().wait(Duration::from_millis(900));
    let refused = block_on(other.lock_with(&repo, &patience));
    assert!(matches!(refused, Err(Error::Timeout(_))), "{refused:?}");
    block_on(client.shutdown(Duration::ZERO)).unwrap();
    release(hold(&other, &repo));
}

#[test]
fn shared_locks_hold_together() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        assert!(client
            .abilities()
            .contains(Abilities::SHARE | Abilities::SEVERAL));
        let one = hold_with(&client, &repo, LockOptions::new().shared());
        let two = hold_with(&client, &repo, LockOptions::new().shared());
        let refused = block_on(client.try_lock(&repo)).unwrap_err();
        assert!(refused.holders().iter().all(|holder| holder.shared));
        release(one);
        release(two);
    });
}

#[test]
fn several_names_are_one_lock() {
    on_each(|url| {
        let (client, one, two) = (open(url), repo(), repo());
        let both = hold_with(&client, &one, LockOptions::new().and(&two));
        assert_eq!(both.repos(), [one.as_str(), two.as_str()]);
        assert_eq!(both.fences().len(), 2);
        assert!(matches!(
            block_on(client.try_lock(&two)),
            Err(Error::Held(_))
        ));
        release(both);
        release(hold(&client, &two));
    });
}

#[test]
fn a_lock_is_extended_by_hand() {
    on_each(|url| {
        let client = open(url);
        let options = LockOptions::new()
            .ttl(Duration::from_secs(20))
            .without_renewal();
        let guard = hold_with(&client, &repo(), options);
        block_on(guard.extend(Duration::from_secs(25))).unwrap();
        assert!(guard.remaining() > Duration::from_secs(20));
        release(guard);
    });
}

#[test]
fn who_holds_and_who_waits_can_be_seen() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        let guard = hold_with(&client, &repo, LockOptions::new().holder("job 7"));
        let (_waiter, _news) = waiting(&client, &repo);
        let now = block_on(client.inspect(&repo)).unwrap();
        assert_eq!(now.holders[0].lease_id, guard.id());
        assert_eq!(now.holders[0].fence, Some(guard.fence()));
        assert_eq!(now.holders[0].pid, Some(std::process::id()));
        assert_eq!(now.waiters[0].place, 1);
        let all = block_on(client.list()).unwrap();
        assert!(all
            .holders
            .iter()
            .any(|holder| holder.lease_id == guard.id()));
    });
}

#[test]
fn a_child_has_the_descriptor_of_a_lock_in_files() {
    let directory = Directory::new();
    let guard = hold(&open(&directory.url()), &repo());
    let descriptor = guard.inherit_fds().unwrap().pop().unwrap();
    let mut child = Command::new("readlink")
        .arg("/proc/self/fd/0")
        .stdin(Stdio::from(descriptor))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut path = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut path)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(path.starts_with(directory.0.to_str().unwrap()), "{path}");

    let nothing = hold(&open(&memory()), &repo()).inherit_fds();
    assert!(matches!(nothing, Err(Error::Unsupported(_))));
}

#[test]
fn names_of_one_repository_are_one_lock() {
    for name in [
        "owner/name",
        "https://github.com/Owner/Name.git",
        "git@github.com:owner/name",
    ] {
        assert_eq!(repolock::canonical(name).unwrap(), "owner/name");
    }
    let opaque = Client::builder()
        .config("repo.form", "opaque")
        .config("repo.case", "sensitive");
    assert_eq!(opaque.canonical("Any Text").unwrap(), "Any Text");
}

#[test]
fn a_client_counts() {
    let client = open(&memory());
    let _guard = hold(&client, &repo());
    client.heartbeat();
    let stats = client.stats();
    assert!(stats.contains(&("locks_held".into(), 1)), "{stats:?}");
}
