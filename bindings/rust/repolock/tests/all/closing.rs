//! A client ends when it is told to, or when nobody has it any more.

use crate::support::*;
use repolock::Error;
use std::task::Poll;
use std::thread;
use std::time::Duration;

#[test]
fn a_shutdown_ends_waiters_and_loses_what_is_held() {
    on_each(|url| {
        let (client, held) = (open(url), repo());
        let guard = hold(&client, &held);
        let (mut waiter, news) = waiting(&client, &held);
        block_on(client.shutdown(Duration::ZERO)).unwrap();
        news.wait();
        match waiter.poll() {
            (Poll::Ready(Err(Error::Closed(_))), _) => {}
            (other, _) => panic!("{other:?}"),
        }
        assert!(matches!(block_on(guard.lost()), Some(Error::Closed(_))));
        assert!(matches!(guard.check(), Err(Error::Closed(_))));
        assert!(matches!(block_on(guard.release()), Err(Error::Closed(_))));
        assert!(matches!(
            block_on(client.lock(&held)),
            Err(Error::Closed(_))
        ));
        block_on(client.shutdown(Duration::ZERO)).unwrap();
    });
}

#[test]
fn a_shutdown_lets_holders_finish() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        let guard = hold(&client, &repo);
        let (_waiter, news) = waiting(&client, &repo);
        let stopping = client.clone();
        let down = thread::spawn(move || block_on(stopping.shutdown(HANG)));
        news.wait();
        guard.check().unwrap();
        release(guard);
        down.join().unwrap().unwrap();
        release(block_on(open(url).try_lock(&repo)).unwrap());
    });
}

#[test]
fn a_guard_keeps_its_client() {
    on_each(|url| {
        let (client, repo) = (open(url), repo());
        let guard = hold(&client, &repo);
        drop(client);
        guard.check().unwrap();
        release(guard);
        release(block_on(open(url).try_lock(&repo)).unwrap());
    });
}

#[test]
fn what_is_dropped_last_is_released_too() {
    on_each(|url| {
        let (other, repo) = (open(url), repo());
        for _ in 0..20 {
            let client = open(url);
            let guard = hold(&client, &repo);
            drop(client);
            drop(guard);
            drop(hold(&other, &repo)); // long before the ttl ends
        }
    });
}

#[test]
fn a_client_may_end_in_the_middle_of_everything() {
    on_each(|url| {
        for _ in 0..5 {
            let (client, repo) = (open(url), repo());
            let workers: Vec<_> = (0..8)
                .map(|_| {
                    let (client, repo) = (client.clone(), repo.clone());
                    thread::spawn(move || loop {
                        match block_on(client.lock(&repo)) {
                            Ok(guard) => drop(block_on(guard.release())),
                            Err(Error::Closed(_)) => return,
                            Err(other) => panic!("{other:?}"),
                        }
                    })
                })
                .collect();
            release(hold(&client, &crate::support::repo()));
            block_on(client.shutdown(Duration::ZERO)).unwrap();
            workers
                .into_iter()
                .for_each(|worker| worker.join().unwrap());
        }
    });
}
