"""What nobody keeps any more."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import warnings
from pathlib import Path
from typing import Literal

import pytest
from support import HANG, is_free

import repolock


def forget(client: repolock.Client, repo: str) -> None:
    client.lock(repo, ttl=1).acquire()
    gc.collect()


def test_a_forgotten_lock_warns_and_ends_by_its_ttl(
    client: repolock.Client, other: repolock.Client, repo: str
) -> None:
    with pytest.warns(ResourceWarning, match=f"{repo} was forgotten") as caught:
        forget(client, repo)
    assert caught[0].filename == __file__
    with other.lock(repo, wait=HANG):
        assert other.stats()["locks_held"] == 1


def test_a_warning_that_is_an_error_leaves_no_lock(
    client: repolock.Client, repo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda what: told.append(what.exc_type))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        forget(client, repo)
    monkeypatch.undo()
    with client.lock(repo, wait=HANG):
        pass


def test_a_lock_in_a_cycle_is_found(alone: repolock.Client, repo: str) -> None:
    lock = alone.lock(repo, ttl=0.5)
    lock.cycle = lock  # type: ignore[attr-defined]
    lock.acquire()
    assert lock.wait_lost(0.01) is None
    del lock
    with pytest.warns(ResourceWarning):
        gc.collect()
    with alone.lock(repo, wait=HANG):
        pass


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the collector may find the lock before the task
@pytest.mark.parametrize("on_lost", ["raise", "cancel"])
def test_a_task_that_its_loop_forgot_lets_go(
    alone: repolock.Client, repo: str, on_lost: Literal["raise", "cancel"]
) -> None:
    async def hold() -> None:
        async with alone.lock(repo, on_lost=on_lost):
            await asyncio.get_running_loop().create_future()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)  # "Task was destroyed but it is pending"
    task = loop.create_task(hold())
    while is_free(alone, repo):
        loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    del task, loop
    gc.collect()
    with alone.lock(repo, wait=HANG):
        pass


def test_what_was_released_or_lost_or_never_held_does_not_warn(
    alone: repolock.Client, repo: str
) -> None:
    with alone.lock(repo) as lock:
        alone.lock(repo).acquire(blocking=False)
    del lock
    lock = alone.lock(repo)
    lock.acquire()
    alone.break_lock(repo, lock.lease_id)
    assert lock.wait_lost(HANG)
    del lock
    gc.collect()  # warnings are errors here


def test_nothing_is_left_of_clients_that_were_dropped(memory_url: str, repo: str) -> None:
    def tasks() -> int:
        return len(os.listdir("/proc/self/task"))

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    threads, files, python = tasks(), descriptors(), threading.active_count()
    for _ in range(50):
        client = repolock.Client(memory_url)
        with client.lock(repo):
            pass
    del client
    gc.collect()
    while tasks() > threads or descriptors() > files:
        pass
    assert threading.active_count() == python
    assert Path("/proc/self/task").exists()


def test_watching_for_a_while_again_and_again_keeps_nothing(alone: repolock.Client, repo: str) -> None:
    with alone.lock(repo) as lock:
        for _ in range(100):
            lock.wait_lost(0)
        gc.collect()
        ears = [each for each in gc.get_objects() if type(each).__name__ == "ThreadEar"]
        assert len(ears) < 10
