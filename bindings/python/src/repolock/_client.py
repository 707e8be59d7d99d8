"""The client: where the locks are."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Callable

from repolock._config import gather, native
from repolock._core import Core
from repolock._errors import lock_error
from repolock._library import CData, cell, ffi, lib, milliseconds, name_bytes, text
from repolock._lock import Lock
from repolock._operation import Steps, finish, run, run_async
from repolock._snapshot import Snapshot, Waiting
from repolock._terms import OnLost, Terms

_ABILITIES = {
    name[len("REPOLOCK_CAN_") :].lower(): getattr(lib, name)
    for name in dir(lib)
    if name.startswith("REPOLOCK_CAN_")
}


class Client:
    """Locks repositories in one backend. One is enough for a program; any thread and loop may use it.

    url is ``file:``, ``file:///dir``, ``memory:NAME``, ``redis://[user:password@]host[:port][/db]``,
    ``redis+unix:///path`` or ``redis+quorum://host:port,...``; without one the environment variable
    REPOLOCK_URL says, and without that they are files of this host and user.

    Times are in seconds. ``ttl``: how long a crash of this process blocks others, 30; ``wait``: how
    long a lock is waited for, 60, and -1 without end; ``max_hold``: it is renewed no longer than this;
    ``heartbeat``: without :meth:`heartbeat` for so long nothing is renewed. ``holder`` is shown to those
    who wait. ``config`` has any other key of the library's option table, such as ``redis.prefix``.

    The library's log goes to the logger ``repolock``, from ``log_level`` on, whenever the program is
    inside a call of this client or its event loop turns.

    It does not block: a server is connected to in the background, and the first lock tells of one
    that is away. Raises LockInvalidError, LockDeniedError, LockMisconfiguredError,
    LockUnsupportedError, LockUnavailableError.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        ttl: float | None = None,
        wait: float | None = None,
        max_hold: float | None = None,
        heartbeat: float | None = None,
        holder: str | None = None,
        log_level: int = logging.WARNING,
        config: Mapping[str, object] | None = None,
    ) -> None:
        settings = native(
            gather(url, holder, config, ttl=ttl, wait=wait, max_hold=max_hold, heartbeat=heartbeat)
        )
        place = cell("client")
        sentence = ffi.new("char[]", lib.REPOLOCK_ERR_SIZE)
        status = lib.repolock_client_open(settings, place, sentence, len(sentence))
        if status != lib.REPOLOCK_OK:
            raise lock_error(status, text(sentence))
        self._core = Core(place, log_level)

    def lock(
        self,
        repo: str | bytes,
        *more: str | bytes,
        wait: float | None = None,
        ttl: float | None = None,
        max_hold: float | None = None,
        shared: bool = False,
        holder: str | None = None,
        renew: bool = True,
        on_lost: OnLost = "raise",
        on_waiting: Callable[[Waiting], None] | None = None,
    ) -> Lock:
        """A lock, not acquired yet: ``with client.lock("owner/name", wait=30) as lock``.

        Several names are one lock, all of them or none. ``wait``, ``ttl``, ``max_hold`` and ``holder``
        replace the client's; wait 0 does not wait. ``shared``: together with others that ask so.
        ``renew=False``: the caller extends by itself. ``on_waiting`` hears of the place and the holders
        when the wait begins and when they change; if it raises the wait ends.

        ``on_lost`` is for a block whose lock is lost while it runs: "raise" raises LockLostError at its
        end; "cancel", with ``async with``, cancels the task at once and then raises; "ignore".
        """
        terms = Terms(wait, ttl, max_hold, shared, holder, renew, on_lost, on_waiting)
        return Lock(self._core, (repo, *more), terms)

    def inspect(self, repo: str | bytes | None = None) -> Snapshot:
        """Who holds and who waits: for one name, or for all.

        Raises LockUnavailableError, LockUnsupportedError.
        """
        return run(self._inspect(repo))

    async def inspect_async(self, repo: str | bytes | None = None) -> Snapshot:
        """:meth:`inspect` for a coroutine."""
        return await run_async(self._inspect(repo))

    def break_lock(self, repo: str | bytes, lease_id: str) -> None:
        """Takes the lock from that lease, which :meth:`inspect` named; its holder loses it.

        Raises LockLostError if the lease had gone, LockUnsupportedError, LockDeniedError.
        """
        run(self._break(repo, lease_id))

    async def break_lock_async(self, repo: str | bytes, lease_id: str) -> None:
        """:meth:`break_lock` for a coroutine."""
        await run_async(self._break(repo, lease_id))

    def _inspect(self, repo: str | bytes | None) -> Steps[Snapshot]:
        name = ffi.NULL if repo is None else name_bytes(repo)
        length = 0 if repo is None else len(name)
        operation = self._core.start(
            lambda handle, place: lib.repolock_inspect_start(handle, name, length, place)
        )
        try:
            status = yield operation
            if status != lib.REPOLOCK_OK:
                raise operation.error(status)
            return operation.snapshot()
        finally:
            operation.free()

    def _break(self, repo: str | bytes, lease_id: str) -> Steps[None]:
        name = name_bytes(repo)

        def start(handle: CData, place: CData) -> int:
            lease = lease_id.partition("\0")[0].encode("utf-8", "replace")
            return int(lib.repolock_break_start(handle, name, len(name), lease, place))

        yield from finish(self._core.start(start))

    @property
    def capabilities(self) -> frozenset[str]:
        """What the backend promises, such as "fifo", "fence" or "share"; see REPOLOCK_CAN_*."""
        client = self._core.client()
        mask = lib.repolock_client_capabilities(client[0])
        return frozenset(name for name, bit in _ABILITIES.items() if mask & bit)

    def stats(self) -> dict[str, int]:
        """Counters, gauges and buckets of histograms, by their names."""
        client = self._core.client()
        found: dict[str, int] = {}
        name, value = ffi.new("const char **"), ffi.new("int64_t *")
        while lib.repolock_client_stat(client[0], len(found), name, value) == lib.REPOLOCK_OK:
            found[text(name[0])] = int(value[0])
        return found

    def heartbeat(self) -> None:
        """Says that the program still turns; see ``heartbeat``."""
        client = self._core.client()
        lib.repolock_client_heartbeat(client[0])

    def shutdown(self, timeout: float = 10) -> None:
        """Ends the client in good order; again, it does nothing.

        Nothing new starts, and those who wait get LockShutdownError. Holders have ``timeout`` seconds to
        release; what is still held then is lost, and ends by its ttl. Raises LockUnknownError if a
        release got no answer.
        """
        run(self._core.shutdown(milliseconds(timeout, "timeout")))

    async def shutdown_async(self, timeout: float = 10) -> None:
        """:meth:`shutdown` for a coroutine."""
        await run_async(self._core.shutdown(milliseconds(timeout, "timeout")))

    def close(self) -> None:
        """:meth:`shutdown` without time for the holders, as the end of a ``with`` block does."""
        self.shutdown(0)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.shutdown_async(0)

    def __reduce__(self) -> str:
        raise TypeError("a Client belongs to its process: open another one in the other process")
