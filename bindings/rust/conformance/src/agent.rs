//! The handles, by the driver's names for them.

use crate::message::{number, text, Message};
use crate::{statuses, verbs};
use repolock::{Client, LockGuard};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::task::Waker;

#[derive(Default)]
pub struct Agent {
    pub clients: Mutex<HashMap<String, Client>>,
    pub leases: Mutex<HashMap<String, Arc<LockGuard>>>,
    /// Acquisitions under way, by the id of their request.
    pub waits: Mutex<HashMap<i64, Arc<Mutex<Cancel>>>>,
}

/// Whether somebody wants an acquisition to end, and who is to be told of it.
#[derive(Default)]
pub struct Cancel {
    pub is_wanted: bool,
    pub waker: Option<Waker>,
}

impl Agent {
    pub fn tell(&self, what: &Message) {
        let line = serde_json::to_string(what).expect("JSON");
        let mut output = io::stdout().lock();
        writeln!(output, "{line}")
            .and_then(|()| output.flush())
            .expect("a reader");
    }

    /// Makes an acquisition known before the next line is read, which may cancel it.
    pub fn expect(&self, request: &Message) {
        if text(request, "do") == "acquire" {
            let id = number(request, "id").unwrap_or(0);
            self.waits.lock().unwrap().insert(id, Arc::default());
        }
    }

    pub fn answer(self: &Arc<Self>, request: &Message) {
        let verb = text(request, "do");
        let mut reply = match verbs::named(&verb) {
            Some(perform) => perform(self, request),
            None => statuses::invalid(format!("no verb {verb}")),
        };
        let id = request.get("id").cloned().unwrap_or(Value::Null);
        reply.insert("id".into(), id);
        self.tell(&reply);
    }

    pub fn client(&self, request: &Message) -> Option<Client> {
        let clients = self.clients.lock().unwrap();
        clients.get(&text(request, "client")).cloned()
    }

    pub fn lease(&self, request: &Message) -> Option<Arc<LockGuard>> {
        let leases = self.leases.lock().unwrap();
        leases.get(&text(request, "lease")).cloned()
    }

    /// The guard itself, which nobody has any more.
    pub fn take(&self, request: &Message) -> Option<LockGuard> {
        let mut leases = self.leases.lock().unwrap();
        let guard = leases.remove(&text(request, "lease"))?;
        Arc::try_unwrap(guard).ok()
    }

    /// Frees all there is; who still waits is ended.
    pub fn close(&self) {
        let clients: Vec<Client> = self
            .clients
            .lock()
            .unwrap()
            .drain()
            .map(|(_, each)| each)
            .collect();
        self.leases.lock().unwrap().clear();
        for client in clients {
            let _ = pollster::block_on(client.shutdown(std::time::Duration::ZERO));
        }
    }
}
