"""What the runners of the figures share: programs, private Redis servers, and what those were asked."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

SOURCE = pathlib.Path(__file__).resolve().parent
ROOT = SOURCE.parent.parent
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
BENCH = BUILD / "bench"

os.environ["REPOLOCK_SOURCE_DIR"] = str(ROOT)
sys.path.insert(0, str(ROOT / "tests/integration"))
import redis_support  # noqa: E402  it wants to know the source


def compile_bench(name: str, *libraries: str) -> None:
    BENCH.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["cc", "-std=c11", "-O2", "-Wall", f"-I{ROOT / 'include'}", str(SOURCE / f"{name}.c"),
         f"-L{BUILD / 'lib'}", f"-Wl,-rpath,{BUILD / 'lib'}", "-lrepolock", "-pthread",
         *libraries, "-o", str(BENCH / name)],
        check=True)


def measure(name: str, *arguments: object) -> dict:
    done = subprocess.run([str(BENCH / name), *map(str, arguments)], check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def install_node_modules() -> pathlib.Path | None:
    """A folder with node-redlock in it, as the lockfile says; None where there is no npm."""
    if not shutil.which("npm"):
        return None
    folder = BENCH / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "redlock.js"):
        shutil.copy(SOURCE / "node" / name, folder)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    return folder


class Servers:
    """So many private servers, and the URL by which a client finds them."""

    def __init__(self, count: int):
        self.each = [redis_support.Server() for _ in range(count)]
        self.sockets = [server.path for server in self.each]
        self.url = (f"redis+unix://{self.sockets[0]}" if count == 1 else
                    "redis+quorum://" + ",".join(f"unix:{path}" for path in self.sockets))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.each:
            server.destroy()

    def processor_us(self) -> float:
        ticks = 0
        for server in self.each:
            stat = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text()
            ticks += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
        return ticks * 1e6 / os.sysconf("SC_CLK_TCK")


SCRIPT_NAMES = {redis_support.hashlib.sha1(redis_support.assemble(name).encode()).hexdigest(): name
                for name in redis_support.NAMES}


class Monitor:
    """What one server is asked while this is open: [(time, words)]; of a script, its name first."""

    LINE = re.compile(r'\+(\d+\.\d+) \[\d+ (\S+?)\] (.*)')
    WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')

    def __init__(self, path: str):
        self.asked, self.published = [], []
        self.connection = redis_support.Connection(path)
        self.connection("MONITOR")
        self.end = redis_support.Connection(path)

    def __enter__(self):
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        return self

    def _read(self):
        while True:
            told = self.LINE.match(self.connection.stream.readline().decode())
            words = self.WORD.findall(told[3])
            if words[:2] == ["ECHO", "end"]:
                return
            if told[2] == "lua":
                if words[0].upper() == "PUBLISH":
                    self.published.append((float(told[1]), words))
            else:
                if words[0].upper() in ("EVALSHA", "EVAL"):
                    words[0] = SCRIPT_NAMES.get(words[1], "guard")
                self.asked.append((float(told[1]), words))

    def __exit__(self, *_):
        self.end("ECHO", "end")
        self.reader.join()
        self.connection.close()
        self.end.close()
