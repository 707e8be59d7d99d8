//! The agent of this binding for the conformance tests: it does what a line of JSON on stdin says and
//! answers with one on stdout. tests/conformance/README.md has the verbs.

mod agent;
mod child;
mod message;
mod statuses;
mod verbs;

use agent::Agent;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::thread;

fn main() {
    let agent = Arc::new(Agent::default());
    let mut under_way = Vec::new();
    for line in io::stdin().lock().lines() {
        let request: message::Message =
            serde_json::from_str(&line.expect("a line")).expect("an object of JSON");
        agent.expect(&request);
        let agent = Arc::clone(&agent);
        under_way.push(thread::spawn(move || agent.answer(&request)));
    }
    agent.close();
    for each in under_way {
        each.join().expect("an answer");
    }
}
