//! The log comes on the client's own thread, which neither a panic nor a blocking call may hurt.

use crate::support::*;
use repolock::{blocking, Client, Error, LockOptions, LogLevel, LogRecord};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Mutex};

/// Asks clients that have something to tell, as their server is away, until a logger has made its news.
/// What is known when the logger comes is not logged any more: so it may take more than one.
fn until_told<T: Send + 'static>(
    logger: impl Fn(&LogRecord, &Mutex<Option<blocking::Client>>, &Sender<T>) + Send + Sync + 'static,
) -> T {
    let logger = Arc::new(logger);
    loop {
        let (tell, told) = channel();
        let (tell, hear) = (Mutex::new(tell), Arc::clone(&logger));
        let slot = Arc::new(Mutex::new(None));
        let itself = Arc::clone(&slot);
        let client = Client::builder()
            .url("redis+unix:///nonexistent/socket")
            .log(LogLevel::Debug, move |record| {
                hear(record, &itself, &tell.lock().unwrap());
            })
            .open()
            .unwrap();
        *slot.lock().unwrap() = Some(client.clone().into());
        for _ in 0..2 {
            let refused = block_on(client.try_lock("a/b"));
            assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        }
        slot.lock().unwrap().take();
        if let Ok(news) = told.try_recv() {
            return news;
        }
    }
}

#[test]
fn a_record_is_a_sentence_and_the_same_as_data() {
    let record = until_told(|record, _, tell| drop(tell.send(record.clone())));
    assert!(!record.message.is_empty());
    let mut keys = record.fields.iter().map(|(key, _)| key);
    assert!(keys.any(|key| key == "event"), "{record:?}");
}

#[test]
fn a_logger_that_panics_hurts_nobody() {
    until_told(|_, _, tell| {
        let _ = tell.send(());
        panic!("the logger's own");
    });
}

#[test]
fn a_blocking_call_in_a_logger_is_refused() {
    let errors = until_told(|_, client, tell| {
        if let Some(client) = client.lock().unwrap().take() {
            let options = LockOptions::new().on_wait(|_| {});
            let refused = client.try_lock("a/b").unwrap_err();
            let also = client.lock_with("a/b", &options).unwrap_err();
            let _ = tell.send([refused, also]);
        }
    });
    for error in errors {
        assert!(matches!(error, Error::WrongThread(_)), "{error:?}");
    }
}
