"""What all tests share."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Callable

import repolock

#: A limit, in seconds, for what should come at once; the machine may be busy.
HANG = 60.0

PROGRAMS = Path(__file__).parent / "programs"


def in_thread(call: Callable[[], Any]) -> Future[Any]:
    """What call gives, or raises, in a thread of its own."""
    future: Future[Any] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


class InLine:
    """Somebody who waits for a lock in a thread, and stands in line by now."""

    def __init__(self, client: repolock.Client, repo: str, **terms: Any) -> None:
        stands = threading.Event()
        self.lock = client.lock(repo, on_waiting=lambda now: stands.set(), **{"wait": HANG, **terms})
        self.acquired = in_thread(self.lock.acquire)
        assert stands.wait(HANG)

    def result(self) -> bool:
        return bool(self.acquired.result(HANG))


def break_it(client: repolock.Client, repo: str) -> None:
    client.break_lock(repo, client.inspect(repo).holders[0].lease_id)


def is_free(client: repolock.Client, repo: str) -> bool:
    lock = client.lock(repo)
    if not lock.acquire(blocking=False):
        return False
    lock.release()
    return True


class Program:
    """One of the programs beside these tests, in a process of its own, which is killed at the end."""

    def __init__(self, name: str, *words: str, flags: tuple[str, ...] = ()) -> None:
        command = [sys.executable, *flags, str(PROGRAMS / f"{name}.py"), *words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def says(self, word: str) -> None:
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line == word, (line, self.process.stderr and line == "" and self.process.stderr.read())

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """Its exit status, and the rest of what it said."""
        out, err = self.process.communicate(timeout=HANG)
        return self.process.returncode, out, err

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()


def forked(work: Callable[[], object]) -> object:
    """What work gives in the child of a fork, in words; its error, if it raises."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        words = b"no words"
        with contextlib.suppress(BaseException):
            try:
                words = repr(work()).encode()
            except BaseException as error:
                words = type(error).__name__.encode()
        os.write(writer, words)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        words_of_child = told.read()
    os.waitpid(child, 0)
    return words_of_child


_PR_SET_PDEATHSIG = 1


class RedisServer:
    """A redis-server of the tests' own, on a socket; it dies with them."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="repolock-redis-")
        self._socket = f"{self._directory.name}/socket"
        self.url = f"redis+unix://{self._socket}"

    def start(self) -> None:
        prctl = ctypes.CDLL(None).prctl
        self._process = subprocess.Popen(
            ["redis-server", "--port", "0", "--save", "", "--appendonly", "no", "--dir"]
            + [self._directory.name, "--unixsocket", self._socket],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),
        )
        assert self._process.stdout
        for line in self._process.stdout:
            if "eady to accept connections" in line:
                return
        raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._directory.cleanup()


@contextlib.contextmanager
def raising_alarm(delay: float) -> Iterator[None]:
    """A signal handler that raises InterruptedError after so many seconds, wherever the block is."""

    def handler(number: int, frame: object) -> None:
        raise InterruptedError

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, delay)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
