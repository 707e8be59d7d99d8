"""The library's options, by their keys."""

from __future__ import annotations

import os
from collections.abc import Mapping

from repolock._errors import LockInvalidError, lock_error
from repolock._library import CData, ffi, lib, milliseconds, name_bytes, text


def gather(
    url: str | None,
    holder: str | None,
    config: Mapping[str, object] | None,
    **times: float | None,
) -> dict[str, str]:
    """All by their keys. Where nothing names a backend, the environment variable REPOLOCK_URL does."""
    found = {key: str(value) for key, value in (config or {}).items()}
    for name, limit in times.items():
        if limit is not None:
            found[f"{name}_ms"] = str(milliseconds(limit, name))
    if holder is not None:
        found["holder"] = holder
    url = url or found.get("backend") or os.environ.get("REPOLOCK_URL")
    if url:
        found["backend"] = url
    return found


def native(settings: Mapping[str, str]) -> CData:
    """The library's form of it."""
    config = ffi.gc(lib.repolock_config_new(), lib.repolock_config_free)
    sentence = ffi.new("char[]", lib.REPOLOCK_ERR_SIZE)
    for key, value in settings.items():
        if "\0" in key or "\0" in value:  # C would take it for the end
            raise LockInvalidError(f"{key}={value!r} has a NUL: leave it out")
        status = lib.repolock_config_set(
            config, name_bytes(key), name_bytes(value), sentence, len(sentence)
        )
        if status != lib.REPOLOCK_OK:
            raise lock_error(status, text(sentence))
    return config


def canonical(repo: str | bytes, config: Mapping[str, object] | None = None) -> str:
    """The one spelling under which a client with these options locks repo.

    Raises LockInvalidError.
    """
    name = name_bytes(repo)
    found = ffi.new("char[]", lib.REPOLOCK_REPO_SIZE)
    sentence = ffi.new("char[]", lib.REPOLOCK_ERR_SIZE)
    settings = native({key: str(value) for key, value in (config or {}).items()})
    status = lib.repolock_repo_canonical(
        settings, name, len(name), found, len(found), sentence, len(sentence)
    )
    if status != lib.REPOLOCK_OK:
        raise lock_error(status, text(sentence))
    return text(found)
