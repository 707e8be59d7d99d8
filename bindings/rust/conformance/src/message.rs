//! A request, reply or event.

use serde_json::{Map, Value};

pub type Message = Map<String, Value>;

/// An object of `serde_json::json!`.
pub fn message(value: Value) -> Message {
    match value {
        Value::Object(members) => members,
        other => panic!("{other} is no object"),
    }
}

pub fn text(of: &Message, key: &str) -> String {
    of.get(key).map(plain).unwrap_or_default()
}

pub fn texts(of: &Message, key: &str) -> Vec<String> {
    let list = of.get(key).and_then(Value::as_array);
    list.map_or_else(Vec::new, |list| list.iter().map(plain).collect())
}

pub fn number(of: &Message, key: &str) -> Option<i64> {
    of.get(key).and_then(Value::as_i64)
}

pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), String::from)
}
