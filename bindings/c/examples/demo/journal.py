"""What the workers wrote down: lines of events, and the git operations that they tell of."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

_FIELD = re.compile(r'(\w+)=(?:"(.*)"|(\S+))')


@dataclass
class Event:
    at: int  # ns of CLOCK_MONOTONIC
    name: str
    fields: dict

    @property
    def pid(self):
        return int(self.fields["pid"])


@dataclass
class Operation:
    """One try of a job: it waits for its repository, and if it is granted the lock, it holds it."""
    pid: int
    job: str
    repo: str
    kind: str
    wait_from: int
    wait_to: int = 0   # granted, or given up
    granted: int = 0   # 0: never
    end: int = 0       # the last moment at which it certainly still held; 0: not over
    fence: int = 0
    result: int = -1
    verbs: list = field(default_factory=list)  # of git
    child: int = 0     # the newest git
    child_since: int = 0
    killed: bool = False

    @property
    def what(self):
        if self.kind == "unwatch":
            return "delete"
        return "clone" if "clone" in self.verbs else "pull"

    @property
    def cloning(self):
        """A git clone is under way, as far as is known."""
        return not self.end and self.verbs[-1:] == ["clone"]


class Journals:
    """Reads a directory of growing journals."""

    def __init__(self, directory):
        self._directory = Path(directory)
        self._read = {}   # path -> bytes read so far
        self._open = {}   # pid -> its operation that is not over
        self.events = []
        self.counts = Counter()  # of events by name, and of retries by repository
        self.operations = []

    def read(self):
        for path in sorted(self._directory.glob("*.journal")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                text = file.read()
            whole = text.rfind(b"\n") + 1
            self._read[path] = self._read.get(path, 0) + whole
            for line in text[:whole].decode(errors="replace").splitlines():
                self._take(line)

    def under_way(self):
        return list(self._open.values())

    def retries(self, repo=None):
        """Jobs put back for a lock that came too late or a git that failed, not by a breaker."""
        return sum(count for key, count in self.counts.items()
                   if isinstance(key, tuple) and repo in (None, key[1]))

    def put_back_for(self, status):
        return sum(1 for event in self.named("retry") if event.fields["why"] == status)

    def named(self, name):
        return [event for event in self.events if event.name == name]

    def killed(self, pid, last_seen_ns):
        """That worker is dead; until then something of it certainly lived."""
        operation = self._open.pop(pid, None)
        if operation is None:
            return
        operation.killed = True
        if operation.granted and not operation.end:
            operation.end = max(last_seen_ns, operation.granted)
        operation.wait_to = operation.wait_to or last_seen_ns

    def _take(self, line):
        at, name, rest = line.split(" ", 2)
        fields = {key: quoted or bare for key, quoted, bare in _FIELD.findall(rest)}
        event = Event(int(at), name, fields)
        self.events.append(event)
        self.counts[name] += 1
        if name == "retry" and fields["why"] != "breaker":
            self.counts["retry", fields["repo"]] += 1
        if name == "wait":
            operation = Operation(event.pid, fields["job"], fields["repo"], fields["kind"],
                                  event.at)
            self.operations.append(operation)
            self._open[event.pid] = operation
            return
        operation = self._open.get(event.pid)
        if operation is None:
            return
        if name == "granted":
            operation.granted = operation.wait_to = event.at
            operation.fence = int(fields["fence"])
        elif name == "git":
            operation.verbs.append(fields["verb"])
            operation.child, operation.child_since = int(fields["child"]), event.at
        elif name == "leave":
            operation.end = event.at
            operation.result = int(fields["result"])
        elif name == "returned":
            operation.wait_to = operation.wait_to or event.at
            del self._open[event.pid]
