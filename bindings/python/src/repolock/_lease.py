"""One acquisition, from its grant to its release or loss."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import warnings
import weakref
from collections.abc import Iterator

from repolock._core import Core
from repolock._ears import Event, LoopEar, ThreadEar
from repolock._errors import LockError, LockForkedError, LockLostError, lock_error, loss
from repolock._events import Events, Listener
from repolock._library import CData, cell, ffi, lib, text
from repolock._operation import Operation, Steps, finish

# The clock knows of a loss a moment before the news tell its reason.
_NEWS_DELAY = 1.0


class LossNews:
    """Hears of a loss. It does not know the lease, which is to be collected if all forget it."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._asked = itertools.count()
        self._followers: list[Listener] = []
        self._tag = 0
        self.is_over = False
        self.loss: Event | None = None

    def ask(self, handle: CData) -> None:
        """From now on it hears; most locks are released before anybody asks."""
        if next(self._asked) == 0:
            self._tag = self._events.listen(self.hear)
            tag = ffi.cast("void *", self._tag)
            if lib.repolock_lease_on_lost(handle, ffi.NULL, tag, ffi.NULL) != lib.REPOLOCK_OK:
                self._events.forget(self._tag)
                self.hear(None)

    def hear(self, event: Event | None) -> None:
        """The loss, or None: there will be none any more."""
        if self.is_over:
            return
        self.loss, self.is_over = event, True
        self._events.forget(self._tag)
        for follower in list(self._followers):
            follower(event)

    def follow(self, listener: Listener) -> None:
        """Hears it too."""
        self._followers.append(listener)
        if self.is_over:
            listener(self.loss)

    def unfollow(self, listener: Listener) -> None:
        """Does not hear it any more, except what is being told just now."""
        self._followers.remove(listener)

    def until(self, timeout: float | None) -> _Until:
        """To wait for it."""
        return _Until(self._events, self, timeout)


class _Until:
    def __init__(self, events: Events, news: LossNews, timeout: float | None) -> None:
        self._events, self._news, self._timeout = events, news, timeout

    def wait(self) -> int:
        ear = ThreadEar()
        with self._followed_by(ear.hear):
            return int(self._events.wait(ear, self._timeout))

    async def wait_async(self) -> int:
        ear = LoopEar()
        with self._followed_by(ear.hear), self._events.attached(asyncio.get_running_loop()):
            try:
                await asyncio.wait_for(ear.listen(), self._timeout)
            except asyncio.TimeoutError:
                return 0
        return 1

    @contextlib.contextmanager
    def _followed_by(self, listener: Listener) -> Iterator[None]:
        self._news.follow(listener)
        try:
            yield
        finally:
            self._news.unfollow(listener)


class Lease:
    """The library's lease. Forgotten without a release it warns, and is renewed no longer."""

    def __init__(self, core: Core, repos: str) -> None:
        self._core = core  # a child outlives its client in C; here it keeps it
        self._cell = cell("lease")
        self._repos = repos
        self._finalizer: weakref.finalize[..., Lease] | None = None
        self.news = LossNews(core.events)

    def take(self, operation: Operation) -> None:
        """What the acquisition has won; until then there is nothing to be held."""
        operation.take_lease(self._cell)
        # Not __del__, where the error of a signal handler would go unheard after a release too.
        self._finalizer = weakref.finalize(self, _forgotten, self._cell, self._repos, self.news)
        self._finalizer.atexit = False

    @property
    def handle(self) -> CData:
        """For the getters."""
        return self._cell[0]

    @property
    def status(self) -> int:
        """OK, or why it is not held."""
        return int(lib.repolock_lease_status(self._cell[0]))

    def failure(self) -> LockError | None:
        """Why it is not held; None while it is."""
        status = self.status
        if status == lib.REPOLOCK_OK:
            return None
        reason = ""
        if status == lib.REPOLOCK_E_LOST:
            self.news.ask(self._cell[0])
            self.news.until(_NEWS_DELAY).wait()
            reason = self.news.loss.fields.get("reason", "") if self.news.loss else ""
        elif status == lib.REPOLOCK_E_SHUTDOWN:
            reason = "shutdown"
        message = text(lib.repolock_lease_message(self._cell[0]))
        if reason or status == lib.REPOLOCK_E_LOST:
            return loss(text(lib.repolock_status_name(status)), message, reason)
        return lock_error(status, message)

    def follow(self, listener: Listener) -> None:
        """Tells it of the loss; None if there is none. Anywhere, maybe at once, maybe twice."""
        self.news.ask(self._cell[0])
        self.news.follow(listener)

    def until_lost(self, timeout: float | None) -> Steps[LockLostError | None]:
        """The loss; None if there is none in time, or it was released."""
        self.news.ask(self._cell[0])
        if not self.news.is_over:
            yield self.news.until(timeout)
        found = self.failure()
        if isinstance(found, LockForkedError):
            raise found
        return found if isinstance(found, LockLostError) else None

    def release(self) -> Steps[None]:
        """Raises the loss, if it was lost before."""
        found = self.failure()
        self._settle()
        operation = Operation(
            self._core.events, lambda place: lib.repolock_release_start(self._cell[0], place)
        )
        try:
            status = yield operation
            error = None if status == lib.REPOLOCK_OK else operation.error(status)
        finally:
            operation.free()
            self.news.hear(None)
        if isinstance(found, LockLostError):
            raise found
        if error is not None:
            raise error

    def _settle(self) -> None:
        if self._finalizer is not None:
            self._finalizer.detach()

    def let_go(self) -> None:
        """A release that nobody waits for; of nothing, nothing."""
        self._settle()
        lib.repolock_release_start(self._cell[0], ffi.NULL)
        self.news.hear(None)

    def extend(self, ttl_ms: int) -> Steps[None]:
        """Renews now."""
        yield from finish(
            Operation(
                self._core.events,
                lambda place: lib.repolock_extend_start(self._cell[0], ttl_ms, place),
            )
        )


def _forgotten(cell: CData, repos: str, news: LossNews) -> None:
    news.hear(None)
    if lib.repolock_lease_status(cell[0]) == lib.REPOLOCK_OK:
        warnings.warn(
            f"the lock of {repos} was forgotten without a release: it is renewed no longer, and "
            "ends by its ttl",
            ResourceWarning,
            stacklevel=3,
        )
