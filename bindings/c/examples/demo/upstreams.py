"""Bare repositories with a history, and an author who goes on pushing to them."""

import random
import shutil
import subprocess
import threading
from pathlib import Path

NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
COMMITS, FILES, FILE_SIZE = 400, 300, 6000
PUSH_EVERY_S = 0.25


def names(count):
    return [f"demo/{NAMES[i] if i < len(NAMES) else f'repo{i}'}" for i in range(count)]


def git(*arguments, **options):
    return subprocess.run(["git", *map(str, arguments)], text=True, capture_output=True, **options)


class Upstreams:
    def __init__(self, directory, repos, seed):
        self.directory = Path(directory)
        self.repos = repos
        self._random = random.Random(seed)
        # A pool that hardly compresses: a clone should have something to carry.
        self._pool = self._random.randbytes(1 << 19).hex(" ", 7).replace(" ", "\n").encode()

    def path(self, repo):
        return self.directory / f"{repo}.git"

    def make(self):
        for repo in self.repos:
            git("init", "--quiet", "--bare", "--initial-branch=main", self.path(repo), check=True)
            subprocess.run(["git", "-C", self.path(repo), "fast-import", "--quiet"],
                           input=self._history(repo), check=True)

    def _history(self, repo):
        parts = []
        for commit in range(COMMITS):
            message = f"{repo}: change {commit}".encode()
            parts.append(b"commit refs/heads/main\ncommitter Author <author@example.org> %d +0000\n"
                         b"data %d\n%s\n" % (1700000000 + 60 * commit, len(message), message))
            touched = range(FILES) if commit == 0 else self._random.sample(range(FILES), 2)
            for number in touched:
                parts.append(b"M 100644 inline src/part%d/file%03d.txt\ndata %d\n%s\n"
                             % (number % 10, number, FILE_SIZE, self._text()))
        return b"".join(parts)

    def _text(self):
        start = self._random.randrange(len(self._pool) - FILE_SIZE)
        return self._pool[start:start + FILE_SIZE]

    def take_away(self, repo):
        self.path(repo).rename(self.path(repo).with_suffix(".away"))

    def bring_back(self, repo):
        self.path(repo).with_suffix(".away").rename(self.path(repo))


class Author(threading.Thread):
    """Commits and pushes to one upstream after the other, until told to stop."""

    def __init__(self, upstreams, directory):
        super().__init__(daemon=True)
        self.pushes = 0
        self._upstreams = upstreams
        self._directory = Path(directory)
        self._stopping = threading.Event()

    def run(self):
        for turn in range(1 << 30):
            if self._stopping.wait(PUSH_EVERY_S):
                break
            self._push(self._upstreams.repos[turn % len(self._upstreams.repos)], turn)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _push(self, repo, turn):
        tree = self._directory / repo
        if not tree.exists():
            git("clone", "--quiet", self._upstreams.path(repo), tree)
        for number in range(turn % 7, FILES, 50):
            (tree / f"src/part{number % 10}/file{number:03}.txt").write_text(f"turn {turn}\n")
        git("-C", tree, "commit", "--quiet", "--all", "--message", f"push {turn}")
        # An upstream that is away gets this commit with the next push.
        if git("-C", tree, "push", "--quiet").returncode == 0:
            self.pushes += 1

    def stop(self):
        self._stopping.set()
        if self.is_alive():
            self.join()
