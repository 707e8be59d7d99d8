#!/usr/bin/env python3
"""SIGKILL of `repolock run`, or of its guardian, whose command has a daemon (a session of its own, so
it is in no process group that is known): the next one begins when all are gone."""

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


def stat_of(pid):
    """State and parent; "Z" of one that is gone."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            state, parent = stat.read().rpartition(")")[2].split()[:2]
        return state, int(parent)
    except FileNotFoundError:
        return "Z", 0


def violations(env, victim):
    with subprocess.Popen([COMMAND, "run", "owner/name", "bash", "-c", MAKE_A_DAEMON], env=env,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as run:
        daemon, command = map(int, run.stdout.readline().split())
        guardian = stat_of(command)[1]
        if guardian < 2:  # a signal to 0 or 1 would be another story
            raise SystemExit(f"command {command} of {run.pid} is gone before its time")
        os.kill(run.pid if victim == "repolock run" else guardian, signal.SIGKILL)
        after = subprocess.run([COMMAND, "run", "-q", "-w", str(PATIENCE), "owner/name", "echo",
                                "mine"],
                               env=env, stdout=subprocess.PIPE, check=False, text=True)
        alive = [pid for pid in (guardian, command, daemon) if stat_of(pid)[0] != "Z"]
        run.wait(PATIENCE)
        if after.stdout != "mine\n":
            yield f"the next one was told {after.stdout!r} and ended with {after.returncode}"
        if alive:
            yield f"of guardian {guardian}, command {command}, daemon {daemon} work on: {alive}"


def main():
    found = {"repolock run": 0, "the guardian": 0}
    with tempfile.TemporaryDirectory(prefix="repolock-orphan-") as directory:
        env = {**os.environ, "REPOLOCK_URL": f"file://{directory}/locks"}
        for run in range(RUNS):
            victim = list(found)[run % 2]
            for violation in violations(env, victim):
                found[victim] += 1
                print(f"{victim} is killed: {violation}", file=sys.stderr)
    for victim, count in found.items():
        print(f"row: SIGKILL of {victim}, whose command has a daemon | {RUNS // 2} | {count} | "
              "all are gone before the next one begins")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
