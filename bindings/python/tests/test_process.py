"""Processes fork, are interrupted, end and are killed, with locks held or wanted."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from typing import Callable

import pytest
from support import HANG, InLine, Program, forked, is_free

import repolock

ENDS = ["crashed", "expired"]


@pytest.mark.parametrize("how", ["return", "sys.exit", "os._exit", "kill", "error"])
def test_what_the_end_leaves_held_ends_by_its_ttl_or_at_once(
    shared_url: str, repo: str, how: str
) -> None:
    with repolock.Client(shared_url) as client, Program("hold", shared_url, repo, how) as program:
        program.says("held")
        if how == "kill":
            program.signal(signal.SIGKILL)
        status, _, err = program.end()
        assert status == {"os._exit": 3, "sys.exit": 3, "kill": -9, "error": 1}.get(how, 0), err
        with client.lock(repo, wait=HANG) as lock:
            assert lock.previous in ENDS


def test_what_was_released_before_the_end_is_free(shared_url: str, repo: str) -> None:
    with repolock.Client(shared_url) as client:
        for how in ("released", "given up"):
            with Program("leave", shared_url, repo, how) as program:
                status, _, err = program.end()
                assert (status, err) == (0, ""), how
            with client.lock(repo, wait=0) as lock:
                assert lock.previous == "released", how


@pytest.mark.parametrize("where", ["thread", "beside a reader", "loop"])
def test_ctrl_c_ends_a_wait_at_once(shared_url: str, repo: str, where: str) -> None:
    with repolock.Client(shared_url) as client, client.lock(repo) as lock:
        with Program("wait", shared_url, repo, where) as program:
            program.says("waits")
            program.signal(signal.SIGINT)
            status, out, err = program.end()  # though the lock is not released
            assert (status, out) == (0, "interrupted\n"), err
        assert client.inspect(repo).waiters == []
        lock.check()


@pytest.mark.parametrize("where", ["daemon", "loop in a daemon"])
def test_a_program_may_end_while_a_thread_waits(shared_url: str, repo: str, where: str) -> None:
    with repolock.Client(shared_url) as client, client.lock(repo):
        with Program("end_while_waiting", shared_url, repo, where) as program:
            status, out, err = program.end()
            assert (status, out, err) == (0, "ends\n", "")
        assert client.inspect(repo).waiters == []


def test_the_child_of_a_fork_has_no_part_in_the_lock(shared_url: str, repo: str) -> None:
    with repolock.Client(shared_url) as client, client.lock(repo) as lock:
        forbidden: dict[str, Callable[[], object]] = {
            "check": lock.check,
            "release": lock.release,
            "extend": lambda: lock.extend(1),
            "wait_lost": lambda: lock.wait_lost(HANG),
            "acquire": client.lock(repo).acquire,
            "inspect": client.inspect,
        }
        for name, call in forbidden.items():
            assert forked(call) == "LockForkedError", name
        assert forked(lock.locked) == "False"
        assert forked(lambda: lock.remaining) == "0.0"
        assert forked(client.close) == "None"

        def anew() -> object:
            with repolock.Client(shared_url) as own:
                return is_free(own, repo), is_free(own, f"{repo}-b")

        assert forked(anew) == "(False, True)"
        lock.check()
    with repolock.Client(shared_url) as client:
        assert is_free(client, repo)


def test_a_fork_while_threads_wait_harms_neither(shared_url: str, repo: str) -> None:
    with repolock.Client(shared_url) as client:
        with client.lock(repo):
            waiters = [InLine(client, repo) for _ in range(3)]
            assert forked(lambda: client.inspect(repo)) == "LockForkedError"
        for waiter in waiters:
            assert waiter.result()
            waiter.lock.release()


def test_a_forked_child_may_end_the_block(file_url: str, repo: str) -> None:
    """As a program does whose child returns from the function that forked."""
    with Program("fork_in_block", file_url, repo) as program:
        status, out, err = program.end()
        assert (status, err) == (0, "")
        assert out.split() == ["LockForkedError", "held"]


def add(url: str, repo: str, path: str, times: int) -> None:
    with repolock.Client(url) as client:
        for _ in range(times):
            with client.lock(repo, wait=HANG):
                with open(path, encoding="ascii") as counter:
                    count = int(counter.read())
                with open(path, "w", encoding="ascii") as counter:
                    counter.write(str(count + 1))


def fail(url: str, repo: str) -> None:
    with repolock.Client(url, holder="child") as client:
        client.lock(repo, wait=0).acquire()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_takes_turns(
    shared_url: str, repo: str, method: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("counter") / "count"
    path.write_text("0", encoding="ascii")
    with repolock.Client(shared_url, holder="parent") as client, client.lock(repo):
        pool = multiprocessing.get_context(method).Pool(2)
        with pool, pytest.raises(repolock.LockHeldError) as caught:
            pool.apply(fail, (shared_url, repo))
        assert caught.value.holder is not None
        assert (caught.value.holder.text, caught.value.holder.pid) == ("parent", os.getpid())
    with multiprocessing.get_context(method).Pool(2) as pool:
        pool.starmap(add, [(shared_url, repo, str(path), 10)] * 4)
    assert path.read_text(encoding="ascii") == "40"


def test_a_child_that_has_the_descriptor_keeps_the_lock(file_url: str, repo: str) -> None:
    with repolock.Client(file_url) as client, Program("orphan", file_url, repo) as program:
        assert program.process.stdout
        orphan = int(program.process.stdout.readline())
        status, _, err = program.end()
        assert status == -signal.SIGKILL, err
        assert not is_free(client, repo)
        os.kill(orphan, signal.SIGKILL)
        with client.lock(repo, wait=HANG) as lock:
            assert lock.previous == "crashed"


def test_python_starts_without_a_word(memory_url: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-X",
            "dev",
            "-c",
            "import repolock; repolock.Client('memory:')",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
