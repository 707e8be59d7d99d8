// client.cc - the callers' side: every wish becomes a task for the client's own thread.
#include "loop/client.h"

#include <utility>

#include "port/clock.h"
#include "port/random.h"

namespace repolock::loop {

using core::Engine;
using core::Failure;
using core::Millis;
using core::OpKey;
using core::Status;

namespace {

// An op for a client that takes no more: its result is there at once.
OpPtr refused(OpPtr op, const Failure &failure) {
  op->set_result(failure.status, failure.message, nullptr);
  op->settle();
  return op;
}

}  // namespace

Client::Client(const core::Options &options)
    : options_(options), farewell_(Loop::letter([this] { tell_the_end(); })) {}

Client::~Client() {
  if (timer_ != nullptr) loop_.timer_free(timer_);
}

core::Result<ClientPtr> Client::open(const core::Options &options,
                                     const OpenBackend &open_backend) {
  auto client = std::make_shared<Client>(options);
  auto backend = open_backend(*client);
  if (const Failure *failure = core::failure_of(backend)) return *failure;
  client->backend_ = std::get<std::unique_ptr<Backend>>(std::move(backend));
  client->capabilities_ = client->backend_->capabilities();
  core::Settings settings;
  settings.node_timeout = options.node_timeout();
  settings.heartbeat = options.heartbeat();
  settings.capabilities = client->capabilities_;
  client->engine_.emplace(settings, port::RandomNumbers());
  Client *self = client.get();
  client->timer_ = client->loop_.timer_new(
      [self] { self->tell_engine([](Engine &engine, Millis now) { engine.tick(now); }); });
  client->loop_.start([keep = client] {},  // the thread keeps it until it has ended
                      [self] { self->break_down(); });
  return client;
}

bool Client::post(Loop::Letter letter) {
  const std::lock_guard lock(mutex_);
  return accepting_ && loop_.post(std::move(letter));
}

// For calls that cannot fail: without the memory to keep its promise the client ends.
template <class Work>
void Client::post_or_end(Work work) {
  try {
    post(Loop::Task(std::move(work)));
  } catch (const std::bad_alloc &) {
    loop_.fail_soon();
  }
}

Failure Client::closed() {
  const std::lock_guard lock(mutex_);
  return {Status::kShutdown, end_.status == Status::kNoMemory
                                 ? "the client ended when memory ran out; open a new one"
                                 : "the client was shut down; open a new one"};
}

// On the client's thread. Whatever comes of it, the op is known from here on, and will complete.
template <class Tell>
void Client::enter(Ops &entry, const Tell &tell) {
  const OpPtr op = entry.begin()->second;
  ops_.merge(entry);
  if (!broken_)
    tell_engine(tell);
  else if (op->kind() != Op::Kind::kShutdown)  // its DONE comes last of all
    finish(op, Status::kNoMemory, kOutOfMemory, nullptr);
}

OpPtr Client::failed(Op::Kind kind, const Failure &failure) {
  auto op = std::make_shared<Op>(next_op_++, kind);
  // Through the mailbox like any other, so that who listens is told on the client's thread.
  const bool posted = post([this, op, why = Failure(failure)]() mutable {
    finish(op, why.status, std::move(why.message), nullptr);
  });
  return posted ? op : refused(op, closed());
}

OpPtr Client::start(Op::Kind kind, Begin begin) {
  auto op = std::make_shared<Op>(next_op_++, kind);
  const bool posted =
      post([this, op, entry = Ops{{op->key(), op}}, begin = std::move(begin)]() mutable {
        enter(entry, [&](Engine &engine, Millis now) { begin(engine, op->key(), now); });
      });
  return posted ? op : refused(op, closed());
}

OpPtr Client::acquire(core::Result<core::Plan> plan) {
  if (const Failure *failure = core::failure_of(plan)) return failed(Op::Kind::kAcquire, *failure);
  return start(Op::Kind::kAcquire,
               [plan = std::get<core::Plan>(std::move(plan))](
                   Engine &engine, OpKey op, Millis now) { engine.acquire(op, plan, now); });
}

OpPtr Client::extend(const LeasePtr &lease, Millis ttl) {
  if (auto failure = core::check_ttl(ttl, options_)) return failed(Op::Kind::kExtend, *failure);
  return start(Op::Kind::kExtend, [key = lease->key(), ttl](Engine &engine, OpKey op, Millis now) {
    engine.extend(op, key, ttl, now);
  });
}

OpPtr Client::release(const LeasePtr &lease) {
  auto op = std::make_shared<Op>(next_op_++, Op::Kind::kRelease);
  auto letter = Loop::letter([this, op, entry = Ops{{op->key(), op}}, lease]() mutable {
    enter(entry, [&](Engine &engine, Millis now) {
      if (auto result = lease->release_result())
        return finish(op, result->status, std::move(result->message), nullptr);
      releases_.emplace(op->key(), lease);
      engine.release(op->key(), lease->key(), now);
    });
  });
  lease->start_release();
  return post(std::move(letter)) ? op : refused(op, lease->release_result().value_or(closed()));
}

OpPtr Client::inspect(core::Result<std::string> repo) {
  if (const Failure *failure = core::failure_of(repo)) return failed(Op::Kind::kInspect, *failure);
  return start(Op::Kind::kInspect,
               [repo = std::get<std::string>(std::move(repo))](
                   Engine &engine, OpKey op, Millis now) { engine.inspect(op, repo, now); });
}

OpPtr Client::diagnose() {
  return start(Op::Kind::kDiagnose,
               [](Engine &engine, OpKey op, Millis now) { engine.diagnose(op, now); });
}

OpPtr Client::break_lease(core::Result<std::string> repo, std::string lease_id) {
  if (const Failure *failure = core::failure_of(repo)) return failed(Op::Kind::kBreak, *failure);
  return start(Op::Kind::kBreak, [repo = std::get<std::string>(std::move(repo)),
                                  id = std::move(lease_id)](Engine &engine, OpKey op, Millis now) {
    engine.break_lease(op, repo, id, now);
  });
}

OpPtr Client::shutdown(Millis timeout) {
  auto op = std::make_shared<Op>(next_op_++, Op::Kind::kShutdown);
  const bool posted = post([this, op, entry = Ops{{op->key(), op}}, timeout]() mutable {
    enter(entry, [&](Engine &engine, Millis now) { engine.shutdown(op->key(), timeout, now); });
  });
  if (posted) return op;
  // It joins one that is over, or nearly: then who waits goes on when the last callback has run.
  const std::lock_guard lock(mutex_);
  op->set_result(end_.status, end_.message, nullptr);
  if (over_)
    op->settle();
  else
    late_shutdowns_.push_back(op);
  return op;
}

Status Client::await(const OpPtr &op, Millis limit, std::string *blocked) {
  const Millis patience = options_.node_timeout();
  Millis slice = limit >= core::kForever - patience ? core::kForever : limit + patience;
  Millis busy_since = 0;
  while (true) {
    const Status status = op->wait(slice);
    if (status != Status::kPending) return status;
    // Seen twice, for it may be this process that was stopped.
    const Millis since = loop_.busy_since();
    if (since != 0 && since == busy_since) {
      if (blocked != nullptr)
        *blocked = "the backend, or a callback, has blocked the client's own thread for " +
                   std::to_string(port::now_ms() - since) +
                   " ms, so nobody knows what becomes of this; it must not block";
      drop(op);
      return Status::kUnknown;
    }
    busy_since = since;
    slice = patience;
  }
}

void Client::cancel(const OpPtr &op) {
  post_or_end([this, op] {
    tell_engine([&](Engine &engine, Millis now) { engine.cancel(op->key(), now); });
  });
}

void Client::heartbeat() {
  post([this] { tell_engine([](Engine &engine, Millis now) { engine.heartbeat(now); }); });
}

// The engine hears of it before any release that the caller asks for after this.
int Client::inherit_fd(const LeasePtr &lease, size_t index) {
  post([this, lease] {
    tell_engine([&](Engine &engine, Millis now) { engine.inherited(lease->key(), now); });
  });
  return lease->inherit_fd(index);
}

void Client::noticed_lost(const LeasePtr &lease) {
  post([this, lease] {
    tell_engine([&](Engine &engine, Millis now) { engine.noticed_lost(lease->key(), now); });
  });
}

// ---- Listening ----

Status Client::listen(const OpPtr &op, Op::Subject subject, const ListenerPtr &listener) {
  bool complete = false;
  if (subject == Op::Subject::kDone) listener->keep_in_reserve(Op::last_words(*listener));
  auto letter = Loop::letter([this, op, subject, entry = Listeners{listener}]() mutable {
    const ListenerPtr asked = *entry.begin();
    if (asked->ended) return;  // it completed meanwhile
    listeners_.merge(entry);
    if (op->is_complete()) {
      subject == Op::Subject::kDone ? tell_done(op, asked) : end(asked);
    } else if (subject == Op::Subject::kWait) {
      if (EventPtr event = op->waiting_event(*asked)) deliver_once(asked, std::move(event));
    }
  });
  if (!op->listen(subject, listener, &complete)) return Status::kInvalid;
  if (post(std::move(letter)) || !complete) return Status::kOk;  // who completes it tells
  op->unlisten(subject);
  return Status::kShutdown;
}

Status Client::listen(const LeasePtr &lease, const ListenerPtr &listener) {
  bool lost = false;
  listener->keep_in_reserve(lease->last_words(*listener));
  auto letter = Loop::letter([this, lease, entry = Listeners{listener}]() mutable {
    const ListenerPtr asked = *entry.begin();
    if (asked->ended) return;
    listeners_.merge(entry);
    if (lease->is_told()) tell_lost(lease, asked);
  });
  if (!lease->listen(listener, &lost)) return Status::kInvalid;
  if (post(std::move(letter)) || !lost) return Status::kOk;  // whoever ends the lease tells
  lease->unlisten();
  return Status::kShutdown;
}

Status Client::listen_log(int32_t level, const ListenerPtr &listener) {
  auto letter = Loop::letter([this, level, listener, entry = Listeners{listener}]() mutable {
    listeners_.merge(entry);
    log_listener_ = listener;
    log_level_ = level;
  });
  if (log_taken_.exchange(true)) return Status::kInvalid;
  if (post(std::move(letter))) return Status::kOk;
  log_taken_ = false;
  return Status::kShutdown;
}

// ---- Handles that are freed ----

void Client::drop(const OpPtr &op) {
  const ListenerPtr heard_by[] = {op->listener(Op::Subject::kDone),
                                  op->listener(Op::Subject::kWait)};
  for (const ListenerPtr &listener : heard_by) {
    if (!listener) continue;
    listener->muted = true;
    queue_.forget(*listener);
  }
  const LeasePtr untaken = op->abandon();
  const bool may_go_on = op->kind() == Op::Kind::kAcquire && (untaken || !op->is_complete());
  if (!may_go_on && !heard_by[0] && !heard_by[1]) return;
  post_or_end([this, op, untaken, done = heard_by[0], wait = heard_by[1]] {
    if (done) end(done);
    if (wait) end(wait);
    tell_engine([&](Engine &engine, Millis now) {
      engine.cancel(op->key(), now);
      if (untaken) engine.release(0, untaken->key(), now);
    });
  });
}

void Client::drop(const LeasePtr &lease) {
  const ListenerPtr listener = lease->listener();
  if (listener) {
    listener->muted = true;
    queue_.forget(*listener);
  }
  post_or_end([this, lease, listener] {
    if (listener) end(listener);
    leases_.erase(lease->key());
    tell_engine([&](Engine &engine, Millis now) { engine.forget(lease->key(), now); });
  });
}

void Client::drop() {
  freed_ = true;
  post_or_end([this] { tell_engine([](Engine &engine, Millis now) { engine.abandon(now); }); });
}

}  // namespace repolock::loop
