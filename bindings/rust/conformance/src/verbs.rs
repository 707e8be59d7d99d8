//! What the driver may ask for.

use crate::agent::{Agent, Cancel};
use crate::child;
use crate::message::{message, number, plain, text, texts, Message};
use crate::statuses::{holders, invalid, ok, refusal, reply, waiters};
use pollster::block_on;
use repolock::{Client, ClientBuilder, LockGuard, LockOptions, Lost};
use serde_json::{json, Value};
use std::fs::{self, File, OpenOptions};
use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;
use std::process;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

type Verb = fn(&Arc<Agent>, &Message) -> Message;

pub fn named(verb: &str) -> Option<Verb> {
    Some(match verb {
        "hello" => hello,
        "open" => open,
        "acquire" => acquire,
        "cancel" => cancel,
        "check" => check,
        "extend" => extend,
        "release" => release,
        "drop" => abandon,
        "inspect" => inspect,
        "break" => break_lease,
        "work" => work,
        "canonical" => canonical,
        "fork" => fork,
        "block" => block,
        "shutdown" => shutdown,
        "close" => close,
        "exit" => exit,
        _ => return None,
    })
}

fn no_handle() -> Message {
    invalid("no such handle")
}

fn hello(_: &Arc<Agent>, _: &Message) -> Message {
    message(
        json!({"status": "OK", "language": "rust", "version": repolock::version(), "can": [
        "shared", "several", "fork", "cancel", "inspect", "break", "waiting", "descriptor"]}),
    )
}

fn builder(request: &Message) -> ClientBuilder {
    let mut builder = Client::builder();
    if request.contains_key("backend") {
        builder = builder.url(text(request, "backend"));
    }
    for (key, value) in request
        .get("config")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        builder = builder.config(key, plain(value));
    }
    builder
}

fn open(agent: &Arc<Agent>, request: &Message) -> Message {
    reply(builder(request).open().map(|client| {
        let mut clients = agent.clients.lock().unwrap();
        clients.insert(text(request, "client"), client);
    }))
}

fn milliseconds(request: &Message, key: &str) -> Option<Duration> {
    number(request, key).map(|ms| u64::try_from(ms).map_or(Duration::MAX, Duration::from_millis))
}

fn options(agent: &Arc<Agent>, request: &Message) -> LockOptions {
    let mut options = LockOptions::new();
    for repo in texts(request, "repos").into_iter().skip(1) {
        options = options.and(repo);
    }
    if let Some(wait) = milliseconds(request, "wait_ms") {
        options = options.wait(wait);
    }
    if let Some(ttl) = milliseconds(request, "ttl_ms") {
        options = options.ttl(ttl);
    }
    if let Some(most) = milliseconds(request, "max_hold_ms") {
        options = options.max_hold(most);
    }
    if request.get("shared") == Some(&Value::Bool(true)) {
        options = options.shared();
    }
    if request.contains_key("holder") {
        options = options.holder(text(request, "holder"));
    }
    let (agent, id) = (Arc::clone(agent), request["id"].clone());
    options.on_wait(move |now| {
        agent.tell(&message(
            json!({"event": "waiting", "id": id, "place": now.place}),
        ));
    })
}

fn acquire(agent: &Arc<Agent>, request: &Message) -> Message {
    let id = number(request, "id").unwrap_or(0);
    let wait = agent
        .waits
        .lock()
        .unwrap()
        .get(&id)
        .cloned()
        .unwrap_or_default();
    let repos = texts(request, "repos");
    let (client, repo) = match (agent.client(request), repos.first()) {
        (Some(client), Some(repo)) => (client, repo),
        _ => return invalid("no such client, or no name"),
    };
    let options = options(agent, request);
    let result = block_on(Unless {
        wait: &wait,
        acquisition: Box::pin(client.lock_with(repo, &options)),
    });
    agent.waits.lock().unwrap().remove(&id);
    match result {
        None => message(json!({"status": "E_CANCELED"})),
        Some(Err(error)) => refusal(&error),
        Some(Ok(guard)) => granted(agent, text(request, "lease"), guard),
    }
}

/// Gives `None` if it was cancelled: the acquisition is dropped then.
struct Unless<'a, F> {
    wait: &'a Mutex<Cancel>,
    acquisition: Pin<Box<F>>,
}

impl<F: Future> Future for Unless<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut cancel = self.wait.lock().unwrap();
        if cancel.is_wanted {
            return Poll::Ready(None);
        }
        cancel.waker = Some(context.waker().clone());
        drop(cancel);
        self.acquisition.as_mut().poll(context).map(Some)
    }
}

fn granted(agent: &Arc<Agent>, name: String, guard: LockGuard) -> Message {
    let granted = message(
        json!({"status": "OK", "fences": guard.fences(), "lease_id": guard.id(),
        "previous": guard.previous().to_string()}),
    );
    let (telling, lost, told) = (Arc::clone(agent), guard.lost(), name.clone());
    agent.leases.lock().unwrap().insert(name, Arc::new(guard));
    thread::spawn(move || watch(&telling, lost, &told));
    granted
}

