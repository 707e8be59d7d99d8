"""Ends while a thread waits for a lock: end_while_waiting.py URL REPO daemon|loop in a daemon."""

import asyncio
import contextlib
import sys
import threading

import repolock

url, repo, where = sys.argv[1:]
client = repolock.Client(url)
stands = threading.Event()
lock = client.lock(repo, wait=-1, on_waiting=lambda now: stands.set())


def work() -> None:
    with contextlib.suppress(repolock.LockShutdownError):
        if where == "daemon":
            lock.acquire()
        else:
            asyncio.run(lock.acquire_async())


threading.Thread(target=work, daemon=True).start()
stands.wait()
print("ends", flush=True)
