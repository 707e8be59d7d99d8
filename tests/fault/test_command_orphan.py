#!/usr/bin/env python3
"""SIGKILL of `repolock run` whose command has a daemon (a session of its own, so it is in no process
group that is known): the next one begins when both are gone."""

import os
import signal
import subprocess
import sys
import tempfile

COMMAND = os.environ["REPOLOCK_COMMAND"]
RUNS = 20 * int(os.environ.get("REPOLOCK_FAULT_TIMES", "1"))
PATIENCE = 60  # seconds
# The daemon tells its pid and the command's; it ends when its stdin does.
MAKE_A_DAEMON = "setsid sh -c 'echo $$ $PPID; cat' <&0 & wait"


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def violations(env):
    with subprocess.Popen([COMMAND, "run", "owner/name", "bash", "-c", MAKE_A_DAEMON],
                          env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        daemon, command = map(int, run.stdout.readline().split())
        run.send_signal(signal.SIGKILL)
        run.wait(PATIENCE)
        after = subprocess.run([COMMAND, "run", "-w", str(PATIENCE), "owner/name", "sh", "-c",
                                "echo $REPOLOCK_PREVIOUS"], env=env, stdout=subprocess.PIPE,
                               check=False, text=True)
        if after.stdout != "crashed\n":
            yield f"the next one was told {after.stdout!r} and ended with {after.returncode}"
        if is_alive(command):
            yield "the command works on"
        if is_alive(daemon):
            yield "the daemon works on"


def main():
    found = 0
    with tempfile.TemporaryDirectory(prefix="repolock-orphan-") as directory:
        env = {**os.environ, "REPOLOCK_URL": f"file://{directory}/locks"}
        for _ in range(RUNS):
            for violation in violations(env):
                found += 1
                print(violation, file=sys.stderr)
    print(f"row: SIGKILL of repolock run whose command has a daemon | {RUNS} | {found} | "
          "the daemon is gone before the next one begins")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
