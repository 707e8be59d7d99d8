"""The end of a client, in good order."""

from __future__ import annotations

import pytest
from support import HANG, InLine, in_thread

import repolock


def test_who_waits_is_told(url: str, repo: str) -> None:
    with repolock.Client(url) as client, repolock.Client(url) as other, other.lock(repo):
        waiters = [InLine(client, repo) for _ in range(2)]
        client.close()
        for waiter in waiters:
            with pytest.raises(repolock.LockShutdownError):
                waiter.result()
        assert other.inspect(repo).waiters == []


def test_nothing_new_starts(alone: repolock.Client, repo: str) -> None:
    alone.close()
    alone.close()
    for call in (alone.lock(repo).acquire, alone.inspect, alone.stats, alone.heartbeat):
        with pytest.raises(repolock.LockShutdownError, match="open another one"):
            call()


def test_holders_have_time_to_release(url: str, repo: str) -> None:
    client = repolock.Client(url)
    lock = client.lock(repo)
    lock.acquire()
    closing = in_thread(lambda: client.shutdown(HANG))
    with pytest.raises(repolock.LockShutdownError):
        while True:  # until it has begun
            client.inspect(repo)
    assert lock.locked()
    lock.release()
    closing.result(HANG)


def test_what_is_still_held_is_lost(url: str, repo: str) -> None:
    client = repolock.Client(url, ttl=1)
    lock = client.lock(repo)
    lock.acquire()
    watcher = in_thread(lambda: lock.wait_lost(HANG))
    client.shutdown(0)
    loss = watcher.result(HANG)
    assert (loss.code, loss.reason) == ("E_SHUTDOWN", "shutdown")
    with pytest.raises(repolock.LockLostError):
        lock.check()
    with pytest.raises(repolock.LockLostError):
        lock.release()
    if not url.startswith("memory:"):
        with repolock.Client(url) as other, other.lock(repo, wait=HANG):
            pass


def test_a_lock_keeps_its_client(alone: repolock.Client, memory_url: str, repo: str) -> None:
    def acquired() -> repolock.Lock:
        lock = repolock.Client(memory_url).lock(repo)
        lock.acquire()
        return lock

    lock = acquired()
    lock.check()
    lock.release()


def test_clients_and_locks_stay_in_their_process(alone: repolock.Client, repo: str) -> None:
    import pickle

    for each in (alone, alone.lock(repo)):
        with pytest.raises(TypeError, match="belongs to its process"):
            pickle.dumps(each)
