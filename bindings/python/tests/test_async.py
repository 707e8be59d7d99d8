"""Coroutines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, Callable

import pytest
from support import HANG, break_it, is_free

import repolock


def run(work: Coroutine[Any, Any, Any]) -> None:
    asyncio.run(asyncio.wait_for(work, HANG))


def stands(lock: Callable[..., repolock.Lock], repo: str) -> tuple[repolock.Lock, asyncio.Event]:
    """A lock, and what is set once it stands in line."""
    event = asyncio.Event()
    return lock(repo, wait=-1, on_waiting=lambda now: event.set()), event


def test_a_block_has_the_lock(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    async def work() -> None:
        async with client.lock(repo) as lock:
            assert lock.locked()
            await lock.extend_async(20)
            assert await other.lock(repo).acquire_async(blocking=False) is False
            with pytest.raises(repolock.LockTimeoutError):
                await other.lock(repo, wait=0.01).acquire_async()
            assert len((await client.inspect_async(repo)).holders) == 1
        assert not lock.locked()
        assert is_free(other, repo)

    run(work())


def test_tasks_come_in_their_order(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    order = []

    async def take(number: int, lock: repolock.Lock) -> None:
        async with lock:
            order.append(number)

    async def work() -> None:
        tasks = []
        async with client.lock(repo):
            for number, one in enumerate((client, other, client, other)):
                lock, event = stands(one.lock, repo)
                tasks.append(asyncio.create_task(take(number, lock)))
                await event.wait()
        await asyncio.gather(*tasks)
        assert order == [0, 1, 2, 3]

    run(work())


def test_many_tasks_share_a_client(client: repolock.Client, repo: str) -> None:
    inside = 0

    async def take() -> None:
        nonlocal inside
        async with client.lock(repo):
            assert inside == 0
            inside += 1
            await asyncio.sleep(0)
            inside -= 1

    async def work() -> None:
        await asyncio.gather(*(take() for _ in range(50)))

    run(work())


def test_a_cancelled_wait_leaves_the_line(client: repolock.Client, repo: str) -> None:
    async def work() -> None:
        async with client.lock(repo):
            lock, event = stands(client.lock, repo)
            task = asyncio.create_task(lock.acquire_async())
            await event.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert client.inspect(repo).waiters == []
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.lock(repo, wait=-1).acquire_async(), 0.01)
        async with client.lock(repo):
            pass

    run(work())


def test_cancelled_at_any_turn_it_leaves_nothing(client: repolock.Client, repo: str) -> None:
    async def attempt(turns: int) -> None:
        async def hold() -> None:
            async with client.lock(repo):
                await asyncio.sleep(0)

        task = asyncio.create_task(hold())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    async def work() -> None:
        for turns in range(20):
            await attempt(turns)
            async with client.lock(repo, wait=HANG):  # a release may be under way
                assert len((await client.inspect_async(repo)).holders) == 1

    run(work())


def test_a_loss_cancels_the_task(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    async def work() -> None:
        stopped = False
        with pytest.raises(repolock.LockLostError) as caught:
            async with client.lock(repo, on_lost="cancel"):
                break_it(other, repo)
                try:
                    await asyncio.sleep(2 * HANG)
                except asyncio.CancelledError:
                    stopped = True
                    raise
        assert stopped
        assert caught.value.reason == "broken"
        task = asyncio.current_task()
        assert task is not None
        if sys.version_info >= (3, 11):
            assert task.cancelling() == 0
        await asyncio.sleep(0)  # nothing of the cancellation is left

    run(work())


def test_a_cancellation_by_others_stays_one(alone: repolock.Client, repo: str) -> None:
    async def body(inside: asyncio.Event) -> None:
        async with alone.lock(repo, on_lost="cancel"):
            inside.set()
            await asyncio.sleep(2 * HANG)

    async def work() -> None:
        inside = asyncio.Event()
        task = asyncio.create_task(body(inside))
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert is_free(alone, repo)

    run(work())


def test_a_block_that_ends_with_the_loss_is_not_cancelled_later(
    alone: repolock.Client, repo: str
) -> None:
    async def work() -> None:
        with pytest.raises(repolock.LockLostError):
            async with alone.lock(repo, on_lost="cancel"):
                break_it(alone, repo)
        await asyncio.sleep(0.01)
        async with alone.lock(repo, on_lost="cancel"):
            await asyncio.sleep(0)

    run(work())


def test_only_a_task_can_be_cancelled(alone: repolock.Client, repo: str) -> None:
    coroutine = alone.lock(repo, on_lost="cancel").__aenter__()
    with pytest.raises(RuntimeError, match="loop|task"):
        coroutine.send(None)
    assert is_free(alone, repo)


def test_a_coroutine_can_wait_for_the_loss(client: repolock.Client, repo: str) -> None:
    async def work() -> None:
        lock = client.lock(repo)
        await lock.acquire_async()
        assert await lock.wait_lost_async(0.01) is None
        waiting = asyncio.create_task(lock.wait_lost_async())
        await asyncio.sleep(0)
        await client.break_lock_async(repo, lock.lease_id)
        loss = await waiting
        assert loss is not None
        assert loss.reason == "broken"
        with pytest.raises(repolock.LockLostError):
            await lock.release_async()

    run(work())


def test_threads_and_loops_share_a_client(client: repolock.Client, repo: str) -> None:
    """Each thread has a loop of its own, beside one that blocks: whoever reads wakes the others."""
    inside: list[int] = []

    async def take() -> None:
        for _ in range(20):
            async with client.lock(repo, wait=HANG):
                inside.append(1)
                assert len(inside) == 1
                await asyncio.sleep(0)
                inside.pop()

    async def work() -> None:
        loop = asyncio.get_running_loop()
        others = [loop.run_in_executor(None, asyncio.run, take()) for _ in range(2)]

        def blocking() -> None:
            for _ in range(20):
                with client.lock(repo, wait=HANG):
                    inside.append(1)
                    assert len(inside) == 1
                    inside.pop()

        await asyncio.gather(take(), loop.run_in_executor(None, blocking), *others)

    run(work())


def test_a_client_is_a_block_too(memory_url: str, repo: str) -> None:
    async def work() -> None:
        async with repolock.Client(memory_url) as client:
            async with client.lock(repo):
                pass
        with pytest.raises(repolock.LockShutdownError):
            await client.lock(repo).acquire_async()

    run(work())


def test_an_error_of_on_waiting_ends_the_wait(alone: repolock.Client, repo: str) -> None:
    def no(now: repolock.Waiting) -> None:
        raise KeyError("no patience")

    async def work() -> None:
        async with alone.lock(repo):
            with pytest.raises(KeyError, match="no patience"):
                await alone.lock(repo, on_waiting=no).acquire_async()
            assert alone.inspect(repo).waiters == []

    run(work())
