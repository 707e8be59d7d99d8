"""Terminals for the tests of the command: a bare one, and one with a screen that can be read."""

import fcntl
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

from command_support import PATIENCE

CTRL_C, CTRL_Z = b"\x03", b"\x1a"


class Pty:
    """A program in a session of its own, with a terminal; as init does it, nobody continues it."""

    def __init__(self, argv, env, columns=200):
        self.pid, self.master = os.forkpty()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
            # Tests that run in the background were given them as ignored.
            for signo in (signal.SIGINT, signal.SIGTSTP):
                signal.signal(signo, signal.SIG_DFL)
            os.execvpe(argv[0], argv, env)
        self.seen = ""

    def until(self, pattern):
        """Reads until pattern has come; gives the match, and forgets what is before its end."""
        last = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.master], [], [], PATIENCE)
            assert ready and time.monotonic() < last, f"no {pattern!r}, but {self.seen!r}"
            try:
                more = os.read(self.master, 65536)
            except OSError:  # EIO: nobody has the terminal open any more
                more = b""
            assert more, f"the end instead of {pattern!r}, after {self.seen!r}"
            self.seen += more.decode()
        self.seen = self.seen[found.end():]
        return found

    def type(self, data):
        os.write(self.master, data)

    def end(self):
        """The status as waitpid tells it, and what else was written."""
        while True:
            try:
                more = os.read(self.master, 65536)
            except OSError:
                more = b""
            if not more:
                break
            self.seen += more.decode()
        _, status = os.waitpid(self.pid, 0)
        self.pid = None
        return status, self.seen

    def destroy(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)


class Tmux:
    """A bash in a tmux of its own: its screen is read as people read it, its window has any size."""

    PROGRAM = shutil.which("tmux")

    def __init__(self, directory, env, columns=100, rows=24):
        self._socket = directory / "tmux"
        self._env = {key: value for key, value in env.items() if key != "TMUX"}
        fifo = directory / "output"
        os.mkfifo(fifo)
        self._output = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows,
                   "exec env PS1='$ ' bash --norc --noprofile")
        self._tmux("pipe-pane", f"cat >'{fifo}'")

    def _tmux(self, *words):
        return subprocess.run([self.PROGRAM, "-S", self._socket, *map(str, words)], env=self._env,
                              text=True, check=True, stdout=subprocess.PIPE).stdout

    def screen(self):
        return self._tmux("capture-pane", "-p")

    def until(self, pattern):
        """Until pattern is on the screen; gives the screen. Whatever is written wakes us up."""
        last = time.monotonic() + PATIENCE
        while not re.search(pattern, screen := self.screen(), re.M):
            assert time.monotonic() < last, f"no {pattern!r} on this screen:\n{screen}"
            select.select([self._output], [], [], 1)
            try:
                os.read(self._output, 65536)
            except BlockingIOError:
                pass
        return screen

    def type(self, text):
        self._tmux("send-keys", "-l", text)

    def enter(self, line):
        self._tmux("send-keys", line, "Enter")

    def key(self, name):
        self._tmux("send-keys", name)

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", columns, "-y", rows)

    def destroy(self):
        self._tmux("kill-server")
        os.close(self._output)
