"""The examples do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import HANG

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository named owner/name, with nothing to fetch."""
    path = tmp_path / "owner" / "name"
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    return path


def run(name: str, directory: Path, file_url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name)],
        cwd=directory,
        env={**os.environ, "REPOLOCK_URL": file_url},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_first_lock(clone: Path, file_url: str) -> None:
    assert run("first_lock.py", clone, file_url).startswith("mine, with fence ")


def test_first_lock_async(clone: Path, file_url: str) -> None:
    said = run("first_lock_async.py", clone.parent.parent, file_url)
    assert said.startswith("owner/name is mine, with fence ")


def test_stop_on_loss(tmp_path: Path, file_url: str) -> None:
    assert run("stop_on_loss.py", tmp_path, file_url) == "stopped\nbroken\n"
