"""The line, and those who stand in it."""

from __future__ import annotations

import queue

import pytest
from support import HANG, InLine, break_it, in_thread, is_free, raising_alarm

import repolock


def test_first_come_first_served(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    with client.lock(repo):
        waiters = [InLine(one, repo) for one in (other, client, other)]
    fences = []
    for waiter in waiters:
        assert waiter.result()
        fences.append(waiter.lock.fence)
        waiter.lock.release()
    assert fences == sorted(fences)


def test_on_waiting_tells_the_place_and_the_holder(
    client: repolock.Client, other: repolock.Client, repo: str
) -> None:
    told: queue.Queue[repolock.Waiting] = queue.Queue()
    with client.lock(repo, holder="job 17"):
        first = InLine(client, repo)
        lock = other.lock(repo, wait=HANG, on_waiting=told.put)
        waiter = in_thread(lock.acquire)
        now = told.get(timeout=HANG)
        assert (now.place, now.holders[0].text) == (2, "job 17")
    assert first.result()
    while now.place != 1:
        now = told.get(timeout=HANG)
    first.lock.release()
    assert waiter.result(HANG)
    lock.release()


def test_on_waiting_that_raises_ends_the_wait(client: repolock.Client, repo: str) -> None:
    def no(now: repolock.Waiting) -> None:
        raise KeyError("no patience")

    with client.lock(repo):
        with pytest.raises(KeyError, match="no patience"):
            client.lock(repo, on_waiting=no).acquire()
        assert client.inspect(repo).waiters == []


def test_a_wait_hears_of_a_break(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    lock = client.lock(repo)
    lock.acquire()
    waiter = InLine(other, repo)
    break_it(other, repo)
    assert waiter.result()
    assert waiter.lock.previous == "broken"
    waiter.lock.release()
    with pytest.raises(repolock.LockLostError):
        lock.release()


def test_a_signal_handler_that_raises_ends_a_wait(client: repolock.Client, repo: str) -> None:
    with client.lock(repo):
        with pytest.raises(InterruptedError), raising_alarm(0.05):
            client.lock(repo, wait=-1).acquire()
        assert client.inspect(repo).waiters == []
    assert is_free(client, repo)


def test_so_it_does_while_another_thread_reads_the_news(alone: repolock.Client, repo: str) -> None:
    with alone.lock(repo):
        reads = InLine(alone, repo)
        with pytest.raises(InterruptedError), raising_alarm(0.05):
            alone.lock(repo, wait=-1).acquire()
        assert len(alone.inspect(repo).waiters) == 1
    assert reads.result()
    reads.lock.release()


def test_a_signal_at_any_time_loses_no_lock(alone: repolock.Client, repo: str) -> None:
    interrupted = 0
    for microseconds in range(20, 620, 2):
        lock = alone.lock(repo, wait=HANG)
        try:
            with raising_alarm(microseconds / 1e6):
                for _ in range(10):
                    lock.acquire()
                    lock.release()
        except InterruptedError:
            interrupted += 1
        if lock.locked():  # it came after the return
            lock.release()
    assert interrupted > 100
    with alone.lock(repo, wait=HANG):
        assert len(alone.inspect(repo).holders) == 1
