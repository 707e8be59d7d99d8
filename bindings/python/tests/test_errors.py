"""What can go wrong, and how it is told."""

from __future__ import annotations

import pickle
from typing import Callable

import pytest
from support import HANG, RedisServer

import repolock


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("nonsense", repolock.LockError),
        ("memcached://host", repolock.LockUnsupportedError),
        ("redis://host:port", repolock.LockInvalidError),
        ("file://relative/dir", repolock.LockInvalidError),
        ("file:///proc/nowhere", repolock.LockError),
        ("memory:a\0b", repolock.LockInvalidError),
    ],
)
def test_a_url_that_cannot_be_is_named(url: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        repolock.Client(url)
    assert len(str(caught.value)) > 10


def test_options_that_cannot_be_are_named() -> None:
    with pytest.raises(repolock.LockInvalidError, match="redis.prefx"):
        repolock.Client("memory:", config={"redis.prefx": "a"})
    with pytest.raises(repolock.LockInvalidError, match="repo.form"):
        repolock.canonical("a/b", {"repo.form": "any"})
    with pytest.raises(ValueError, match="ttl=-3"):
        repolock.Client("memory:", ttl=-3)
    with pytest.raises(repolock.LockInvalidError, match="ttl"):
        repolock.Client("memory:", ttl=10**6)


def test_the_environment_names_the_backend(monkeypatch: pytest.MonkeyPatch, repo: str) -> None:
    monkeypatch.setenv("REPOLOCK_URL", "memory:environment")
    with repolock.Client() as one, repolock.Client("memory:environment") as other, one.lock(repo):
        assert other.lock(repo).acquire(blocking=False) is False
    monkeypatch.setenv("REPOLOCK_URL", "memcached://host")
    with pytest.raises(repolock.LockUnsupportedError):
        repolock.Client()
    repolock.Client("memory:").close()


@pytest.mark.parametrize("name", ["", "no-owner", "a/b\0c", "a/" + "b" * 600])
def test_a_name_that_cannot_be_is_invalid(alone: repolock.Client, name: str) -> None:
    lock = alone.lock(name)
    with pytest.raises(repolock.LockInvalidError):
        lock.acquire()
    with pytest.raises(ValueError, match="."):
        lock.acquire()  # the object is as new
    with pytest.raises(repolock.LockInvalidError):
        repolock.canonical(name)


def test_terms_that_cannot_be_are_told_by_the_acquisition(alone: repolock.Client, repo: str) -> None:
    calls: list[Callable[[], repolock.Lock]] = [
        lambda: alone.lock(repo, ttl=10**6),
        lambda: alone.lock(repo, holder="a\0b"),
    ]
    for call in calls:
        with pytest.raises(repolock.LockInvalidError):
            call().acquire()
    with pytest.raises(ValueError, match="wait="):
        alone.lock(repo, wait=-0.5).acquire()


def test_the_classes_are_what_python_has_for_it() -> None:
    assert issubclass(repolock.LockHeldError, repolock.LockTimeoutError)
    assert issubclass(repolock.LockTimeoutError, TimeoutError)
    assert issubclass(repolock.LockDeniedError, PermissionError)
    assert issubclass(repolock.LockNotHeldError, RuntimeError)
    kinds = {getattr(repolock, name) for name in repolock.__all__ if name.endswith("Error")}
    assert all(issubclass(kind, repolock.LockError) for kind in kinds)
    assert all(str(kind("a sentence")) == "a sentence" for kind in kinds)


def test_an_error_travels_between_processes(alone: repolock.Client, repo: str) -> None:
    lock = alone.lock(repo, holder="job 17")
    with lock, pytest.raises(repolock.LockHeldError) as caught:
        alone.lock(repo, wait=0).acquire()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is repolock.LockHeldError
    assert (str(copy), copy.code) == (str(caught.value), "E_HELD")
    assert copy.holders == caught.value.holders
    assert copy.retry_after == caught.value.retry_after
    for kind in (repolock.LockDeniedError, repolock.LockLostError):
        error = kind("a sentence")
        error.__dict__["reason"] = "broken"
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), copy.reason) == (kind, "a sentence", "broken")


def test_a_pause_is_told_where_another_try_makes_sense(alone: repolock.Client, repo: str) -> None:
    with alone.lock(repo, ttl=20), pytest.raises(repolock.LockHeldError) as held:
        alone.lock(repo, wait=0).acquire()
    assert held.value.retry_after is not None
    assert 0 < held.value.retry_after <= 20
    assert repolock.LockUnavailableError("away").retry_after is not None
    assert repolock.LockInvalidError("a name").retry_after is None


def test_what_a_backend_cannot_do_is_unsupported() -> None:
    quorum = "redis+quorum://unix:/nowhere/1,unix:/nowhere/2,unix:/nowhere/3"
    with repolock.Client(quorum, log_level=100) as client:
        with pytest.raises(repolock.LockUnsupportedError):
            client.lock("a/b", shared=True).acquire()
        with pytest.raises(repolock.LockUnavailableError) as caught:
            client.lock("a/b", wait=0).acquire()
        assert [node.status for node in caught.value.nodes] == ["E_UNAVAILABLE"] * 3
        assert all("/nowhere/" in node.message for node in caught.value.nodes)


def test_a_lock_that_a_server_lost_is_lost(repo: str) -> None:
    with RedisServer() as server, repolock.Client(server.url, ttl=0.5, log_level=100) as client:
        lock = client.lock(repo)
        lock.acquire()
        server.kill()
        loss = lock.wait_lost(HANG)
        assert loss is not None
        assert loss.reason == "expired"
        with pytest.raises(repolock.LockUnavailableError) as caught:
            client.lock(repo, wait=0).acquire()
        assert caught.value.retry_after is not None
        with pytest.raises(repolock.LockLostError):
            lock.release()


def test_a_server_that_is_away_may_come(repo: str) -> None:
    with RedisServer() as server:
        server.kill()
        config = {"redis.restart_guard": "off"}
        with repolock.Client(server.url, log_level=100, config=config) as client:
            with pytest.raises(repolock.LockUnavailableError, match="socket"):
                client.lock(repo, wait=0).acquire()
            server.start()
            with client.lock(repo, wait=HANG) as lock:
                assert lock.locked()
