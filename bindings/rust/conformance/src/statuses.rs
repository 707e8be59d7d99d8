//! From the binding's errors back to the statuses of the library, and rows as JSON.

use crate::message::{message, Message};
use repolock::{Error, Holder, Result, Waiter};
use serde_json::{json, Value};

/// The one table.
fn name(error: &Error) -> &'static str {
    match error {
        Error::Invalid(_) => "E_INVALID",
        Error::NoMemory(_) => "E_NOMEM",
        Error::Timeout(_) => "E_TIMEOUT",
        Error::Held(_) => "E_HELD",
        Error::Lost(_) => "E_LOST",
        Error::Unknown(_) => "E_UNKNOWN",
        Error::Unavailable(_) => "E_UNAVAILABLE",
        Error::Closed(_) => "E_SHUTDOWN",
        Error::Denied(_) => "E_DENIED",
        Error::Misconfigured(_) => "E_MISCONFIGURED",
        Error::Unsupported(_) => "E_UNSUPPORTED",
        Error::Plugin(_) => "E_PLUGIN",
        Error::WrongThread(_) => "E_WRONG_THREAD",
        Error::Forked(_) => "E_FORKED",
        Error::Io(_) => "E_IO",
        _ => "E_INTERNAL",
    }
}

pub fn status(result: &Result<()>) -> &'static str {
    match result {
        Ok(()) => "OK",
        Err(error) => name(error),
    }
}

pub fn reply(result: Result<()>) -> Message {
    match result {
        Ok(()) => ok(),
        Err(error) => refusal(&error),
    }
}

pub fn ok() -> Message {
    message(json!({"status": "OK"}))
}

pub fn refusal(error: &Error) -> Message {
    message(json!({
        "status": name(error),
        "message": error.to_string(),
        "holders": holders(error.holders()),
        "place": error.place(),
    }))
}

pub fn invalid(sentence: impl Into<String>) -> Message {
    message(json!({"status": "E_INVALID", "message": sentence.into()}))
}

pub fn holders(all: &[Holder]) -> Vec<Value> {
    all.iter()
        .map(|each| {
            json!({"holder": each.text, "fence": each.fence, "shared": each.shared,
                "lease_id": each.lease_id})
        })
        .collect()
}

pub fn waiters(all: &[Waiter]) -> Vec<Value> {
    all.iter()
        .map(|each| json!({"holder": each.text, "place": each.place}))
        .collect()
}
