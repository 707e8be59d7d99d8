"""Processes as /proc shows them."""

import os
import threading
import time
from pathlib import Path


def is_alive(pid):
    """A dying process loses its memory first, then its files and with them the lock. So one without
    a command line can write nothing any more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def living_members(group):
    """The living processes of a process group."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            stat = Path(f"/proc/{name}/stat").read_text()
        except OSError:
            continue
        if int(stat.rsplit(")", 1)[1].split()[2]) == group and is_alive(name):
            found.append(int(name))
    return found


class Survivors(threading.Thread):
    """Watches what a killed worker left behind. Something of it certainly lived at last_seen_ns,
    and its true end is a little later: a hold that begins before is an overlap beyond doubt."""

    def __init__(self, group, killed_ns):
        super().__init__(daemon=True)
        self.group = group
        self.last_seen_ns = killed_ns
        self.start()

    def run(self):
        known = []
        while True:
            before = time.monotonic_ns()
            known = [pid for pid in known if is_alive(pid)] or living_members(self.group)
            if not known:
                return
            self.last_seen_ns = before
            time.sleep(0.0005)
