"""What can go wrong: a class for each status of the library that a caller may tell apart."""

from __future__ import annotations

from typing import Any

from repolock._library import lib, text
from repolock._snapshot import Holder, Node, Snapshot

_NO_IDEA = 1.0


class LockError(Exception):
    """What every error of this package is. Its message is a sentence that names the remedy.

    It can be pickled: a pool of processes may raise it in the parent.
    """

    #: The library's status, such as "E_TIMEOUT".
    code: str = "E_INTERNAL"

    def __init__(
        self, message: str = "", code: str | None = None, snapshot: Snapshot | None = None
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        seen = snapshot or Snapshot()
        #: Who holds the lock; more than one where it is shared.
        self.holders: list[Holder] = seen.holders
        #: The place that the caller had in the queue; 1 would have been next.
        self.place: int | None = seen.place
        #: What each server or directory answered, where they were asked.
        self.nodes: list[Node] = seen.nodes

    @property
    def holder(self) -> Holder | None:
        """The first of the holders."""
        return self.holders[0] if self.holders else None

    @property
    def retry_after(self) -> float | None:
        """A pause, in seconds, after which the same call is worth another try.

        Until the holders' leases end if nobody renews them, else a second. None: it would fail
        again.
        """
        if not lib.repolock_status_is_retryable(_NUMBERS.get(self.code, 0)):
            return None
        known = [holder.remaining for holder in self.holders if holder.remaining is not None]
        return max([0.001, *known]) if known else _NO_IDEA

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.__dict__


class LockTimeoutError(LockError, TimeoutError):
    """The lock was not obtained within ``wait``: somebody else has it. Try again."""

    code = "E_TIMEOUT"


class LockHeldError(LockTimeoutError):
    """``wait`` was 0, and somebody else has the lock. Try again."""

    code = "E_HELD"


class LockLostError(LockError):
    """The lock was held, and is not any more."""

    code = "E_LOST"
    #: expired, max_hold, stalled, broken, stolen, data_lost or shutdown; "" where it is not known.
    reason: str = ""


class LockUnknownError(LockError):
    """No answer came: the lock may or may not be released; it ends by its ttl."""

    code = "E_UNKNOWN"


class LockUnavailableError(LockError):
    """Too few servers answered for a decision. Try again."""

    code = "E_UNAVAILABLE"


class LockShutdownError(LockError):
    """The client is shutting down, or was shut down."""

    code = "E_SHUTDOWN"


class LockInvalidError(LockError, ValueError):
    """A name, a value or an option that cannot be."""

    code = "E_INVALID"


class LockNotHeldError(LockInvalidError, RuntimeError):
    """Released or extended, but not held: it was never acquired, or is released already."""


class LockDeniedError(LockError, PermissionError):
    """Password, access rules of the server, or the mode of the directory."""

    code = "E_DENIED"


class LockMisconfiguredError(LockError):
    """The backend is set up wrongly; ``repolock doctor`` says how."""

    code = "E_MISCONFIGURED"


class LockUnsupportedError(LockError):
    """The backend cannot do that."""

    code = "E_UNSUPPORTED"


class LockForkedError(LockError):
    """Made before a fork, and used in the child: the child opens a client of its own."""

    code = "E_FORKED"


_NUMBERS: dict[str, int] = {
    name[len("REPOLOCK_") :]: getattr(lib, name) for name in dir(lib) if name.startswith("REPOLOCK_E_")
}
_CLASSES: dict[str, type[LockError]] = {
    each.code: each
    for each in (
        LockTimeoutError,
        LockHeldError,
        LockLostError,
        LockUnknownError,
        LockUnavailableError,
        LockShutdownError,
        LockInvalidError,
        LockDeniedError,
        LockMisconfiguredError,
        LockUnsupportedError,
        LockForkedError,
    )
}


def lock_error(status: int, message: str, snapshot: Snapshot | None = None) -> LockError:
    """The error of a status that is not OK."""
    code = text(lib.repolock_status_name(status))
    return _CLASSES.get(code, LockError)(message or _WORDS.get(code, code), code, snapshot)


def loss(code: str, message: str, reason: str) -> LockLostError:
    """That the lock is gone; code is E_LOST or E_SHUTDOWN."""
    error = LockLostError(message, code)
    error.reason = reason
    return error


# Of what fails before there is an operation that could tell of itself.
_WORDS = {
    "E_FORKED": "this was made before a fork, and a child cannot use it: open a client in the child",
    "E_SHUTDOWN": "the client is closed: open another one",
    "E_NOMEM": "out of memory",
}
