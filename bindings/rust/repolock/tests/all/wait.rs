//! Who waits stands in line, is woken, and leaves no trace.

use crate::support::*;
use repolock::{Error, LockOptions};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::task::Poll;
use std::thread;
use std::time::Duration;

#[test]
fn who_waits_gets_it_in_turn() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        let guard = hold(&client, &repo);
        let (mut second, of_second) = waiting(&client, &repo);
        let (mut third, of_third) = waiting(&client, &repo);
        release(guard);
        of_second.wait();
        let guard = granted(&mut second);
        release(guard);
        of_third.wait();
        release(granted(&mut third));
    });
}

/// It may be woken for its place before it is for the grant.
fn granted(future: &mut Polled<repolock::Result<repolock::LockGuard>>) -> repolock::LockGuard {
    loop {
        match future.poll() {
            (Poll::Ready(guard), _) => return guard.unwrap(),
            (Poll::Pending, news) => news.wait(),
        }
    }
}

#[test]
fn a_dropped_future_leaves_the_line() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        let guard = hold(&client, &repo);
        let (future, _news) = waiting(&client, &repo);
        drop(future);
        let (mut next, news) = waiting(&client, &repo);
        let waiters = block_on(client.inspect(&repo)).unwrap().waiters;
        assert_eq!(waiters.len(), 1);
        release(guard);
        news.wait();
        release(granted(&mut next));
    });
}

#[test]
fn what_a_dropped_future_had_won_is_released_at_once() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        let guard = hold(&client, &repo);
        let (future, news) = waiting(&client, &repo);
        release(guard);
        news.wait(); // it has it, and does not know
        drop(future);
        let half_a_ttl = LockOptions::new().wait(Duration::from_secs(15));
        release(block_on(client.lock_with(&repo, &half_a_ttl)).unwrap());
    });
}

#[test]
fn futures_dropped_at_any_moment_leave_the_lock_free() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        for _ in 0..50 {
            let (client, name) = (client.clone(), repo.clone());
            let mut future = Polled::new(async move {
                let guard = client.lock(&name).await?;
                guard.release().await
            });
            let (poll, news) = future.poll();
            if poll.is_pending() && future.poll().0.is_pending() {
                let _ = thread::spawn(move || drop(future)).join();
            }
            drop(news);
        }
        let half_a_ttl = LockOptions::new().wait(Duration::from_secs(15));
        release(block_on(client.lock_with(&repo, &half_a_ttl)).unwrap());
    });
}

#[test]
fn a_future_that_is_not_polled_has_no_place_in_line() {
    let (client, repo) = (open(&memory()), repo());
    let lazy = client.lock(&repo);
    release(block_on(client.try_lock(&repo)).unwrap());
    drop(lazy);
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    let (client, repo) = (open(&memory()), repo());
    let guard = hold(&client, &repo);
    let (mut future, _of_before) = waiting(&client, &repo);
    let (poll, news) = future.poll();
    assert!(poll.is_pending());
    release(guard);
    news.wait();
    release(granted(&mut future));
}

#[test]
fn a_future_moves_between_threads() {
    let (client, repo) = (open(&memory()), repo());
    let guard = hold(&client, &repo);
    let (mut future, news) = waiting(&client, &repo);
    let other = thread::spawn(move || {
        news.wait();
        release(granted(&mut future));
    });
    release(guard);
    other.join().unwrap();
}

#[test]
fn a_wait_that_is_over_tells_who_was_in_the_way() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        let _guard = hold_with(&client, &repo, LockOptions::new().holder("job 7"));
        let short = LockOptions::new().wait(Duration::from_millis(100));
        let error = block_on(client.lock_with(&repo, &short)).unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        assert_eq!(
            (error.holders()[0].text.as_str(), error.place()),
            ("job 7", Some(1))
        );
        assert!(error.is_contention() && error.is_retryable() && error.retry_after().is_some());
        assert!(error.to_string().contains("job 7"), "{error}");
    });
}

#[test]
fn a_panic_of_whoever_hears_of_a_wait_ends_the_wait() {
    let (client, repo) = (open(&memory()), repo());
    let guard = hold(&client, &repo);
    let options = LockOptions::new().on_wait(|_| panic!("the listener's own"));
    let result = catch_unwind(AssertUnwindSafe(|| {
        drop(block_on(client.lock_with(&repo, &options)));
    }));
    assert!(result.is_err());
    release(guard);
    release(block_on(client.try_lock(&repo)).unwrap());
}
