"""The C library: found, of the right version, and with handles that cannot be leaked."""

from __future__ import annotations

import math
from typing import Any

try:
    from repolock._native import ffi as ffi
    from repolock._native import lib as lib
except ModuleNotFoundError:
    raise  # of Python's: it says what is missing
except ImportError as error:
    raise ImportError(
        f"the C library that this package was built for cannot be loaded ({error}): install "
        "librepolock 0.1 or a later 0.x where the system's loader finds it (ldconfig, or "
        "LD_LIBRARY_PATH), or install a wheel of repolock, which has the library inside"
    ) from error

#: What cffi gives for a C value: a handle, or the cell that it is written into.
CData = Any


def dotted(version: int) -> str:
    """0x000100 is "0.1.0"."""
    return f"{version >> 16}.{version >> 8 & 0xFF}.{version & 0xFF}"


def check_version(loaded: int, built_with: int) -> None:
    """Shared libraries are found when a program starts: it may be another than the one built with."""
    if loaded >> 16 == built_with >> 16 and loaded >= built_with:
        return
    needed = dotted(built_with)
    raise ImportError(
        f"the librepolock that was loaded is {dotted(loaded)}, but this package was built with "
        f"{needed}: install {needed} or a later {built_with >> 16}.x, or build the package again"
    )


check_version(lib.repolock_version(), lib.REPOLOCK_VERSION_NUMBER)

__version__ = dotted(lib.REPOLOCK_VERSION_NUMBER)


def library_version() -> str:
    """The version of the C library that was loaded, such as "0.1.0"."""
    return dotted(lib.repolock_version())


_CELLS = {
    handle: (ffi.typeof(f"repolock_{handle}_t **"), getattr(lib, f"repolock_{handle}_free_at"))
    for handle in ("client", "op", "lease", "event", "snapshot")
}


def cell(handle: str) -> CData:
    """Where C writes a handle.

    It is freed with the cell: a signal handler that raises may come between the call that gives a
    handle and the next line of Python, and must not leak a lock that is renewed for ever.
    """
    kind, free = _CELLS[handle]
    return ffi.gc(ffi.new(kind), free)


def text(pointer: CData) -> str:
    """A text that C owns, copied."""
    return str(ffi.string(pointer).decode("utf-8", "replace"))


def name_bytes(repo: str | bytes) -> bytes:
    """A name as C takes it: UTF-8, or with repo.form=opaque any bytes."""
    return repo if isinstance(repo, bytes) else repo.encode("utf-8", "surrogateescape")


def milliseconds(seconds: float, what: str) -> int:
    """Rounded up: what is short, but not nothing, must not become "do not wait"."""
    if seconds == -1 or seconds == math.inf:
        return -1
    if not 0 <= seconds < 2**53:
        raise ValueError(f"{what}={seconds!r}: seconds, from 0 on; -1 or math.inf is without end")
    return math.ceil(round(seconds * 1000, 6))


def seconds(milliseconds: int) -> float | None:
    """None where the library says -1: not known; infinite where it says INT64_MAX: without end."""
    if milliseconds < 0:
        return None
    return math.inf if milliseconds == 2**63 - 1 else milliseconds / 1000
