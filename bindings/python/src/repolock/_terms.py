"""How a lock is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Literal

from repolock._library import CData, ffi, lib, milliseconds
from repolock._snapshot import Waiting

#: What becomes of a ``with`` block whose lock is lost while it runs.
OnLost = Literal["raise", "cancel", "ignore"]


@dataclass
class Terms:
    """The arguments of :meth:`Client.lock`; None is the client's own."""

    wait: float | None = None
    ttl: float | None = None
    max_hold: float | None = None
    shared: bool = False
    holder: str | None = None
    renew: bool = True
    on_lost: OnLost = "raise"
    on_waiting: Callable[[Waiting], None] | None = None

    def __post_init__(self) -> None:
        if self.on_lost not in ("raise", "cancel", "ignore"):
            raise ValueError(f'on_lost={self.on_lost!r}: it is "raise", "cancel" or "ignore"')
        asked = self.ttl, self.max_hold, self.holder
        self._is_usual = asked == (None, None, None) and self.renew and not self.shared

    def request(self, more: tuple[bytes, ...], wait: float | None) -> CData:
        """The library's form of it; wait replaces the lock's own."""
        wait = self.wait if wait is None else wait
        if self._is_usual and wait is None and not more:
            return ffi.NULL
        request = ffi.gc(lib.repolock_request_new(), lib.repolock_request_free)
        if wait is not None:
            lib.repolock_request_set_wait(request, milliseconds(wait, "wait"))
        if self.ttl is not None:
            lib.repolock_request_set_ttl(request, milliseconds(self.ttl, "ttl"))
        if self.max_hold is not None:
            lib.repolock_request_set_max_hold(request, milliseconds(self.max_hold, "max_hold"))
        if self.holder is not None:
            holder = self.holder.encode("utf-8", "replace")
            lib.repolock_request_set_holder(request, holder, len(holder))
        if self.shared:
            lib.repolock_request_set_shared(request, 1)
        if not self.renew:
            lib.repolock_request_set_renew(request, 0)
        for name in more:
            lib.repolock_request_add_repo(request, name, len(name))
        return request
