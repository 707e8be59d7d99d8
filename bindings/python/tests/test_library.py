"""The C library: found or not, of the right version or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import repolock
from repolock import _native
from repolock._library import check_version, dotted

is_system = b"librepolock.so" in Path(str(_native.__file__)).read_bytes()
of_the_system = pytest.mark.skipif(not is_system, reason="this build has the library inside")


def test_it_knows_its_versions() -> None:
    assert repolock.__version__.count(".") == 2
    assert repolock.library_version().startswith(repolock.__version__.rpartition(".")[0])
    assert dotted(0x010203) == "1.2.3"


@pytest.mark.parametrize("loaded", [0x000100, 0x000101, 0x00FF00])
def test_a_later_library_will_do(loaded: int) -> None:
    check_version(loaded, 0x000100)


@pytest.mark.parametrize("loaded", [0x000100, 0x010200])
def test_another_library_will_not_do(loaded: int) -> None:
    with pytest.raises(
        ImportError, match=rf"loaded is {dotted(loaded)}, .* built with 0\.2\.0: install"
    ):
        check_version(loaded, 0x000200)


def test_all_of_it_is_typed_and_told() -> None:
    assert (Path(repolock.__file__).parent / "py.typed").exists()
    for name in repolock.__all__:
        assert name.startswith("__") or getattr(repolock, name).__doc__, name


def imported(**environment: str) -> str:
    """The last word of a Python that cannot import the package."""
    done = subprocess.run(
        [sys.executable, "-c", "import repolock"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


@of_the_system
def test_a_library_that_is_missing_is_told_in_a_sentence() -> None:
    sentence = imported(LD_LIBRARY_PATH="/nowhere")
    assert sentence.startswith("ImportError: the C library that this package was built for cannot be")
    assert "librepolock.so" in sentence
    assert "install librepolock 0.1" in sentence


def stand_in(directory: Path, name: str, source: str) -> Path:
    path = directory / name
    compiler = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-x", "c", "-", "-o", str(path)]
    subprocess.run(compiler, input=source, text=True, check=True)
    return path


@of_the_system
def test_a_library_that_is_too_old_is_told_in_a_sentence(tmp_path: Path) -> None:
    older = stand_in(tmp_path, "older.so", "unsigned repolock_version(void) { return 0x00000f; }")
    sentence = imported(LD_PRELOAD=str(older))
    assert sentence.startswith(
        "ImportError: the librepolock that was loaded is 0.0.15, but this package"
    )
    stand_in(tmp_path, "librepolock.so.0", "unsigned repolock_version(void) { return 0x00000f; }")
    sentence = imported(LD_LIBRARY_PATH=str(tmp_path))
    assert "undefined symbol" in sentence
    assert "install librepolock 0.1" in sentence
