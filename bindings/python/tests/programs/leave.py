"""Lets a lock go as the last thing before the end: leave.py URL REPO released|given up."""

import asyncio
import sys

import repolock

url, repo, how = sys.argv[1:]
client = repolock.Client(url)
lock = client.lock(repo)


async def give_up() -> None:
    """Nobody waits for the answer."""
    await lock.acquire_async()
    release = asyncio.create_task(lock.release_async())
    await asyncio.sleep(0)
    release.cancel()


if how == "given up":
    asyncio.run(give_up())
else:
    lock.acquire()
    lock.release()
