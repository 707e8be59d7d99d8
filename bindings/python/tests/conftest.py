from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator

import pytest
from support import RedisServer

import repolock

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def memory_url() -> str:
    return f"memory:{next(_numbers)}"


@pytest.fixture
def file_url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="repolock-python-") as directory:
        yield f"file://{directory}"


@pytest.fixture(params=["memory", "file", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    """Of each backend, with nothing in it but names that no other test uses."""
    return _url(request)


@pytest.fixture(params=["file", "redis"])
def shared_url(request: pytest.FixtureRequest) -> str:
    """Of each backend that several processes can use."""
    return _url(request)


def _url(request: pytest.FixtureRequest) -> str:
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        return server.url
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def repo() -> str:
    return f"python/name-{os.getpid()}-{next(_numbers)}"


@pytest.fixture
def client(url: str) -> Iterator[repolock.Client]:
    with repolock.Client(url) as client:
        yield client


@pytest.fixture
def other(url: str) -> Iterator[repolock.Client]:
    """Another client of the same backend."""
    with repolock.Client(url, holder="the other") as other:
        yield other


@pytest.fixture
def alone(memory_url: str) -> Iterator[repolock.Client]:
    """For what does not depend on the backend."""
    with repolock.Client(memory_url) as client:
        yield client
