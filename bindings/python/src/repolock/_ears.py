"""Those who wait for an event: a thread, or a coroutine in its loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Callable


@dataclass(frozen=True)
class Event:
    """One piece of news from the library's queue; see repolock.h."""

    kind: int
    status: int
    message: str
    level: int
    fields: dict[str, str] = field(default_factory=dict)


class ThreadEar:
    """Wakes the one thread that sleeps on it. None is the end of all news."""

    def __init__(self) -> None:
        self.heard: deque[Event | None] = deque()
        #: Ends the poll that it is in, if it reads for all.
        self.nudge: Callable[[], None] | None = None
        self._bell = threading.Lock()
        self._bell.acquire()

    def hear(self, event: Event | None) -> None:
        """From any thread."""
        self.heard.append(event)
        self.wake()

    def wake(self) -> None:
        """From any thread: the sleeper is to look around."""
        with contextlib.suppress(RuntimeError):  # it rings already
            self._bell.release()
        nudge = self.nudge
        if nudge is not None:
            nudge()

    def sleep(self, timeout: float) -> bool:
        """Until it is woken, or was already; signal handlers run meanwhile, and may raise."""
        return self._bell.acquire(timeout=timeout)


class LoopEar:
    """Wakes the one coroutine that waits for it."""

    def __init__(self) -> None:
        self.heard: deque[Event | None] = deque()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._news: asyncio.Future[None] | None = None

    def hear(self, event: Event | None) -> None:
        """From any thread; mostly it is that of the loop itself, which reads the queue."""
        self.heard.append(event)
        with contextlib.suppress(RuntimeError):  # the loop was closed, and nobody waits there
            if threading.get_ident() == self._thread:
                self._wake()
            else:
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def listen(self) -> Event | None:
        """The next event."""
        while not self.heard:
            self._news = self._loop.create_future()
            await self._news
        return self.heard.popleft()
