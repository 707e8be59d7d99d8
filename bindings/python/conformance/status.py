"""From the errors of the binding back to the statuses of the library, in one table."""

from __future__ import annotations

import asyncio
from typing import Any

import repolock

Message = dict[str, Any]

# The first one that fits: a class comes before those that it is derived from.
STATUSES: list[tuple[type[BaseException], str]] = [
    (asyncio.CancelledError, "E_CANCELED"),
    (repolock.LockHeldError, "E_HELD"),
    (repolock.LockTimeoutError, "E_TIMEOUT"),
    (repolock.LockUnknownError, "E_UNKNOWN"),
    (repolock.LockUnavailableError, "E_UNAVAILABLE"),
    (repolock.LockShutdownError, "E_SHUTDOWN"),
    (repolock.LockInvalidError, "E_INVALID"),
    (repolock.LockDeniedError, "E_DENIED"),
    (repolock.LockMisconfiguredError, "E_MISCONFIGURED"),
    (repolock.LockUnsupportedError, "E_UNSUPPORTED"),
    (repolock.LockForkedError, "E_FORKED"),
]


def status(error: BaseException | None = None) -> Message:
    if error is None:
        return {"status": "OK"}
    found: Message = {"status": name_of(error), "message": str(error)}
    if isinstance(error, repolock.LockError):
        found.update(holders=holders(error.holders), place=error.place)
    return found


def name_of(error: BaseException) -> str:
    if isinstance(error, repolock.LockLostError):
        return "E_SHUTDOWN" if error.reason == "shutdown" else "E_LOST"
    return next((name for kind, name in STATUSES if isinstance(error, kind)), "E_INTERNAL")


def invalid(sentence: str) -> Message:
    return {"status": "E_INVALID", "message": sentence}


def holders(rows: list[repolock.Holder]) -> list[Message]:
    return [
        {"holder": row.text, "fence": row.fence, "shared": row.shared, "lease_id": row.lease_id}
        for row in rows
    ]


def waiters(rows: list[repolock.Waiter]) -> list[Message]:
    return [{"holder": row.text, "place": row.place} for row in rows]
