"""Who holds and who waits, at one moment: copies, which stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from repolock._library import CData, lib, seconds, text


@dataclass(frozen=True)
class Holder:
    """Somebody who holds a lock. Times are in seconds."""

    repo: str
    text: str  #: what it said of itself: ``holder=``
    host: str
    pid: int | None
    lease_id: str  #: for :meth:`Client.break_lock`
    fence: int | None
    shared: bool
    age: float | None  #: holds it since
    remaining: float | None  #: until it ends unless it is renewed; None with ``file:``


@dataclass(frozen=True)
class Waiter:
    """Somebody who waits for a lock. Times are in seconds."""

    repo: str
    text: str
    host: str
    pid: int | None
    shared: bool
    place: int  #: 1 is next
    age: float | None  #: waits since


@dataclass(frozen=True)
class Node:
    """What one server, or the directory, answered."""

    status: str  #: such as "E_UNAVAILABLE"
    message: str


@dataclass(frozen=True)
class Snapshot:
    """The holders, the waiters in their order, and the servers that were asked."""

    holders: list[Holder] = field(default_factory=list)
    waiters: list[Waiter] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    @property
    def place(self) -> int | None:
        """Of the first waiter: in the snapshot of an acquisition that is the caller."""
        return self.waiters[0].place if self.waiters else None


@dataclass(frozen=True)
class Waiting:
    """News for ``on_waiting``: the place in the queue, 1 is next, and who holds the lock."""

    place: int | None
    holders: list[Holder]


def read_snapshot(handle: CData) -> Snapshot:
    """A Snapshot with the rows of the library's."""
    snapshot = Snapshot()
    for row in range(lib.repolock_snapshot_size(handle)):
        _Row(handle, row).add_to(snapshot)
    return snapshot


class _Row:
    def __init__(self, handle: CData, row: int) -> None:
        self._handle, self._row = handle, row

    def _text(self, which: int) -> str:
        return text(lib.repolock_snapshot_text(self._handle, self._row, which))

    def _number(self, which: int) -> int | None:
        number = int(lib.repolock_snapshot_number(self._handle, self._row, which))
        return None if number < 0 else number

    def _seconds(self, which: int) -> float | None:
        return seconds(lib.repolock_snapshot_number(self._handle, self._row, which))

    def add_to(self, snapshot: Snapshot) -> None:
        kind = self._number(lib.REPOLOCK_NUMBER_ROW)
        if kind == lib.REPOLOCK_ROW_HOLDER:
            snapshot.holders.append(self._holder())
        elif kind == lib.REPOLOCK_ROW_WAITER:
            snapshot.waiters.append(self._waiter())
        elif kind == lib.REPOLOCK_ROW_NODE:
            status, message = lib.REPOLOCK_TEXT_STATUS, lib.REPOLOCK_TEXT_MESSAGE
            snapshot.nodes.append(Node(self._text(status), self._text(message)))

    def _holder(self) -> Holder:
        return Holder(
            repo=self._text(lib.REPOLOCK_TEXT_REPO),
            text=self._text(lib.REPOLOCK_TEXT_HOLDER),
            host=self._text(lib.REPOLOCK_TEXT_HOST),
            pid=self._number(lib.REPOLOCK_NUMBER_PID),
            lease_id=self._text(lib.REPOLOCK_TEXT_LEASE_ID),
            fence=self._number(lib.REPOLOCK_NUMBER_FENCE),
            shared=self._number(lib.REPOLOCK_NUMBER_SHARED) == 1,
            age=self._seconds(lib.REPOLOCK_NUMBER_AGE_MS),
            remaining=self._seconds(lib.REPOLOCK_NUMBER_REMAINING_MS),
        )

    def _waiter(self) -> Waiter:
        return Waiter(
            repo=self._text(lib.REPOLOCK_TEXT_REPO),
            text=self._text(lib.REPOLOCK_TEXT_HOLDER),
            host=self._text(lib.REPOLOCK_TEXT_HOST),
            pid=self._number(lib.REPOLOCK_NUMBER_PID),
            shared=self._number(lib.REPOLOCK_NUMBER_SHARED) == 1,
            place=self._number(lib.REPOLOCK_NUMBER_PLACE) or 0,
            age=self._seconds(lib.REPOLOCK_NUMBER_AGE_MS),
        )
