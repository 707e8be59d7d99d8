"""The worker processes: started, killed, replaced, stopped. This is their supervisor."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass

from processes import Survivors, command


MIDDLE_NS = range(20_000_000, 150_000_000)  # of a clone, after its start


@dataclass
class Kill:
    at: int            # ns
    pid: int
    slot: int
    repo: str
    with_git: bool     # its git was killed too
    survivors: Survivors


class WorkerDied(Exception):
    """A worker ended by itself: its last words."""


class Fleet:
    def __init__(self, arguments, workers, home):
        self._arguments = arguments
        self._home = home
        self._running = {}  # pid -> Popen
        self.slots = {}     # pid -> slot, also of the dead
        self.kills = []
        for slot in range(workers):
            self._start(slot)

    def _start(self, slot):
        # A session of its own: Ctrl-C is ours to handle, and what a dead worker left behind is
        # found by its group.
        journal = f"{self._home}/journals/{len(self.slots)}.journal"
        with open(f"{self._home}/errors", "ab") as errors:
            process = subprocess.Popen([*self._arguments, "--journal", journal], stderr=errors,
                                       stdin=subprocess.DEVNULL, start_new_session=True)
        self._running[process.pid] = process
        self.slots[process.pid] = slot

    def __len__(self):
        return len(self._running)

    def check(self):
        for pid, process in self._running.items():
            if process.poll() is not None:
                with open(f"{self._home}/errors", encoding="utf-8", errors="replace") as errors:
                    raise WorkerDied(f"worker {pid} ended with status {process.returncode}: "
                                     f"{errors.read().strip() or 'it said nothing'}")

    def kill_in_clone(self, operation, jobs, with_git):
        """SIGKILL in the middle of a clone, proved by /proc; then the job goes back, and a new
        worker comes. False if it is not cloning, or may be about to end."""
        pid, now = operation.pid, time.monotonic_ns()
        if pid not in self._running or not operation.cloning:
            return False
        if now - operation.child_since not in MIDDLE_NS or "clone" not in command(operation.child):
            return False
        if with_git:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
        survivors = Survivors(pid, now)
        self._running.pop(pid).wait()
        jobs.give_back(pid)
        self._start(self.slots[pid])
        self.kills.append(Kill(now, pid, self.slots[pid], operation.repo, with_git, survivors))
        return True

    def stop(self):
        """After the job at hand. Returns False if one had to be killed."""
        for process in self._running.values():
            process.terminate()
        orderly = True
        deadline = time.monotonic() + 10
        for process in self._running.values():
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                orderly = False
        self.destroy()
        return orderly

    def destroy(self):
        """At once, with every git, also of workers that died before."""
        for pid in self.slots:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for process in self._running.values():
            process.wait()
        self._running.clear()
