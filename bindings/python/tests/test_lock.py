"""Acquire, try, release, on each backend."""

from __future__ import annotations

import math
import os

import pytest
from support import HANG, InLine, is_free

import repolock


def test_a_block_has_the_lock(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    with client.lock(repo) as lock:
        assert lock.locked()
        assert lock.lost is None
        lock.check()
        assert lock.remaining > 0
        assert not is_free(other, repo)
    assert not lock.locked()
    assert lock.remaining == 0
    assert is_free(other, repo)


def test_an_error_of_the_body_releases_and_goes_on(client: repolock.Client, repo: str) -> None:
    with pytest.raises(ZeroDivisionError), client.lock(repo):
        _ = 1 / 0
    assert is_free(client, repo)


def test_fences_grow_and_ids_differ(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    fences, ids = [], set()
    for one in (client, other, client):
        with one.lock(repo) as lock:
            fences.append(lock.fence)
            ids.add(lock.lease_id)
            assert lock.fences == [lock.fence]
    assert fences == sorted(set(fences))
    assert len(ids) == 3


def test_an_attempt_does_not_wait(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    with client.lock(repo, holder="job 17"):
        lock = other.lock(repo, wait=0)
        with pytest.raises(repolock.LockHeldError) as caught, lock:
            pass
        assert caught.value.holder is not None
        assert caught.value.holder.text == "job 17"
        assert caught.value.holder.pid == os.getpid()
        assert lock.acquire(blocking=False) is False
    assert lock.acquire(blocking=False) is True
    lock.release()


def test_a_wait_that_is_over_names_the_holder(
    client: repolock.Client, other: repolock.Client, repo: str
) -> None:
    with client.lock(repo, holder="job 17"):
        lock = other.lock(repo, wait=0.05)
        with pytest.raises(repolock.LockTimeoutError, match="job 17") as caught:
            lock.acquire()
        assert not isinstance(caught.value, repolock.LockHeldError)
        assert [holder.text for holder in caught.value.holders] == ["job 17"]
        assert caught.value.place == 1
        assert caught.value.retry_after is not None
        assert lock.acquire(timeout=0.05) is False
    with lock:
        assert lock.locked()


def test_what_waits_gets_it_after_the_release(
    client: repolock.Client, other: repolock.Client, repo: str
) -> None:
    with client.lock(repo) as lock:
        waiter = InLine(other, repo)
        assert not waiter.acquired.done()
        fence = lock.fence
    assert waiter.result() is True
    assert waiter.lock.fence > fence
    assert waiter.lock.previous == "released"
    waiter.lock.release()


def test_readers_share(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    with client.lock(repo, shared=True), other.lock(repo, shared=True, wait=0):
        now = client.inspect(repo)
        assert [holder.shared for holder in now.holders] == [True, True]
        with pytest.raises(repolock.LockHeldError) as caught:
            client.lock(repo, wait=0).acquire()
        assert caught.value.holder is not None
        assert caught.value.holder.shared


def test_several_names_are_one_lock(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    with client.lock(repo, f"{repo}-b") as lock:
        assert len(lock.fences) == 2
        assert lock.name == f"{repo}, {repo}-b"
        assert not is_free(other, repo)
        assert not is_free(other, f"{repo}-b")
        with pytest.raises(repolock.LockHeldError):
            other.lock(f"{repo}-c", f"{repo}-b", wait=0).acquire()
        assert is_free(other, f"{repo}-c")
    assert is_free(other, f"{repo}-b")


def test_spellings_of_a_name_are_one_lock(client: repolock.Client, repo: str) -> None:
    with client.lock(f"https://github.com/{repo.upper()}.git"):
        assert not is_free(client, repo)
    assert repolock.canonical(f"git@github.com:{repo}") == repolock.canonical(repo)
    assert repolock.canonical("A/b", {"repo.case": "sensitive"}) != repolock.canonical("a/b")


def test_opaque_names_are_any_bytes(memory_url: str) -> None:
    with (
        repolock.Client(memory_url, config={"repo.form": "opaque"}) as client,
        client.lock(b"one \xff") as lock,
    ):
        assert not is_free(client, b"one \xff".decode("utf-8", "surrogateescape"))
        assert "\ufffd" in repr(lock)


def test_it_can_be_renewed_by_hand(client: repolock.Client, repo: str) -> None:
    with client.lock(repo, ttl=20, renew=False) as lock:
        lock.extend(25)
        assert lock.remaining > 20


def test_an_object_has_one_acquisition_at_a_time(alone: repolock.Client, repo: str) -> None:
    lock = alone.lock(repo)
    with lock:
        assert repr(lock) == f"<repolock.Lock {repo}, held>"
        with pytest.raises(RuntimeError, match="make one for each"):
            lock.acquire()
    with lock:
        assert lock.locked()
    assert repr(lock) == f"<repolock.Lock {repo}>"


def test_what_is_not_held_cannot_be_released(alone: repolock.Client, repo: str) -> None:
    lock = alone.lock(repo)
    for call in (lock.release, lock.check, lambda: lock.extend(1), lambda: lock.fence):
        with pytest.raises(repolock.LockNotHeldError, match="acquire it first"):
            call()
    with lock:
        lock.release()  # early: the end of the block has nothing to do
    with pytest.raises(RuntimeError):  # as threading.Lock
        lock.release()


def test_limits_are_those_of_threading(alone: repolock.Client, repo: str) -> None:
    lock = alone.lock(repo)
    with pytest.raises(ValueError, match="non-blocking"):
        lock.acquire(blocking=False, timeout=1)
    with pytest.raises(ValueError, match="timeout|wait"):
        lock.acquire(timeout=-2)
    assert lock.acquire(timeout=math.inf)
    lock.release()
    assert lock.acquire(True, HANG)
    lock.release()


def test_files_have_a_descriptor_to_hand_on(file_url: str, memory_url: str, repo: str) -> None:
    with repolock.Client(file_url) as client:
        with client.lock(repo) as lock:
            os.close(lock.inherit_fd())
        with pytest.raises(repolock.LockNotHeldError):
            lock.inherit_fd()
    with repolock.Client(memory_url) as client, client.lock(repo) as lock:
        with pytest.raises(repolock.LockUnsupportedError):
            lock.inherit_fd()


def test_who_holds_and_who_waits_can_be_seen(
    client: repolock.Client, other: repolock.Client, repo: str
) -> None:
    with client.lock(repo, holder="job 17") as lock:
        waiter = InLine(other, repo)
        now = client.inspect(repo)
        holder, waits = now.holders[0], now.waiters[0]
        assert (holder.text, holder.lease_id, holder.fence) == ("job 17", lock.lease_id, lock.fence)
        assert holder.age is not None
        assert (waits.text, waits.place, waits.shared) == ("the other", 1, False)
        assert now.place == 1
        assert repolock.canonical(repo) in {each.repo for each in client.inspect().holders}
    assert waiter.result()
    waiter.lock.release()
    assert client.inspect(repo).holders == []


def test_a_client_knows_its_backend(client: repolock.Client, repo: str) -> None:
    assert {"fifo", "fence", "share", "several", "inspect"} <= client.capabilities
    with client.lock(repo):
        assert client.stats()["locks_held"] == 1
