//! Whoever loses a lock hears of it.

use crate::support::*;
use repolock::{Client, Error, LockOptions, Previous};
use std::thread;
use std::time::Duration;

fn break_it(client: &Client, repo: &str) {
    let now = block_on(client.inspect(repo)).unwrap();
    block_on(client.break_lock(repo, &now.holders[0].lease_id)).unwrap();
}

#[test]
fn a_lock_that_is_broken_is_lost() {
    on_each(|url| {
        let (client, other, repo) = (open(url), open(url), repo());
        let guard = hold(&client, &repo);
        let id = guard.id();
        break_it(&other, &repo);
        let loss = block_on(guard.lost()).unwrap();
        assert!(matches!(loss, Error::Lost(_)), "{loss:?}");
        assert_eq!(loss.reason(), Some("broken"));
        assert_eq!(guard.check().unwrap_err().reason(), Some("broken"));
        assert_eq!(
            (guard.is_held(), guard.remaining()),
            (false, Duration::ZERO)
        );
        let released = block_on(guard.release()).unwrap_err();
        assert!(matches!(released, Error::Lost(_)), "{released:?}");
        assert_eq!(released.reason(), Some("broken"));
        let next = hold(&other, &repo);
        assert_eq!(next.previous(), Previous::Broken);
        let gone = block_on(other.break_lock(&repo, &id));
        assert!(matches!(gone, Err(Error::Lost(_))), "{gone:?}");
    });
}

#[test]
fn all_who_want_to_hear_of_a_loss_do() {
    let (client, repo) = (open(&memory()), repo());
    let guard = hold(&client, &repo);
    let listeners: Vec<_> = (0..3).map(|_| guard.lost()).collect();
    let nobody = guard.lost();
    drop(nobody);
    let threads: Vec<_> = listeners
        .into_iter()
        .map(|lost| thread::spawn(|| block_on(lost).unwrap().reason().map(String::from)))
        .collect();
    break_it(&client, &repo);
    for thread in threads {
        assert_eq!(thread.join().unwrap().as_deref(), Some("broken"));
    }
}

#[test]
fn a_release_is_no_loss() {
    let (client, repo) = (open(&memory()), repo());
    for released in [true, false] {
        let guard = hold(&client, &repo);
        let lost = guard.lost();
        let listener = thread::spawn(|| block_on(lost));
        if released {
            release(guard);
        } else {
            drop(guard);
        }
        assert!(listener.join().unwrap().is_none());
    }
}

#[test]
fn the_longest_hold_ends_a_lock() {
    on_each(|url| {
        let short = Duration::from_millis(300);
        let options = LockOptions::new().ttl(short).max_hold(short);
        let guard = hold_with(&open(url), &repo(), options);
        assert_eq!(block_on(guard.lost()).unwrap().reason(), Some("max_hold"));
        assert!(matches!(block_on(guard.release()), Err(Error::Lost(_))));
    });
}
