"""One pair of acquire and release, alone and with others who want the same name.

Beside the library from C, redis-py's Lock and pottery's Redlock, on a Redis server that it starts. The
variants take turns in each round, so that they have the same machine; printed are the median of the
rounds, the least and the most, in microseconds a pair.

usage: pairs.py [ROUNDS]    with the library found by pkg-config, and requirements.txt installed
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Callable

import pottery
import redis

import repolock

HERE = Path(__file__).resolve().parent
IN_C = HERE.parents[2] / "tests/bench/cpair.c"
sys.path.insert(0, str(HERE.parent / "tests"))

from support import RedisServer  # noqa: E402

ALONE = 1000  # pairs in a round
THREADS, TURNS = 8, 5  # with others: so many threads, so many pairs of each

Make = Callable[[], AbstractContextManager[object]]


def alone(make: Make) -> float:
    with make():
        pass
    began = time.perf_counter()
    for _ in range(ALONE):
        with make():
            pass
    return (time.perf_counter() - began) / ALONE * 1e6


def contended(make: Make) -> float:
    def work() -> None:
        for _ in range(TURNS):
            with make():
                pass

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - began) / THREADS / TURNS * 1e6


def coroutines(client: repolock.Client) -> float:
    async def work() -> float:
        began = time.perf_counter()
        for _ in range(ALONE):
            async with client.lock("bench/async"):
                pass
        return (time.perf_counter() - began) / ALONE * 1e6

    return asyncio.run(work())


@contextmanager
def compiled() -> Iterator[Callable[[str], float]]:
    """The loop in C."""
    with tempfile.TemporaryDirectory() as directory:
        flags = subprocess.check_output(["pkg-config", "--cflags", "--libs", "repolock"], text=True)
        program = f"{directory}/cpair"
        subprocess.run(["cc", "-O2", IN_C, *flags.split(), "-o", program], check=True)
        yield lambda url: float(subprocess.check_output([program, url, str(ALONE)]))


def ours(client: repolock.Client) -> Make:
    return lambda: client.lock("bench/python", wait=-1)


def main(rounds: int) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(RedisServer())
        in_c = stack.enter_context(compiled())
        memory = stack.enter_context(repolock.Client("memory:"))
        client = stack.enter_context(repolock.Client(server.url))
        py = redis.Redis(unix_socket_path=server.url.partition("://")[2])

        def redis_py() -> AbstractContextManager[object]:
            return py.lock("bench-redis-py", timeout=30)

        def of_pottery() -> AbstractContextManager[object]:
            return pottery.Redlock(key="bench-pottery", masters={py}, auto_release_time=30)

        variants: dict[str, Callable[[], float]] = {
            "memory, C": lambda: in_c("memory:"),
            "memory, Python": lambda: alone(ours(memory)),
            "memory, Python, async": lambda: coroutines(memory),
            "redis, C": lambda: in_c(server.url),
            "redis, Python": lambda: alone(ours(client)),
            "redis, Python, async": lambda: coroutines(client),
            "redis, redis-py": lambda: alone(redis_py),
            "redis, pottery": lambda: alone(of_pottery),
            f"redis, {THREADS} threads, Python": lambda: contended(ours(client)),
            f"redis, {THREADS} threads, redis-py": lambda: contended(redis_py),
            f"redis, {THREADS} threads, pottery": lambda: contended(of_pottery),
        }
        found: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(rounds):
            for name, variant in variants.items():
                found[name].append(variant())
        for name, all_of_it in found.items():
            least, median, most = min(all_of_it), statistics.median(all_of_it), max(all_of_it)
            print(f"{name:30} {median:10.0f} us ({least:.0f} to {most:.0f})")
        for place in ("memory", "redis"):
            ratios = [b / a for a, b in zip(found[f"{place}, C"], found[f"{place}, Python"])]
            print(f"{place}: Python over C {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
