"""Threads share clients; and the library renews while none of them can run."""

from __future__ import annotations

import ctypes
import threading
from functools import partial

from support import HANG, in_thread

import repolock


def test_one_at_a_time(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    inside: list[int] = []

    def work(one: repolock.Client) -> None:
        for _ in range(25):
            with one.lock(repo, wait=HANG):
                inside.append(1)
                assert len(inside) == 1
                inside.pop()

    workers = [in_thread(partial(work, one)) for one in (client, other) * 4]
    for worker in workers:
        worker.result(HANG)


def test_a_lock_survives_whoever_keeps_the_interpreter(url: str, repo: str) -> None:
    with repolock.Client(url, ttl=1) as client, client.lock(repo) as lock:
        ctypes.PyDLL(None).usleep(3_000_000)  # three ttl long no thread of Python runs
        lock.check()
        assert lock.remaining > 0


def test_another_thread_may_release(client: repolock.Client, repo: str) -> None:
    lock = client.lock(repo)
    lock.acquire()
    in_thread(lock.release).result(HANG)
    with lock:
        pass


def test_news_reaches_a_thread_whoever_reads_it(alone: repolock.Client, repo: str) -> None:
    """Each call reads the queue; what it finds may be for a thread that sleeps in poll."""
    ends = threading.Event()

    def read() -> None:
        with alone.lock(f"{repo}-b") as lock:
            while not ends.is_set():
                lock.check()

    reader = in_thread(read)

    def turn() -> None:
        for _ in range(300):
            with alone.lock(repo, wait=HANG):
                pass

    turns = [in_thread(turn) for _ in range(4)]
    for each in turns:
        each.result(HANG)
    ends.set()
    reader.result(HANG)


def test_only_the_first_of_two_releases_counts(alone: repolock.Client, repo: str) -> None:
    for _ in range(50):
        lock = alone.lock(repo)
        lock.acquire()
        both = [in_thread(lock.release) for _ in range(2)]
        errors = [each.exception(HANG) for each in both]
        assert sorted(isinstance(error, repolock.LockNotHeldError) for error in errors) == [False, True]
