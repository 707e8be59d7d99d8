//! What is wrong is said in a sentence, and is one of the errors that the crate promises.

use crate::support::*;
use repolock::{Client, ClientBuilder, Error, LockOptions};
use std::time::Duration;

fn opening(builder: ClientBuilder) -> Error {
    builder.open().unwrap_err()
}

fn locking(repo: &str, options: LockOptions) -> Error {
    block_on(open(&memory()).lock_with(repo, &options)).unwrap_err()
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let builder = Client::builder;
    let plain = LockOptions::new;
    type Promise = fn(&Error) -> bool;
    let cases: [(Error, Promise, &str); 9] = [
        (
            opening(builder().url("gopher://host")),
            |e| matches!(e, Error::Unsupported(_)),
            "gopher",
        ),
        (
            opening(builder().url("redis://host:0/")),
            |e| matches!(e, Error::Invalid(_)),
            "0",
        ),
        (
            opening(builder().config("tlt_ms", "1")),
            |e| matches!(e, Error::Invalid(_)),
            "tlt_ms",
        ),
        (
            opening(builder().config("ttl_ms", "soon")),
            |e| matches!(e, Error::Invalid(_)),
            "soon",
        ),
        (
            opening(builder().holder("a\0b")),
            |e| matches!(e, Error::Invalid(_)),
            "NUL",
        ),
        (
            locking("", plain()),
            |e| matches!(e, Error::Invalid(_)),
            "name",
        ),
        (
            locking("no name", plain()),
            |e| matches!(e, Error::Invalid(_)),
            "no name",
        ),
        (
            locking("a/b\0c", plain()),
            |e| matches!(e, Error::Invalid(_)),
            "NUL",
        ),
        (
            locking("a/b", plain().ttl(Duration::ZERO)),
            |e| matches!(e, Error::Invalid(_)),
            "ttl",
        ),
    ];
    for (error, is_promised, words) in cases {
        assert!(is_promised(&error), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.retry_after().is_none());
    }
}

#[test]
fn a_server_that_is_away_is_named() {
    let client = open("redis+unix:///nonexistent/socket");
    let error = block_on(client.try_lock("a/b")).unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert_eq!(error.nodes()[0].status, "E_UNAVAILABLE");
    assert!(error.to_string().contains("/nonexistent/socket"), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
}

#[test]
fn a_password_is_not_shown() {
    let builder = Client::builder().url("redis://user:secret@host");
    assert!(!format!("{builder:?}").contains("secret"));
}
