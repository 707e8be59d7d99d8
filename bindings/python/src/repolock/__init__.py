"""One lock for each git repository, across threads, processes, languages and hosts.

import repolock

with repolock.Client() as client, client.lock("owner/name", wait=30) as lock:
    print("mine, with fence", lock.fence)

Times are in seconds. The library is told of in its README.
"""

from repolock._client import Client
from repolock._config import canonical
from repolock._errors import (
    LockDeniedError,
    LockError,
    LockForkedError,
    LockHeldError,
    LockInvalidError,
    LockLostError,
    LockMisconfiguredError,
    LockNotHeldError,
    LockShutdownError,
    LockTimeoutError,
    LockUnavailableError,
    LockUnknownError,
    LockUnsupportedError,
)
from repolock._library import __version__, library_version
from repolock._lock import Lock
from repolock._snapshot import Holder, Node, Snapshot, Waiter, Waiting

__all__ = [
    "Client",
    "Holder",
    "Lock",
    "LockDeniedError",
    "LockError",
    "LockForkedError",
    "LockHeldError",
    "LockInvalidError",
    "LockLostError",
    "LockMisconfiguredError",
    "LockNotHeldError",
    "LockShutdownError",
    "LockTimeoutError",
    "LockUnavailableError",
    "LockUnknownError",
    "LockUnsupportedError",
    "Node",
    "Snapshot",
    "Waiter",
    "Waiting",
    "__version__",
    "canonical",
    "library_version",
]
