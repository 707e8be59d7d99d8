"""What a program that is checked with mypy --strict may rely on. It is not run."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AbstractAsyncContextManager, AbstractContextManager

import repolock


def blocking(client: repolock.Client) -> int:
    block: AbstractContextManager[repolock.Lock] = client.lock("owner/name", wait=30)
    with block as lock:
        fence: int = lock.fence
        lost: repolock.LockLostError | None = lock.wait_lost(0.1)
        threading.Thread(target=lock.wait_lost).start()
        if lost is not None:
            reason: str = lost.reason
            print(reason)
        return fence


async def waiting(client: repolock.Client) -> list[repolock.Holder]:
    block: AbstractAsyncContextManager[repolock.Lock] = client.lock("owner/name", on_lost="cancel")
    async with block as lock:
        await lock.extend_async(20)
    acquired: bool = await client.lock("owner/name", "other/name").acquire_async(timeout=1)
    client.lock(b"owner/name", on_lost="panic")  # type: ignore[arg-type]
    client.lock(17)  # type: ignore[arg-type]
    return (await client.inspect_async()).holders if acquired else []


def failing(client: repolock.Client) -> float | None:
    try:
        client.lock("owner/name").acquire()
    except repolock.LockTimeoutError as error:
        as_usual: TimeoutError = error
        holder: repolock.Holder | None = error.holder
        print(as_usual, holder and holder.text, error.place, [node.message for node in error.nodes])
        return error.retry_after
    return None


def main() -> None:
    with repolock.Client("memory:", ttl=10, config={"repo.case": "sensitive"}) as client:
        blocking(client)
        asyncio.run(waiting(client))
        failing(client)
