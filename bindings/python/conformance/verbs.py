"""What the agent can do: one coroutine for each verb."""

from __future__ import annotations

import asyncio
import gc
import os
import time
import weakref
from collections.abc import Awaitable
from typing import Any, Callable

from status import Message, holders, status, waiters

import repolock


class Agent:
    """Has the handles by the driver's names for them."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self.tell = tell
        self.clients: dict[str, repolock.Client] = {}
        self.locks: dict[str, repolock.Lock] = {}
        self.requests: dict[int, asyncio.Task[None]] = {}
        self.watches: dict[str, asyncio.Task[None]] = {}


Verb = Callable[[Agent, Message], Awaitable[Message]]
VERBS: dict[str, Verb] = {}


def verb(name: str) -> Callable[[Verb], Verb]:
    def enter(do: Verb) -> Verb:
        VERBS[name] = do
        return do

    return enter


def seconds(request: Message, key: str) -> float | None:
    """-1 is without end, in both worlds."""
    if key not in request:
        return None
    return request[key] / 1000 if request[key] >= 0 else -1


@verb("hello")
async def hello(agent: Agent, request: Message) -> Message:
    can = ["shared", "several", "fork", "cancel", "inspect", "break", "waiting", "descriptor"]
    return {**status(), "language": "python", "version": repolock.library_version(), "can": can}


@verb("open")
async def open_client(agent: Agent, request: Message) -> Message:
    client = repolock.Client(request.get("backend"), config=request.get("config"))
    agent.clients[request["client"]] = client
    return status()


@verb("acquire")
async def acquire(agent: Agent, request: Message) -> Message:
    def on_waiting(now: repolock.Waiting) -> None:
        agent.tell({"event": "waiting", "id": request["id"], "place": now.place})

    lock = agent.clients[request["client"]].lock(
        *request["repos"],
        wait=seconds(request, "wait_ms"),
        ttl=seconds(request, "ttl_ms"),
        max_hold=seconds(request, "max_hold_ms"),
        shared=request.get("shared", False),
        holder=request.get("holder"),
        on_waiting=on_waiting,
    )
    await lock.acquire_async()
    agent.locks[request["lease"]] = lock
    watch = asyncio.create_task(tell_loss(agent, request["lease"], lock.wait_lost_async()))
    agent.watches[request["lease"]] = watch
    return {
        **status(),
        "fences": lock.fences,
        "previous": lock.previous,
        "lease_id": lock.lease_id,
    }


async def tell_loss(agent: Agent, name: str, waiting: Awaitable[Any]) -> None:
    loss = await waiting
    if loss is not None:
        agent.tell({**status(loss), "event": "lost", "lease": name, "reason": loss.reason})


@verb("cancel")
async def cancel(agent: Agent, request: Message) -> Message:
    agent.requests[request["of"]].cancel()
    return status()


@verb("check")
async def check(agent: Agent, request: Message) -> Message:
    lock = agent.locks[request["lease"]]
    try:
        lock.check()
        found = status()
    except repolock.LockError as error:
        found = status(error)
    return {**found, "remaining_ms": int(min(lock.remaining * 1000, 2**63 - 1))}


@verb("extend")
async def extend(agent: Agent, request: Message) -> Message:
    await agent.locks[request["lease"]].extend_async(request["ttl_ms"] / 1000)
    return status()


@verb("release")
async def release(agent: Agent, request: Message) -> Message:
    await agent.locks[request["lease"]].release_async()
    return status()


@verb("drop")
async def drop(agent: Agent, request: Message) -> Message:
    watch = agent.watches.pop(request["lease"])
    watch.cancel()  # who waits for the loss has a reference to the lock
    await asyncio.wait([watch])
    del watch
    dropped = weakref.ref(agent.locks.pop(request["lease"]))
    gc.collect()
    return status() if dropped() is None else {"status": "E_INTERNAL"}


@verb("inspect")
async def inspect(agent: Agent, request: Message) -> Message:
    now = await agent.clients[request["client"]].inspect_async(request["repo"])
    return {**status(), "holders": holders(now.holders), "waiters": waiters(now.waiters)}


@verb("break")
async def break_lock(agent: Agent, request: Message) -> Message:
    client = agent.clients[request["client"]]
    await client.break_lock_async(request["repo"], request["lease_id"])
    return status()


@verb("work")
async def work(agent: Agent, request: Message) -> Message:
    """Seen by no lock: the file says whether somebody else is inside."""
    lock, witness = agent.locks[request["lease"]], request["witness"]
    try:
        os.close(os.open(witness, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        return {"status": "OVERLAP", "message": str(error)}
    with open(f"{witness}.journal", "a", encoding="utf-8") as journal:  # noqa: ASYNC230
        journal.write(f"{lock.fence} python\n")
    os.unlink(witness)
    return status()


@verb("canonical")
async def canonical(agent: Agent, request: Message) -> Message:
    name = repolock.canonical(request["repo"], request.get("config"))
    return {**status(), "canonical": name}


@verb("fork")
async def fork(agent: Agent, request: Message) -> Message:
    client, lock = agent.clients[request["client"]], agent.locks[request["lease"]]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        tries: list[Callable[[], object]] = [lock.check, client.lock("owner/name", wait=0).acquire]
        os.write(writer, " ".join(map(outcome, tries)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        statuses = told.read().split()
    os.waitpid(child, 0)  # noqa: ASYNC222
    return {**status(), "child": statuses}


def outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except repolock.LockError as error:
        return str(status(error)["status"])
    return "OK"


@verb("block")
async def block(agent: Agent, request: Message) -> Message:
    """The loop does not turn meanwhile."""
    until = time.monotonic() + request["ms"] / 1000
    while time.monotonic() < until:
        pass
    return status()


@verb("shutdown")
async def shutdown(agent: Agent, request: Message) -> Message:
    await agent.clients[request["client"]].shutdown_async(seconds(request, "timeout_ms") or 0)
    return status()


@verb("close")
async def close(agent: Agent, request: Message) -> Message:
    await agent.clients.pop(request["client"]).shutdown_async(0)
    return status()


@verb("exit")
async def leave(agent: Agent, request: Message) -> Message:
    os._exit(request["code"])
