"""An operation under way: the library's op. A thread waits for it, or a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from typing import Callable, Protocol, TypeVar

from repolock._ears import Event, LoopEar, ThreadEar
from repolock._errors import LockError, lock_error
from repolock._events import Events
from repolock._library import CData, cell, ffi, lib, text
from repolock._snapshot import Snapshot, read_snapshot

T = TypeVar("T")

# How long a thread waits inside C first, in ms: what needs no other holder is done by then. Signal
# handlers wait as long. Less than a tick of the kernel's clock would cost more: a timer of its own.
_DIRECT_MS = 20


class Pending(Protocol):
    """What a step waits for."""

    def wait(self) -> int: ...

    def wait_async(self) -> Awaitable[int]: ...


#: What is to be done, written once for both worlds: it yields what it waits for.
Steps = Generator[Pending, int, T]


def run(steps: Steps[T]) -> T:
    """In this thread."""
    try:
        pending = next(steps)
        while True:
            try:
                status = pending.wait()
            except BaseException as error:
                pending = steps.throw(error)
            else:
                pending = steps.send(status)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


async def run_async(steps: Steps[T]) -> T:
    """In this coroutine."""
    try:
        pending = next(steps)
        while True:
            try:
                status = await pending.wait_async()
            except BaseException as error:
                pending = steps.throw(error)
            else:
                pending = steps.send(status)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


class Operation:
    """One thread or coroutine owns it."""

    def __init__(self, events: Events, start: Callable[[CData], int]) -> None:
        self._events = events
        self._cell = cell("op")
        self.on_waiting: Callable[[], None] | None = None
        self.is_over = False
        status = start(self._cell)
        if status != lib.REPOLOCK_OK:
            raise lock_error(status, "")

    def wait(self) -> int:
        """The status, as soon as there is one. on_waiting is called on this thread."""
        if self.on_waiting is None:
            status = int(lib.repolock_op_wait(self._cell[0], _DIRECT_MS))
            if status != lib.REPOLOCK_E_PENDING:
                self.is_over = True
                return status
        ear = ThreadEar()
        tag = self._events.listen(ear.hear)
        try:
            if self._subscribe(tag):
                while self._events.wait(ear) and not self._is_done(ear.heard.popleft()):
                    pass
        finally:
            self._events.forget(tag)
        return self._result()

    async def wait_async(self) -> int:
        """The same for a coroutine; on_waiting is called in its loop."""
        if self._status() == lib.REPOLOCK_E_PENDING:
            ear = LoopEar()
            tag = self._events.listen(ear.hear)
            try:
                with self._events.attached(asyncio.get_running_loop()):
                    if self._subscribe(tag):
                        while not self._is_done(await ear.listen()):
                            pass
            finally:
                self._events.forget(tag)
        return self._result()

    def _subscribe(self, tag: int) -> bool:
        user_data = ffi.cast("void *", tag)
        if self.on_waiting is not None:
            lib.repolock_op_on_wait(self._cell[0], ffi.NULL, user_data, ffi.NULL)
        done = lib.repolock_op_on_done(self._cell[0], ffi.NULL, user_data, ffi.NULL)
        return bool(done == lib.REPOLOCK_OK)

    def _is_done(self, event: Event | None) -> bool:
        if event is not None and event.kind == lib.REPOLOCK_EVENT_WAITING and self.on_waiting:
            self.on_waiting()
            return False
        return True

    def _status(self) -> int:
        return int(lib.repolock_op_status(self._cell[0]))

    def _result(self) -> int:
        self.is_over = True
        return self._status()

    def snapshot(self) -> Snapshot:
        """Empty where the op has none."""
        place = cell("snapshot")
        if lib.repolock_op_snapshot(self._cell[0], place) != lib.REPOLOCK_OK:
            return Snapshot()
        return read_snapshot(place[0])

    def take_lease(self, place: CData) -> None:
        """Puts the lease that was acquired into its cell."""
        lib.repolock_op_take_lease(self._cell[0], place)

    def error(self, status: int) -> LockError:
        """What the operation has to say of its failure."""
        return lock_error(status, text(lib.repolock_op_message(self._cell[0])), self.snapshot())

    def free(self) -> None:
        """Cancels an acquisition under way, and releases a lease that nobody took.

        At once: a traceback may keep the operation itself for long.
        """
        ffi.release(self._cell)


def finish(operation: Operation) -> Steps[None]:
    """Waits for what is no acquisition. It goes on by itself if the wait is given up."""
    try:
        status = yield operation
        if status != lib.REPOLOCK_OK:
            raise operation.error(status)
    finally:
        operation.free()
