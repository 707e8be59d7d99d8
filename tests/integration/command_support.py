"""What the tests of the command `repolock` share: real processes, and a lock directory each."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

COMMAND = os.environ["REPOLOCK_COMMAND"]
HOLD = "echo held; cat"  # a command that lasts until its stdin ends
# Lasts until SIGTERM comes, says so, and ends with a status that is put in by %. Not with sh: it
# hears a trapped signal only when its child has ended, or between two commands.
UNTIL_TERM = """exec python3 -c 'import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("held", flush=True)
signal.sigwait([signal.SIGTERM])
print("TERM")
sys.exit(%d)'"""
PATIENCE = 60  # seconds, for what must come; nothing is ever concluded from less


class Started:
    """A `repolock` in the background; its stdin, stdout and stderr are pipes."""

    def __init__(self, argv, **popen):
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            **popen)
        self.pid = self.process.pid
        self._left = {}

    def _line(self, stream):
        left = self._left.setdefault(stream, b"")
        while b"\n" not in left:
            ready, _, _ = select.select([stream], [], [], PATIENCE)
            assert ready, f"no line within {PATIENCE} s, but {left!r}"
            more = os.read(stream.fileno(), 65536)
            if not more:
                break
            left += more
        line, _, self._left[stream] = left.partition(b"\n")
        return line.decode()

    def out(self):
        """The next line of stdout, "" at its end."""
        return self._line(self.process.stdout)

    def err(self):
        return self._line(self.process.stderr)

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")

    def kill(self, signo=signal.SIGKILL):
        self.process.send_signal(signo)

    def end(self):
        """Closes stdin; gives exit status and what is left of stdout and stderr."""
        out, err = self.process.communicate(timeout=PATIENCE)
        left = [self._left.get(s, b"") for s in (self.process.stdout, self.process.stderr)]
        return self.process.returncode, (left[0] + out).decode(), (left[1] + err).decode()

    def destroy(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


class CommandTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="repolock-test-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.locks = self.directory / "locks"
        self.locks.mkdir()
        self.url = f"file://{self.locks}"
        self.env = {**os.environ, "REPOLOCK_URL": self.url}

    def argv(self, *words):
        return [COMMAND, *map(str, words)]

    def repolock(self, *words, env=None, **run):
        """Runs it to its end; gives exit status, stdout and stderr."""
        run = {"stdin": subprocess.DEVNULL, "timeout": PATIENCE, **run}
        if "input" in run:
            del run["stdin"]
        done = subprocess.run(self.argv(*words), env={**self.env, **(env or {})}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **run)
        return done.returncode, done.stdout, done.stderr

    def start(self, *words, env=None, **popen):
        started = Started(self.argv(*words), env={**self.env, **(env or {})}, **popen)
        self.addCleanup(started.destroy)
        return started

    def hold(self, repo="owner/name", *options, script=HOLD):
        """A `repolock run` whose command has begun: it printed .first, and lasts until end()."""
        holder = self.start("run", *options, repo, "sh", "-c", script)
        holder.first = holder.out()
        if not holder.first:
            self.fail(holder.err())
        return holder

    def queue(self, *options, repo="owner/name", script=HOLD):
        """A `repolock run` that stands in the queue; .waiting is the line that says so."""
        waiter = self.start("run", *options, repo, "sh", "-c", script)
        waiter.waiting = waiter.err()
        self.assertIn("waiting", waiter.waiting)
        return waiter

    def status(self, repo="owner/name"):
        code, out, err = self.repolock("status", "--json", repo)
        self.assertIn(code, (0, 1), err)
        return json.loads(out)

    def check(self, expected, *words, **run):
        """Ends as expected; gives stdout and stderr."""
        code, out, err = self.repolock(*words, **run)
        self.assertEqual(code, expected, f"{words}\n{out}\n{err}")
        return out, err


def ppid_and_state(pid):
    """("", 0) of a process that is no more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "", 0
    state, ppid = stat.rpartition(")")[2].split()[:2]
    return state, int(ppid)
