"""The library's log, in that of Python."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from support import HANG, RedisServer

import repolock


@pytest.fixture
def away() -> Iterator[repolock.Client]:
    """A client whose server went away after the first lock."""
    with RedisServer() as server, repolock.Client(server.url) as client:
        with client.lock("a/b"):
            pass
        server.kill()
        yield client


def attempt(client: repolock.Client) -> None:
    with pytest.raises(repolock.LockUnavailableError):
        client.lock("a/b", wait=0).acquire()


def test_a_server_that_is_away_is_logged(
    away: repolock.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "repolock"):
        while not caplog.records:
            attempt(away)
    record = caplog.records[0]
    assert (record.name, record.levelno) == ("repolock", logging.WARNING)
    assert "/socket" in record.getMessage()
    assert record.repolock["event"]  # type: ignore[attr-defined]


def test_an_event_loop_logs_as_it_turns(away: repolock.Client, caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        while not caplog.records:
            with pytest.raises(repolock.LockUnavailableError):
                await away.lock("a/b", wait=0).acquire_async()

    with caplog.at_level(logging.DEBUG, "repolock"):
        asyncio.run(asyncio.wait_for(work(), HANG))


def test_below_its_level_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "repolock"):
        nowhere = "redis+unix:///nowhere/socket"
        with repolock.Client(nowhere, log_level=logging.CRITICAL) as client:
            for _ in range(3):
                attempt(client)
        assert caplog.records == []
        with repolock.Client("memory:", log_level=logging.DEBUG) as client, client.lock("a/b"):
            pass
        assert {record.levelno for record in caplog.records} <= {logging.DEBUG, logging.INFO}


def test_a_handler_that_raises_harms_nobody(
    away: repolock.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Torn(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            raise KeyError("no disk")

    told: list[str] = []
    monkeypatch.setattr("sys.unraisablehook", lambda what: told.append(what.err_msg))
    logger, handler = logging.getLogger("repolock"), Torn()
    logger.addHandler(handler)
    try:
        while not told:
            attempt(away)
    finally:
        logger.removeHandler(handler)
    assert "logger repolock" in told[0]
