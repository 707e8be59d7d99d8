"""Cancels the task whose lock is lost, in the way of asyncio.timeout."""

from __future__ import annotations

import asyncio
import contextlib
import weakref

from repolock._ears import Event
from repolock._events import Events
from repolock._lease import Lease


class Watch:
    """From :meth:`start` until :meth:`stop`, in the task that has the lock."""

    def __init__(self, events: Events) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError('on_lost="cancel" needs a task to cancel')
        self._events, self._loop = events, asyncio.get_running_loop()
        self._task = weakref.ref(task)  # one that its loop forgot is to be collected, with its lock
        self._requests: int = task.cancelling() if hasattr(task, "cancelling") else 0
        self._is_on = False
        self._has_cancelled = False

    def start(self, lease: Lease) -> None:
        """From now on the loss cancels."""
        self._is_on = True
        self._events.attach(self._loop)
        lease.follow(self._hear)

    def _hear(self, event: Event | None) -> None:
        if event is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        task = self._task()
        if task is not None and self._is_on and not self._has_cancelled:
            self._has_cancelled = True
            task.cancel()

    async def stop(self, error: BaseException | None) -> bool:
        """True if the task was cancelled by this, and by nobody else; error is what its body raised."""
        self._is_on = False
        self._events.detach(self._loop)
        if not self._has_cancelled or isinstance(error, GeneratorExit):
            return False
        if not isinstance(error, asyncio.CancelledError):  # it ended just before it was thrown
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        task = self._task()
        return task is None or not hasattr(task, "uncancel") or task.uncancel() <= self._requests
