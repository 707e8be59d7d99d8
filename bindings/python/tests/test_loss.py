"""Whoever loses a lock hears of it."""

from __future__ import annotations

import pytest
from support import HANG, break_it, in_thread, is_free

import repolock


def test_a_broken_lock_is_lost(client: repolock.Client, other: repolock.Client, repo: str) -> None:
    lock = client.lock(repo)
    lock.acquire()
    lease_id = lock.lease_id
    break_it(other, repo)
    loss = lock.wait_lost(HANG)
    assert isinstance(loss, repolock.LockLostError)
    assert (loss.code, loss.reason) == ("E_LOST", "broken")
    assert not lock.locked()
    assert lock.remaining == 0
    assert lock.lost is not None
    assert lock.lost.reason == "broken"
    with pytest.raises(repolock.LockLostError):
        lock.check()
    with pytest.raises(repolock.LockLostError):
        lock.extend(1)
    with pytest.raises(repolock.LockLostError) as caught:
        lock.release()
    assert caught.value.reason == "broken"
    with other.lock(repo, wait=HANG) as following:
        assert following.previous == "broken"
        with pytest.raises(repolock.LockLostError):
            other.break_lock(repo, lease_id)


def test_a_block_raises_the_loss_at_its_end(client: repolock.Client, repo: str) -> None:
    worked = False
    with pytest.raises(repolock.LockLostError, match=repo) as caught, client.lock(repo):
        break_it(client, repo)
        worked = True
    assert worked
    assert caught.value.reason in ("broken", "")  # "": the release was the first to find out
    assert is_free(client, repo)


def test_a_loss_explains_an_error_of_the_body(alone: repolock.Client, repo: str) -> None:
    with pytest.raises(repolock.LockLostError) as caught, alone.lock(repo):
        break_it(alone, repo)
        raise OSError("the clone is torn")
    assert isinstance(caught.value.__cause__, OSError)


def test_a_loss_does_not_hide_an_exit(alone: repolock.Client, repo: str) -> None:
    with pytest.raises(KeyboardInterrupt), alone.lock(repo):
        break_it(alone, repo)
        raise KeyboardInterrupt


def test_a_loss_can_be_ignored(alone: repolock.Client, repo: str) -> None:
    with alone.lock(repo, on_lost="ignore") as lock:
        break_it(alone, repo)
        assert lock.wait_lost(HANG) is not None
    with pytest.raises(ZeroDivisionError), alone.lock(repo, on_lost="ignore"):
        break_it(alone, repo)
        _ = 1 / 0


def test_a_thread_cannot_be_cancelled(alone: repolock.Client, repo: str) -> None:
    with pytest.raises(ValueError, match="async with"), alone.lock(repo, on_lost="cancel"):
        pass
    with pytest.raises(ValueError, match="on_lost='panic'"):
        alone.lock(repo, on_lost="panic")  # type: ignore[arg-type]
    assert is_free(alone, repo)


def test_all_who_want_to_hear_of_a_loss_do(client: repolock.Client, repo: str) -> None:
    lock = client.lock(repo)
    lock.acquire()
    listeners = [in_thread(lambda: lock.wait_lost(HANG)) for _ in range(3)]
    assert lock.wait_lost(0.01) is None
    break_it(client, repo)
    assert [listener.result(HANG).reason for listener in listeners] == ["broken"] * 3
    with pytest.raises(repolock.LockLostError):
        lock.release()


def test_a_release_is_no_loss(client: repolock.Client, repo: str) -> None:
    with client.lock(repo) as lock:
        listener = in_thread(lambda: lock.wait_lost(HANG))
        assert lock.wait_lost(0.01) is None
    assert listener.result(HANG) is None
    assert lock.lost is None


def test_the_longest_hold_ends_a_lock(client: repolock.Client, repo: str) -> None:
    lock = client.lock(repo, ttl=0.3, max_hold=0.3)
    lock.acquire()
    loss = lock.wait_lost(HANG)
    assert loss is not None
    assert loss.reason == "max_hold"
    with pytest.raises(repolock.LockLostError, match=repo):
        lock.release()


def test_without_a_heartbeat_nothing_is_renewed(memory_url: str, repo: str) -> None:
    with repolock.Client(memory_url, ttl=0.3, heartbeat=0.1) as client:
        client.heartbeat()
        lock = client.lock(repo)
        lock.acquire()
        loss = lock.wait_lost(HANG)
        assert loss is not None
        assert loss.reason == "stalled"
        with pytest.raises(repolock.LockLostError):
            lock.release()


def test_who_renews_by_himself_may_forget(client: repolock.Client, repo: str) -> None:
    lock = client.lock(repo, ttl=0.2, renew=False)
    lock.acquire()
    is_judged_by_a_clock = "exclude_strict" not in client.capabilities
    loss = lock.wait_lost(HANG if is_judged_by_a_clock else 0.4)
    if is_judged_by_a_clock:
        assert loss is not None
        assert loss.reason == "expired"
    else:
        lock.release()
