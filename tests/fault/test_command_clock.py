#!/usr/bin/env python3
"""The clock of `repolock run` jumps by an hour, as after a sleep of the machine: a lock that has an
end is lost, and the command is stopped; one that the kernel holds is not."""

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

COMMAND = os.environ["REPOLOCK_COMMAND"]
SHIM = Path(os.environ["REPOLOCK_BUILD_DIR"], "tests", "clock_shim.so")
RUNS = 5 * int(os.environ.get("REPOLOCK_FAULT_TIMES", "1"))
PATIENCE = 60  # seconds
HOUR_MS = 3_600_000
LOST = 123
HOLD = "trap 'exit 1' TERM; echo held; while read line; do echo $line; done"


def outcome(url, clocks):
    """How it ends when the clock jumps while the command works, and what the command still said."""
    clocks.write_bytes(struct.pack("qqq", 0, 0, 0))
    options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    with subprocess.Popen([COMMAND, "run", "--backend", url, "owner/name", "bash", "-c", HOLD],
                          env={**os.environ, "LD_PRELOAD": str(SHIM), "ASAN_OPTIONS": options,
                               "REPOLOCK_TEST_CLOCKS": str(clocks)},
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, bufsize=1) as run:
        if run.stdout.readline() != "held\n":
            return run.wait(PATIENCE), run.stderr.read()
        with clocks.open("r+b") as file:  # in place: it is mapped
            file.write(struct.pack("qqq", HOUR_MS, 0, HOUR_MS))
        if url == "memory:":
            return run.wait(PATIENCE), run.stdout.read()
        run.stdin.write("awake\n")
        answer = run.stdout.readline()
        run.stdin.close()
        return run.wait(PATIENCE), answer


def main():
    found = 0
    with tempfile.TemporaryDirectory(prefix="repolock-clock-") as directory:
        for url, expected in (("memory:", (LOST, "")),
                              (f"file://{directory}/locks", (0, "awake\n"))):
            for _ in range(RUNS):
                ended = outcome(url, Path(directory, "clocks"))
                if ended != expected:
                    found += 1
                    print(f"{url}: it ended with {ended}, not with {expected}", file=sys.stderr)
    print(f"row: CLOCK_BOOTTIME +1 h under repolock run | {2 * RUNS} | {found} | memory: lost, "
          "file: held on")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
