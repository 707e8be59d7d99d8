"""Where the locks of a run are: each place in it, such as that of a scenario, has locks of its own."""

import os
import shutil
import subprocess
import tempfile


class Memory:
    name = "memory"
    has_processes = False  # its store is that of one process
    facts = {}

    def url(self, place):
        return f"memory:{place}"

    def close(self):
        pass


class Files:
    name = "file"
    has_processes = True
    facts = {}

    def __init__(self):
        self._home = tempfile.mkdtemp(prefix="repolock-conformance-")

    def url(self, place):
        path = f"{self._home}/{place}"
        os.makedirs(path, mode=0o700, exist_ok=True)
        return f"file://{path}"

    def close(self):
        shutil.rmtree(self._home, ignore_errors=True)


class Redis:
    """A server of its own, with a database for each place."""

    name = "redis"
    has_processes = True

    def __init__(self):
        self._home = tempfile.mkdtemp(prefix="repolock-conformance-")
        path = f"{self._home}/socket"
        self._server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", self._home,
             "--databases", "1000"], stdout=subprocess.PIPE, text=True)
        if not any("ready to accept connections" in line for line in self._server.stdout):
            raise RuntimeError("redis-server ended at once")
        self._path, self._places = path, {}
        self.facts = {"socket": path}

    def url(self, place):
        database = self._places.setdefault(place, len(self._places))
        return f"redis+unix://{self._path}?db={database}"

    def close(self):
        self._server.kill()
        self._server.wait()
        self._server.stdout.close()
        shutil.rmtree(self._home, ignore_errors=True)


KINDS = {"memory": Memory, "file": Files, "redis": Redis}
