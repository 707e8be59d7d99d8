#!/usr/bin/env python3
"""The command `repolock` as tests/conformance plays it: a request a line in, its reply a line out.

usage: agent.py COMMAND    the command `repolock` to drive

A lease is a `repolock run`, and a client no more than the settings for one."""

import asyncio
import json
import os
import sys

from run import Run

COMMAND = sys.argv[1]
CAN = ["shared", "cancel", "inspect", "break", "waiting"]
# A run cannot be told to renew, forgets no lock while its command goes on, and turns no loop; a shell
# has nothing that could be shut down.
LACKS = ["extend", "drop", "block", "shutdown"]
LOST_EXIT = 123

clients, leases, acquiring = {}, {}, {}


def say(line):
    print(json.dumps(line), flush=True)


def failure(said):
    return {"status": said.get("status") or "E_INVALID", "message": said.get("message", ""),
            "holders": holders_of(said)}


def holders_of(said):
    return [{**{key: row[key] for key in ("holder", "fence", "shared")}, "lease_id": row["id"]}
            for row in said.get("holders", [])]


def settings(request):
    words = ["--backend", request["backend"]] if "backend" in request else []
    for key, value in request.get("config", {}).items():
        words += ["--option", f"{key}={value}"]
    return words


async def asked(verb, *words):
    """What the command prints in JSON: of a failure the error, on stderr."""
    process = await asyncio.create_subprocess_exec(
        COMMAND, verb, "--json", *words, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    printed, complaint = await process.communicate()
    return json.loads(printed or complaint or "{}")


async def open_client(request):
    """A shell opens nothing: the settings can be, or the question that has them says not. A
    server that does not answer it, or not to this user, is for those to tell who ask again."""
    words = settings(request)
    said = await asked("status", *words, "owner/name")
    if said.get("status") not in (None, "E_UNAVAILABLE", "E_DENIED"):
        return failure(said)
    clients[request["client"]] = words
    return {}


def words_of(request):
    wait = request.get("wait_ms", 60000)
    words = ["-n"] if wait == 0 else ["-w", f"{wait}ms"] if wait > 0 else []
    for key, option in (("ttl_ms", "--ttl"), ("max_hold_ms", "--max-hold")):
        if key in request:
            words += [option, f"{request[key]}ms"]
    if "holder" in request:
        words += ["--reason", request["holder"]]
    return words + (["-s"] if request.get("shared") else [])


async def acquire(request):
    name, (repo,) = request["lease"], request["repos"]

    def tell(said):
        if said["event"] == "lost":
            say({"event": "lost", "lease": name, "status": "E_LOST", "message": said["message"]})
        else:
            say({"event": "waiting", "id": request["id"], "place": said["place"]})

    where = clients[request["client"]]
    run = Run([COMMAND, "run", "--json", *where, *words_of(request), repo], where, tell)
    acquiring[request["id"]] = run
    said = await run.obtained()
    del acquiring[request["id"]]
    if run.granted:
        leases[name] = run
        return {"fences": [said["fence"]], "previous": said["previous"], "lease_id": said["id"]}
    if not said:  # a signal ended it, and that says all
        return {"status": "E_CANCELED", "message": f"exit {run.status}"}
    return {**failure(said), "place": run.place}


async def cancel(request):
    if request["of"] in acquiring:
        acquiring[request["of"]].cancel()
    return {}


async def check(request):
    run = leases[request["lease"]]
    if run.lost:
        return {"status": "E_LOST", "message": run.lost["message"], "remaining_ms": 0}
    if run.status is not None:
        return {"status": "E_INVALID", "message": f"it ended with {run.status}", "remaining_ms": 0}
    held = await asked("status", *run.where, run.granted["repo"])
    ours = [row for row in held["holders"] if row["id"] == run.granted["id"]]
    remaining = ours[0]["remaining_ms"] if ours else 0
    return {"remaining_ms": sys.maxsize if remaining is None else remaining}


async def release(request):
    run = leases[request["lease"]]
    status = await run.release()
    if status == LOST_EXIT:
        return {"status": "E_LOST", "message": run.lost["message"]}
    return {} if status == 0 else {"status": "E_INTERNAL", "message": f"exit {status}"}


async def inspect(request):
    said = await asked("status", *clients[request["client"]], request["repo"])
    if "event" in said:
        return failure(said)
    waiters = [{"holder": row["holder"], "place": row["place"]} for row in said["waiters"]]
    return {"holders": holders_of(said), "waiters": waiters}


async def break_lease(request):
    said = await asked("break", *clients[request["client"]], request["repo"],
                       "--id", request["lease_id"])
    return failure(said) if said.get("event") == "error" else {}


async def work(request):
    return {"status": await leases[request["lease"]].work(request["witness"])}


async def canonical(request):
    said = await asked("canonical", *settings(request), "--", request["repo"])
    return failure(said) if "event" in said else {"canonical": said["repo"]}


async def close(request):
    del clients[request["client"]]
    return {}


async def leave(request):
    os._exit(request["code"])


async def hello(_request):
    version = await asked("version")
    return {"language": "shell", "version": version["version"], "can": CAN, "lacks": LACKS}


VERBS = {"hello": hello, "open": open_client, "acquire": acquire, "cancel": cancel, "check": check,
         "release": release, "inspect": inspect, "break": break_lease, "work": work,
         "canonical": canonical, "close": close, "exit": leave}


async def answer(request):
    try:
        reply = await VERBS[request["do"]](request)
    except (KeyError, ValueError) as wrong:  # no such verb or handle; what no argument can be
        reply = {"status": "E_INVALID", "message": f"{type(wrong).__name__}: {wrong}"}
    say({"status": "OK", **reply, "id": request["id"]})


async def main():
    lines = asyncio.StreamReader(limit=2**20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    under_way = set()
    async for line in lines:
        task = asyncio.create_task(answer(json.loads(line)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    for run in acquiring.values():
        run.cancel()
    await asyncio.gather(*under_way)
    for run in leases.values():
        await run.release()


asyncio.run(main())
