"""What lives on while anybody waits or holds, whether the Client itself is still there or not."""

from __future__ import annotations

import atexit
import contextlib
import logging
import sys
import weakref
from types import SimpleNamespace
from typing import Callable

from repolock._ears import Event
from repolock._errors import LockError, LockForkedError, LockShutdownError, lock_error
from repolock._events import Events
from repolock._library import CData, ffi, lib
from repolock._operation import Operation, Steps, finish, run

logger = logging.getLogger("repolock")
logger.addHandler(logging.NullHandler())

_LEVELS = {
    lib.REPOLOCK_LOG_ERROR: logging.ERROR,
    lib.REPOLOCK_LOG_WARN: logging.WARNING,
    lib.REPOLOCK_LOG_INFO: logging.INFO,
    lib.REPOLOCK_LOG_DEBUG: logging.DEBUG,
}


class Core:
    """The library's client and its queue."""

    def __init__(self, client: CData, log_level: int) -> None:
        self._client: CData | None = client
        _open.add(self)
        self.events = Events(client)
        wanted = [theirs for theirs, ours in _LEVELS.items() if ours >= log_level]
        if wanted:
            tag = ffi.cast("void *", self.events.listen(_log))
            lib.repolock_client_on_log(client[0], max(wanted), ffi.NULL, tag, ffi.NULL)

    def client(self) -> CData:
        """The cell of the handle, to be kept in a variable while the handle is used."""
        client = self._client
        if client is None:
            raise lock_error(lib.REPOLOCK_E_SHUTDOWN, "")
        return client

    def start(self, call: Callable[[CData, CData], int]) -> Operation:
        """An operation; call gets the handle, and the cell for the op."""
        client = self.client()
        self.events.read()  # lines of the log, if nobody else reads them
        return Operation(self.events, lambda place: call(client[0], place))

    def shutdown(self, timeout_ms: int) -> Steps[None]:
        """Ends the client in good order, once; in a forked child there is nothing to end."""
        try:
            operation = self.start(
                lambda handle, place: lib.repolock_shutdown_start(handle, timeout_ms, place)
            )
        except LockForkedError:
            self._client = None
            return
        except LockShutdownError:
            return
        try:
            yield from finish(operation)
        finally:
            if operation.is_over:
                self.events.read()
                self.events.end()
                self._client = None


_open: weakref.WeakSet[Core] = weakref.WeakSet()


@atexit.register
def _farewell() -> None:
    """What was released before the end of the program gets its answer. What is held ends by its ttl."""
    for core in list(_open):
        with contextlib.suppress(LockError):
            run(core.shutdown(0))


def _log(event: Event | None) -> None:
    if event is None:
        return
    try:
        level = _LEVELS.get(event.level, logging.INFO)
        logger.log(level, "%s", event.message, extra={"repolock": event.fields})
    except Exception as error:  # whoever reads the queue has no part in it
        unraisable = SimpleNamespace(
            exc_type=type(error),
            exc_value=error,
            exc_traceback=error.__traceback__,
            err_msg="a handler of the logger repolock raised",
            object=logger,
        )
        sys.unraisablehook(unraisable)
