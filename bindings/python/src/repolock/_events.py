"""The queue of one client. Nobody's callback is ever called from C, and no thread reads for the others.

Whoever waits reads the queue and hands out what is in it: one of the threads that wait, while the others
sleep until it tells them, and each event loop in which somebody waits, by its add_reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import os
import select
import time
from collections.abc import Iterator
from typing import Callable, Optional

from repolock._ears import Event, ThreadEar
from repolock._library import CData, cell, ffi, lib, text

Listener = Callable[[Optional[Event]], None]

# A thread that reads for the others wakes the next one when it leaves. Should a signal handler raise
# just there, they read by themselves after so many seconds.
_DISTRUST = 1.0


class Events:
    """Hands out events by their tag: a number that is never used twice. None is the end of all."""

    def __init__(self, client: CData) -> None:
        self._client: CData | None = client
        self._fd: int = lib.repolock_event_fd(client[0])
        self._nudge = _Pipe()
        self._listeners: dict[int, Listener] = {}
        self._tags = itertools.count(1)
        self._sleepers: dict[ThreadEar, None] = {}
        self._reader: dict[str, ThreadEar] = {}
        self._loops: dict[asyncio.AbstractEventLoop, _Reading] = {}
        self._spare: list[CData] = []  # cells for events, as most questions find none
        self.has_ended = False

    def listen(self, listener: Listener) -> int:
        """The tag under which the listener hears. It must not block, and may be called anywhere."""
        tag = next(self._tags)
        self._listeners[tag] = listener
        return tag

    def forget(self, tag: int) -> None:
        """Nothing is told under the tag any more, except what is being told just now."""
        self._listeners.pop(tag, None)

    def wait(self, ear: ThreadEar, timeout: float | None = None) -> bool:
        """Until the ear has heard something; False if the timeout, in seconds, ends first.

        Never inside C: signal handlers run at once, and may raise.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        try:
            self._sleepers[ear] = None
            while not ear.heard:
                if self.has_ended:
                    ear.hear(None)
                    break
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                # Nothing comes between the question and the answer of setdefault.
                if self._reader.setdefault("thread", ear) is ear:
                    self._watch(ear, left)
                else:
                    if not ear.sleep(min(left, _DISTRUST)):
                        self.read()
        finally:
            self._step_down(ear)
        return True

    def _watch(self, ear: ThreadEar, left: float) -> None:
        client = self._client  # its descriptor stays open so long
        if client is None:
            return
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._nudge.reader, select.POLLIN)
        ear.nudge = self._nudge.send
        try:
            if ear.heard:
                return
            ready = poll.poll(None if left == math.inf else math.ceil(left * 1000))
        finally:
            ear.nudge = None
        if any(fd == self._nudge.reader for fd, _ in ready):
            self._nudge.clear()
        self.read()

    def _step_down(self, ear: ThreadEar) -> None:
        self._sleepers.pop(ear, None)
        if self._reader.get("thread") is ear:
            del self._reader["thread"]
            for other in list(self._sleepers)[:1]:
                other.wake()

    @contextlib.contextmanager
    def attached(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """So long the loop reads the queue."""
        self.attach(loop)
        try:
            yield
        finally:
            self.detach(loop)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Once for each who waits in the loop; in the loop's thread."""
        reading = self._loops.get(loop)
        if reading is None:
            reading = self._loops[loop] = _Reading(self._client)
            loop.add_reader(self._fd, self.read)
        reading.users += 1

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Once for each attach."""
        reading = self._loops[loop]
        reading.users -= 1
        if reading.users == 0:
            del self._loops[loop]
            if not loop.is_closed():
                loop.remove_reader(self._fd)

    def read(self) -> None:
        """Hands out what is in the queue, without waiting."""
        client = self._client
        while client is not None:
            status = self._hand_out(client)
            if status == lib.REPOLOCK_E_PENDING:
                return
            if status != lib.REPOLOCK_OK:
                self.end()
                return

    def _hand_out(self, client: CData) -> int:
        """The next event; not even a signal handler that raises may keep it from its listener."""
        try:
            place = self._spare.pop()
        except IndexError:
            place = cell("event")
        try:
            status = int(lib.repolock_event_next(client[0], 0, place))
            if status == lib.REPOLOCK_OK:
                self._tell(place[0])
            else:
                self._spare.append(place)
        except BaseException:
            if place[0]:
                self._tell(place[0])  # again, perhaps: listeners bear that
            raise
        return status

    def _tell(self, handle: CData) -> None:
        tag = int(ffi.cast("uintptr_t", lib.repolock_event_user_data(handle)))
        listener = self._listeners.get(tag)
        if listener is not None:
            listener(_event(handle))

    def end(self) -> None:
        """Nothing is told any more, and the status of everything is final."""
        self.has_ended = True
        self._client = None
        for tag in list(self._listeners):
            listener = self._listeners.pop(tag, None)
            if listener is not None:
                listener(None)


class _Reading:
    """An event loop that reads; so long the client, and its descriptor, is kept."""

    def __init__(self, client: CData | None) -> None:
        self.client = client
        self.users = 0


def _event(handle: CData) -> Event:
    kind = lib.repolock_event_kind(handle)
    status = lib.repolock_event_status(handle)
    if kind in (lib.REPOLOCK_EVENT_DONE, lib.REPOLOCK_EVENT_WAITING):
        return Event(kind, status, "", 0)  # who hears it asks the operation itself
    return Event(
        kind,
        status,
        text(lib.repolock_event_message(handle)),
        lib.repolock_event_level(handle),
        dict(_fields(handle)),
    )


def _fields(handle: CData) -> Iterator[tuple[str, str]]:
    key, value = ffi.new("const char **"), ffi.new("const char **")
    for index in itertools.count():
        if lib.repolock_event_field(handle, index, key, value) != lib.REPOLOCK_OK:
            return
        yield text(key[0]), text(value[0])


class _Pipe:
    """Ends a poll from another thread."""

    _ends: tuple[int, ...] = ()

    def __init__(self) -> None:
        self._ends = self.reader, self._writer = os.pipe()
        for end in self._ends:
            os.set_blocking(end, False)

    def send(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full of nudges
            os.write(self._writer, b"!")

    def clear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.reader, 4096)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        for end in self._ends:
            close(end)