fn watch(agent: &Agent, lost: Lost, name: &str) {
    if let Some(loss) = block_on(lost) {
        let mut event = refusal(&loss);
        event.insert("event".into(), json!("lost"));
        event.insert("lease".into(), json!(name));
        event.insert("reason".into(), json!(loss.reason()));
        agent.tell(&event);
    }
}

fn cancel(agent: &Arc<Agent>, request: &Message) -> Message {
    let of = number(request, "of").unwrap_or(0);
    let wait = agent.waits.lock().unwrap().get(&of).cloned();
    if let Some(wait) = wait {
        let mut cancel = wait.lock().unwrap();
        cancel.is_wanted = true;
        if let Some(waker) = cancel.waker.take() {
            waker.wake();
        }
    }
    ok()
}

fn check(agent: &Arc<Agent>, request: &Message) -> Message {
    let lease = agent.lease(request);
    let remaining = lease
        .as_ref()
        .map_or(Duration::ZERO, |guard| guard.remaining());
    let mut answer = lease.map_or_else(no_handle, |guard| reply(guard.check()));
    let ms = u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX);
    answer.insert("remaining_ms".into(), json!(ms));
    answer
}

fn extend(agent: &Arc<Agent>, request: &Message) -> Message {
    let ttl = milliseconds(request, "ttl_ms").unwrap_or_default();
    agent
        .lease(request)
        .map_or_else(no_handle, |guard| reply(block_on(guard.extend(ttl))))
}

fn release(agent: &Arc<Agent>, request: &Message) -> Message {
    agent
        .take(request)
        .map_or_else(no_handle, |guard| reply(block_on(guard.release())))
}

fn abandon(agent: &Arc<Agent>, request: &Message) -> Message {
    agent.take(request).map_or_else(no_handle, |guard| {
        guard.abandon();
        ok()
    })
}

fn inspect(agent: &Arc<Agent>, request: &Message) -> Message {
    let client = match agent.client(request) {
        Some(client) => client,
        None => return no_handle(),
    };
    match block_on(client.inspect(&text(request, "repo"))) {
        Err(error) => refusal(&error),
        Ok(now) => message(json!({"status": "OK", "holders": holders(&now.holders),
            "waiters": waiters(&now.waiters)})),
    }
}

fn break_lease(agent: &Arc<Agent>, request: &Message) -> Message {
    let (repo, id) = (text(request, "repo"), text(request, "lease_id"));
    agent.client(request).map_or_else(no_handle, |client| {
        reply(block_on(client.break_lock(&repo, &id)))
    })
}

/// Is seen by no lock: the file says whether somebody else is inside.
fn work(agent: &Arc<Agent>, request: &Message) -> Message {
    let (lease, path) = (agent.lease(request), text(request, "witness"));
    let guard = match lease {
        Some(guard) => guard,
        None => return no_handle(),
    };
    if let Err(error) = OpenOptions::new().write(true).create_new(true).open(&path) {
        return message(json!({"status": "OVERLAP", "message": error.to_string()}));
    }
    let written = journal(&format!("{path}.journal"), guard.fence());
    match written.and_then(|()| fs::remove_file(&path)) {
        Ok(()) => ok(),
        Err(error) => invalid(error.to_string()),
    }
}

fn journal(path: &str, fence: u64) -> io::Result<()> {
    let mut journal: File = OpenOptions::new().append(true).create(true).open(path)?;
    writeln!(journal, "{fence} rust")
}

fn canonical(_: &Arc<Agent>, request: &Message) -> Message {
    match builder(request).canonical(&text(request, "repo")) {
        Err(error) => refusal(&error),
        Ok(name) => message(json!({"status": "OK", "canonical": name})),
    }
}

fn fork(agent: &Arc<Agent>, request: &Message) -> Message {
    match (agent.lease(request), agent.client(request)) {
        (Some(guard), Some(client)) => {
            message(json!({"status": "OK", "child": child::ask(&guard, &client)}))
        }
        _ => no_handle(),
    }
}

/// There is no loop to block: a thread is busy.
fn block(_: &Arc<Agent>, request: &Message) -> Message {
    let until = Instant::now() + milliseconds(request, "ms").unwrap_or_default();
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    ok()
}

fn shutdown(agent: &Arc<Agent>, request: &Message) -> Message {
    let patience = milliseconds(request, "timeout_ms").unwrap_or_default();
    agent.client(request).map_or_else(no_handle, |client| {
        reply(block_on(client.shutdown(patience)))
    })
}

fn close(agent: &Arc<Agent>, request: &Message) -> Message {
    let client = agent
        .clients
        .lock()
        .unwrap()
        .remove(&text(request, "client"));
    client.map_or_else(no_handle, |_| ok())
}

fn exit(_: &Arc<Agent>, request: &Message) -> Message {
    process::exit(number(request, "code").unwrap_or(0) as i32)
}
