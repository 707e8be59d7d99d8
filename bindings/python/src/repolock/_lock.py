"""The lock, as a program sees it."""

from __future__ import annotations

import math
import threading
from types import TracebackType

from repolock._core import Core
from repolock._errors import (
    LockError,
    LockLostError,
    LockNotHeldError,
    LockTimeoutError,
    LockUnsupportedError,
)
from repolock._lease import Lease
from repolock._library import lib, milliseconds, name_bytes, seconds, text
from repolock._operation import Operation, Steps, run, run_async
from repolock._snapshot import Waiting
from repolock._terms import Terms
from repolock._watch import Watch

_PREVIOUS = {
    lib.REPOLOCK_PREVIOUS_RELEASED: "released",
    lib.REPOLOCK_PREVIOUS_CRASHED: "crashed",
    lib.REPOLOCK_PREVIOUS_EXPIRED: "expired",
    lib.REPOLOCK_PREVIOUS_BROKEN: "broken",
}


class Lock:
    """The lock of one repository, or of several together; made by :meth:`Client.lock`.

    ``with`` acquires and releases it, and so does ``async with``. An object has one acquisition at a
    time: threads and tasks that compete make one each. It may be released by another thread.
    """

    def __init__(self, core: Core, repos: tuple[str | bytes, ...], terms: Terms) -> None:
        self._core = core
        self._repos = repos
        self._terms = terms
        self._turn = threading.Lock()
        self._lease: Lease | None = None
        self._watch: Watch | None = None

    # Acquire and release.

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As ``threading.Lock.acquire``; limits are in seconds.

        False only where this call had a limit, ``blocking=False`` or a ``timeout``, and somebody
        else has the lock. Without one the lock's own ``wait`` counts, 60 s unless said otherwise,
        and its end is a LockTimeoutError: who ignores the result never goes on without the lock.

        Raises LockTimeoutError, LockUnavailableError, LockUnknownError, LockShutdownError,
        LockInvalidError, LockDeniedError, LockMisconfiguredError, LockUnsupportedError.
        """
        return run(self._try_acquire(blocking, timeout))

    async def acquire_async(self, blocking: bool = True, timeout: float = -1) -> bool:
        """:meth:`acquire` for a coroutine. Cancelled it leaves the queue at once."""
        return await run_async(self._try_acquire(blocking, timeout))

    def release(self) -> None:
        """Lets the next one in; 2 s at most.

        Raises LockLostError if it was lost before, LockUnknownError if no answer came,
        LockNotHeldError if it was not acquired.
        """
        run(self._release())

    async def release_async(self) -> None:
        """:meth:`release` for a coroutine. Cancelled, it goes on by itself."""
        await run_async(self._release())

    def extend(self, ttl: float) -> None:
        """Renews now, with ttl seconds from here on. Nobody has to: the library renews by itself.

        Raises LockLostError, LockUnknownError, LockUnavailableError, LockNotHeldError.
        """
        run(self._held().extend(milliseconds(ttl, "ttl")))

    async def extend_async(self, ttl: float) -> None:
        """:meth:`extend` for a coroutine."""
        await run_async(self._held().extend(milliseconds(ttl, "ttl")))

    def _try_acquire(self, blocking: bool, timeout: float) -> Steps[bool]:
        if not blocking and timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        limit = timeout if blocking else 0
        try:
            yield from self._acquire(None if limit == -1 else limit)
        except LockTimeoutError:
            if limit == -1:
                raise
            return False
        return True

    def _acquire(self, wait: float | None) -> Steps[None]:
        if not self._turn.acquire(blocking=False):
            raise RuntimeError(
                f"this object holds {self.name} already, or waits for it: make one for each "
                "acquisition, by client.lock()"
            )
        try:
            name, *more = map(name_bytes, self._repos)
            request = self._terms.request(tuple(more), wait)
            operation = self._core.start(
                lambda handle, place: lib.repolock_acquire_start(handle, name, len(name), request, place)
            )
            if self._terms.on_waiting is not None:
                operation.on_waiting = lambda: self._tell(operation)
            lease = Lease(self._core, self.name)
            try:
                status = yield operation
                if status != lib.REPOLOCK_OK:
                    raise operation.error(status)
                lease.take(operation)
                self._lease = lease
            except BaseException:  # a signal handler's too: the caller does not know what it has won
                self._lease = None
                lease.let_go()
                raise
            finally:
                operation.free()
        finally:
            if self._lease is None:
                self._turn.release()

    def _tell(self, operation: Operation) -> None:
        now = operation.snapshot()
        if self._terms.on_waiting is not None:
            self._terms.on_waiting(Waiting(now.place, now.holders))

    def _release(self) -> Steps[None]:
        lease = self._held()
        self._lease = None
        try:
            yield from lease.release()
        except BaseException:  # a signal handler's too, before the release began
            lease.let_go()
            raise
        finally:
            self._turn.release()

    def _let_go(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.let_go()
            self._turn.release()

    def _held(self) -> Lease:
        lease = self._lease
        if lease is None:
            raise LockNotHeldError(f"{self.name} is not held by this object: acquire it first")
        return lease

    # As a block.

    def __enter__(self) -> Lock:
        if self._terms.on_lost == "cancel":
            raise ValueError('on_lost="cancel" is for `async with`: a thread cannot be cancelled')
        run(self._acquire(None))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        run(self._leave(error, False))

    async def __aenter__(self) -> Lock:
        watch = Watch(self._core.events) if self._terms.on_lost == "cancel" else None
        await run_async(self._acquire(None))
        if watch is not None:
            watch.start(self._held())
        self._watch = watch
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        watch, self._watch = self._watch, None
        is_ours = watch is not None and await watch.stop(error)
        if isinstance(error, GeneratorExit):  # the coroutine is collected, and cannot wait
            self._let_go()
            return
        await run_async(self._leave(error, is_ours))

    def _leave(self, error: BaseException | None, is_ours: bool) -> Steps[None]:
        """A loss explains what the body raised; any other trouble of the release must not hide it."""
        if self._lease is None:
            return  # the body released it
        try:
            yield from self._release()
        except LockLostError as lost:
            if self._terms.on_lost == "ignore":
                return
            if error is None or is_ours or isinstance(error, Exception):
                raise lost from error
        except LockError:
            if error is None:
                raise

    # What is known of it.

    @property
    def name(self) -> str:
        """The names, as they were given."""
        return ", ".join(
            each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in self._repos
        )

    def locked(self) -> bool:
        """Whether this object holds it now; asked of the library, which looks at the clock."""
        lease = self._lease
        return lease is not None and lease.status == lib.REPOLOCK_OK

    @property
    def lost(self) -> LockLostError | None:
        """The loss; None while it is held, and when it never was."""
        lease = self._lease
        if lease is None:
            return None
        found = lease.failure()
        return found if isinstance(found, LockLostError) else None

    def check(self) -> None:
        """Raises LockLostError, LockForkedError or LockNotHeldError unless it is held."""
        lease = self._held()
        error = lease.failure()
        if error is not None:
            raise error

    def wait_lost(self, timeout: float | None = None) -> LockLostError | None:
        """Waits for the loss, for a thread that watches; timeout is in seconds.

        None if it was released, or the time is over. Where a lock runs out this returns early, with
        ``remaining`` left to stop the work.
        """
        return run(self._held().until_lost(timeout))

    async def wait_lost_async(self, timeout: float | None = None) -> LockLostError | None:
        """:meth:`wait_lost` for a coroutine."""
        return await run_async(self._held().until_lost(timeout))

    @property
    def fence(self) -> int:
        """A number that grows with each exclusive lock of the name."""
        return int(lib.repolock_lease_fence(self._held().handle))

    @property
    def fences(self) -> list[int]:
        """The fence of each name, in their order."""
        lease = self._held()
        return [
            int(lib.repolock_lease_fence_at(lease.handle, index)) for index in range(len(self._repos))
        ]

    @property
    def lease_id(self) -> str:
        """For logs, and for :meth:`Client.break_lock`."""
        return text(lib.repolock_lease_id(self._held().handle))

    @property
    def remaining(self) -> float:
        """Seconds for which nobody else can have it, even if no renewal comes; 0: it is gone."""
        lease = self._lease
        if lease is None:
            return 0.0
        left = seconds(lib.repolock_lease_remaining_ms(lease.handle))
        return math.inf if left is None else left

    @property
    def previous(self) -> str:
        """How the holder before ended: none, released, crashed, expired or broken.

        After the last three an ``index.lock`` in the repository may be stale.
        """
        previous = lib.repolock_lease_previous(self._held().handle)
        return _PREVIOUS.get(previous, "none")

    def inherit_fd(self, index: int = 0) -> int:
        """With ``file:``, a descriptor for the ``pass_fds`` of a child; close it after.

        The lock outlives this process until that child is gone too. Raises LockUnsupportedError.
        """
        fd = int(lib.repolock_lease_inherit_fd_at(self._held().handle, index))
        if fd < 0:
            raise LockUnsupportedError(
                f"{self.name}: only a lock that is held, in files, has a descriptor to hand on"
            )
        return fd

    def __repr__(self) -> str:
        return f"<repolock.Lock {self.name}{', held' if self.locked() else ''}>"

    def __reduce__(self) -> str:
        raise TypeError("a Lock belongs to its process: open a client in the other one")
