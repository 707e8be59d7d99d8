#!/usr/bin/env python3
"""Thirty `repolock run` at a time; SIGKILL, SIGSTOP and SIGCONT at random, from a seed, of repolock,
its guardians, the commands and their children. What they work on is a counter that nothing but the
lock guards: no work is lost, no two are inside at once, and in the end nobody is left."""

import ctypes
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

COMMAND = os.environ["REPOLOCK_COMMAND"]
SEED = int(os.environ.get("REPOLOCK_FAULT_SEED", "1"))
FAULTS = 150 * int(os.environ.get("REPOLOCK_FAULT_TIMES", "1"))
AT_A_TIME = 30
PATIENCE = 60  # seconds
PR_SET_CHILD_SUBREAPER = 36
TO_NOWHERE = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
              (os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2)]

# Reads, works (in a child, as git does), writes; then tells what it wrote, and under which fence.
# The number has always eight digits and one write, so that it is whole whoever is killed.
FIRST = 10_000_000
JOB = """
echo $$ >inside
read n <counter
sleep 0.00$((n % 4))
n=$((n + 1))
echo $n 1<>counter
read who <inside
[ "$who" = $$ ] || echo $n >>overlaps
echo $n $REPOLOCK_TOKEN >>log
"""


def descendants():
    """The pids of all that this process has started, and of what these have."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            ppid = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(ppid, []).append(int(stat.parent.name))
    found, new = [], [os.getpid()]
    while new:
        new = [child for parent in new for child in children.get(parent, [])]
        found += new
    return found


class Torture:
    def __init__(self):
        self.random = random.Random(SEED)
        self.running = set()
        self.stopped = []  # [(when it goes on, pidfd)]
        self.started = self.well = self.kills = self.stops = 0

    def start(self):
        self.started += 1
        argv = [COMMAND, "run", "-q", "owner/name", "sh", "-c", JOB]
        env = {**os.environ, "REPOLOCK_URL": f"file://{os.getcwd()}/locks"}
        self.running.add(os.posix_spawn(COMMAND, argv, env, file_actions=TO_NOWHERE))

    def reap(self):
        """Those that were started here, and what was left behind by those that were killed."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.running:
                self.running.remove(pid)
                self.well += status == 0

    def disturb(self):
        everybody = descendants()
        at_work = [pid for pid in everybody if pid not in self.running]
        victim = self.random.choice(at_work if at_work and self.random.random() < 0.5
                                    else everybody)
        try:
            pidfd = os.pidfd_open(victim)
        except ProcessLookupError:
            return
        if self.random.random() < 0.5:
            self.kills += self.send(pidfd, signal.SIGKILL)
        elif self.send(pidfd, signal.SIGSTOP):
            self.stops += 1
            self.stopped.append((time.monotonic() + self.random.uniform(0, 0.1), pidfd))

    def send(self, pidfd, signo):
        try:
            signal.pidfd_send_signal(pidfd, signo)
        except ProcessLookupError:
            signo = None
        if signo != signal.SIGSTOP:
            os.close(pidfd)
        return signo is not None

    def resume(self, now):
        due = [each for each in self.stopped if each[0] <= now]
        self.stopped = [each for each in self.stopped if each[0] > now]
        for _, pidfd in due:
            self.send(pidfd, signal.SIGCONT)

    def run(self):
        while self.kills + self.stops < FAULTS:
            while len(self.running) < AT_A_TIME:
                self.start()
            self.disturb()
            time.sleep(self.random.uniform(0, 0.02))
            self.resume(time.monotonic())
            self.reap()
        self.resume(float("inf"))
        until = time.monotonic() + PATIENCE
        while descendants() and time.monotonic() < until:
            self.reap()
            time.sleep(0.01)

    def violations(self):
        lines = [tuple(map(int, line.split())) for line in Path("log").read_text().splitlines()]
        numbers, fences = zip(*lines)
        counter = int(Path("counter").read_text())
        if any(later <= earlier for earlier, later in zip(numbers, numbers[1:])):
            yield "work was lost: two have written the same number"
        if any(later <= earlier for earlier, later in zip(fences, fences[1:])):
            yield "a fence went back"
        if counter < numbers[-1] or counter > FIRST + len(numbers) + self.kills:
            yield f"the counter is at {counter}, after {len(numbers)} jobs and {numbers[-1]}"
        if len(numbers) < self.well:
            yield f"{self.well} ended well, but only {len(numbers)} have worked"
        if Path("overlaps").exists():
            yield "two were inside: " + Path("overlaps").read_text()
        for pid in descendants():
            yield f"still runs: {pid} {Path(f'/proc/{pid}/cmdline').read_bytes()}"


def main():
    # Whoever a killed one leaves behind is ours to see, and to wait for.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with tempfile.TemporaryDirectory(prefix="repolock-torture-") as directory:
        os.chdir(directory)
        Path("counter").write_text(f"{FIRST}\n")
        Path("log").touch()
        torture = Torture()
        torture.run()
        violations = list(torture.violations())
        os.chdir("/")
    for violation in violations:
        print(f"seed {SEED}: {violation}", file=sys.stderr)
    print("row: SIGKILL or SIGSTOP of anybody around repolock run | "
          f"{torture.kills + torture.stops} | {len(violations)} | {torture.started} commands, "
          f"{torture.kills} killed, {torture.well} ended well, seed {SEED}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
