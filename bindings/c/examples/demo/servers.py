"""Redis servers of the demo's own: URL=redis:auto is one, URL=quorum:auto five that decide together.
Each has a directory and a unix socket in it, no port, and an append-only file that is written before
each answer, so that a kill loses nothing."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass

COUNTS = {"redis:auto": 1, "quorum:auto": 5}
PR_SET_PDEATHSIG = 1
PATIENCE_S = 20
# How long a dead worker blocks the others: there is no kernel between hosts to tell of its end.
TTL_MS = 3000
_prctl = ctypes.CDLL(None).prctl


def _die_with_the_demo():
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Outage:
    name: str
    at: int        # ns
    back: int = 0  # 0: it is still away


class Server:
    def __init__(self, directory):
        os.mkdir(directory)
        self.name = os.path.basename(directory)
        self.path = f"{directory}/socket"
        self._directory = directory
        self._process = None

    def start(self):
        argv = ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", self._directory,
                "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        with open(f"{self._directory}/log", "ab") as log:
            # A session of its own: Ctrl-C is the demo's to handle.
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_die_with_the_demo)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                with open(f"{self._directory}/log", encoding="utf-8", errors="replace") as log:
                    raise SystemExit(f"demo: {self.name} did not start:\n{log.read().strip()}")
            time.sleep(0.005)

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            try:
                connection.connect(self.path)
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    @property
    def pid(self):
        return self._process.pid

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Servers:
    """A list of them, that one may be killed of."""

    def __init__(self, count, directory):
        self.outages = []
        self._all = [Server(f"{directory}/redis-{number + 1}") for number in range(count)]

    def __len__(self):
        return len(self._all)

    def start(self):
        for server in self._all:
            server.start()

    @property
    def told(self):
        return "a redis-server" if len(self) == 1 else f"{len(self)} redis-servers"

    @property
    def url(self):
        if len(self) == 1:
            return f"redis+unix://{self._all[0].path}"
        return "redis+quorum://" + ",".join(f"unix:{server.path}" for server in self._all)

    @property
    def options(self):
        """Of all clients of these servers."""
        return [f"max_ttl_ms={TTL_MS}", "redis.durability=aof_always"]

    def kill_one(self):
        """SIGKILL; away until bring_back()."""
        server = self._all[-1]
        self.outages.append(Outage(server.name, time.monotonic_ns()))
        server.kill()

    def bring_back(self):
        if self.outages and not self.outages[-1].back:
            self._all[-1].start()
            self.outages[-1].back = time.monotonic_ns()

    def destroy(self):
        for server in self._all:
            server.kill()


def wanted_by(url):
    """How many; 0: the URL names no servers of the demo's own. Ends the demo where there can be
    none."""
    if not url.endswith(":auto"):
        return 0
    if url not in COUNTS:
        raise SystemExit(f"demo: {url}: only {' and '.join(COUNTS)} start servers; else give a "
                         f"whole URL, as redis://localhost")
    if not shutil.which("redis-server"):
        raise SystemExit(f"demo: URL={url} needs the program redis-server: install it (on Debian, "
                         f"apt-get install redis-server), or give the URL of a server that runs")
    return COUNTS[url]
