"""Waits for a lock without end, until Ctrl-C: wait.py URL REPO thread|beside a reader|loop."""

import asyncio
import sys
import threading

import repolock

url, repo, where = sys.argv[1:]
client = repolock.Client(url)


said: list[str] = []


def told(now: repolock.Waiting) -> None:
    if not said:
        said.append("waits")
        print("waits", flush=True)


def waiting() -> repolock.Lock:
    return client.lock(repo, wait=-1, on_waiting=told)


async def main() -> None:
    await waiting().acquire_async()


if where == "beside a reader":
    stands = threading.Event()
    first = client.lock(repo, wait=-1, on_waiting=lambda now: stands.set())
    threading.Thread(target=first.acquire, daemon=True).start()
    stands.wait()
try:
    if where == "loop":
        asyncio.run(main())
    else:
        waiting().acquire()
except KeyboardInterrupt:
    print("interrupted", flush=True)
