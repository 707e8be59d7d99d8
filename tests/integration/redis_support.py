"""What the tests of the Redis backend share: a redis-server of their own, and its scripts."""

import ctypes
import hashlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

SCRIPTS = Path(os.environ["REPOLOCK_SOURCE_DIR"], "lib/backend/redis/scripts")
NAMES = ("acq", "hold", "share", "rel", "beat", "check", "break", "inspect", "guard")
PATIENCE = 60  # seconds, for what must come; nothing is ever concluded from less
PR_SET_PDEATHSIG = 1


def skip_without_redis():
    if not shutil.which("redis-server"):
        print("SKIP no redis-server here")
        sys.exit(77)


class RedisError(Exception):
    pass


class Server:
    """A redis-server on a unix socket of its own; it ends with this process, however that ends."""

    def __init__(self, *options):
        self.directory = tempfile.mkdtemp(prefix="repolock-redis-")
        self.path = os.path.join(self.directory, "socket")
        libc = ctypes.CDLL(None)
        argv = ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", self.directory,
                "--save", "", "--appendonly", "no", "--daemonize", "no", *options]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        try:
            self._wait_until_ready()
        except BaseException:
            self.destroy()
            raise

    def _wait_until_ready(self):
        told = b""
        while b"ready to accept connections" not in told:
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not more:
                raise RuntimeError(f"redis-server did not start:\n{told.decode()}")
            told += more

    def connect(self):
        return Connection(self.path)

    def destroy(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Connection:
    """RESP2: one command after the other; text in, text out, None for nil."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")

    def __call__(self, *words):
        self.send(*words)
        reply = self.read()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def send(self, *words):
        words = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) +
                            b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))

    def read(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        raise RedisError(f"no RESP2: {line!r}")

    def close(self):
        self.stream.close()
        self.socket.close()


class Subscriber(Connection):
    """Hears what clients are told; the server's order is kept, and nothing has to be waited for."""

    def __init__(self, path, pattern):
        super().__init__(path)
        self("PSUBSCRIBE", pattern)

    def news(self):
        """[(channel, line)] that were sent before this call."""
        heard = []
        self.send("PING")
        while True:
            push = self.read()
            if push[0] == "pong":
                return heard
            heard += [(push[2], line) for line in push[3].split("\n")]


def assemble(name):
    """A script as the build embeds it: each line `-- include PART` is replaced by that part."""
    text = (SCRIPTS / f"{name}.lua").read_text()
    return re.sub(r"^-- include (\w+)\n",
                  lambda line: (SCRIPTS / "part" / f"{line[1]}.lua").read_text(), text, flags=re.M)


def keys_of(name, prefix="repolock:"):
    lock = f"{prefix}{{{name}}}"
    return SimpleNamespace(l=lock, f=lock + ":f", q=lock + ":q", w=lock + ":w", r=lock + ":r")


def reply_of(reply, *names):
    return SimpleNamespace(word=reply[0], **dict(zip(names, reply[1:])))


def only_answer(reply):
    """Of a call about many leases, with one of them."""
    if reply[0] != "OK":
        return reply
    _, _, answer = reply
    if isinstance(answer, RedisError):
        raise answer
    return answer


class Node:
    """The scripts on one server, spoken as a client speaks them."""

    GUARD = "repolock:guard"

    def __init__(self, redis, run_id="run-1", config="config-1", cap=31000, load=True):
        self.redis, self.run_id, self.config, self.cap = redis, run_id, config, cap
        self.sha = {}
        for name in NAMES:
            text = assemble(name)
            self.sha[name] = hashlib.sha1(text.encode()).hexdigest()
            if load:
                assert redis("SCRIPT", "LOAD", text) == self.sha[name]

    def eval(self, script, keys, *argv):
        return self.redis("EVALSHA", self.sha[script], len(keys), *keys, *argv)

    def call(self, script, name, *argv):
        k = keys_of(name)
        return self.eval(script, [self.GUARD, k.l, k.f, k.q, k.w, k.r], self.run_id, self.config,
                         *argv)

    def now(self):
        seconds, micros = map(int, self.redis("TIME"))
        return seconds * 1000 + micros // 1000

    def guard(self, want, run_id=None, config=None):
        reply = self.eval("guard", [self.GUARD], run_id or self.run_id, config or self.config,
                          self.cap, want)
        return reply_of(reply, "now", "value", "run_id")

    def acq(self, name, lease, att=1, px=30000, shared=False, deadline=0, last=0, clock=0, seen=0,
            wait=False, channel="-", owner="host boot 1 2 job"):
        how = ("s" if shared else "x") + ("q" if wait else "")
        reply = self.call("acq", name, deadline, f"{lease}:{att}", px, how, last, clock, seen,
                          f"{channel} {owner}")
        now, answer = reply[1:2], only_answer(reply)
        if answer[0] == "GRANT":
            fence, previous = re.fullmatch(r"(\d+)[hco](\d)", answer[1]).groups()
            return SimpleNamespace(word="GRANT", now=now[0], fence=int(fence),
                                   previous=int(previous), again=int(answer[2] == "-"),
                                   found=answer[2])
        if answer is reply:  # of the whole message
            return reply_of(reply, "now")
        return reply_of(answer[:1] + now + answer[1:], "now", "place", "pttl", "fence", "readers",
                        "holder", "record")

    def rel(self, name, lease, att=1, shared=False, ended=1, fence=0, found="-"):
        """ended=0: a failed attempt."""
        reply = self.call("rel", name, f"{lease}:{att}", "s" if shared else "x", ended, fence,
                          found)
        word, (done,) = reply[0], reply[1:]
        if isinstance(done, RedisError):
            raise done
        return SimpleNamespace(word=word, done=done)

    def acq_many(self, leases):
        """leases: (name, lease), each exclusive and without a wait; the whole reply."""
        keys, argv = [self.GUARD], [self.run_id, self.config, 0]
        for name, lease in leases:
            keys += list(vars(keys_of(name)).values())
            argv += [f"{lease}:1", 30000, "x", 0, 0, 0, "- host boot 1 2 job"]
        return self.eval("acq", keys, *argv)

    def rel_many(self, leases):
        keys, argv = [self.GUARD], [self.run_id, self.config]
        for name, lease in leases:
            keys += list(vars(keys_of(name)).values())
            argv += [f"{lease}:1", "x", 1, 0, "-"]
        return self.eval("rel", keys, *argv)

    def hold_many(self, leases, mode="renew", deadline=0):
        """leases: (name, lease, att, m, px)."""
        keys, argv = [self.GUARD], [self.run_id, self.config, deadline, mode]
        for name, lease, att, m, px in leases:
            keys += [keys_of(name).l, keys_of(name).f]
            argv += [f"{lease}:{att}", m, px, "1 - host boot 1 2 job"]
        return self.eval("hold", keys, *argv)

    def hold(self, name, lease, m, att=1, px=30000, **how):
        reply = self.hold_many([(name, lease, att, m, px)], **how)
        return reply[2] if len(reply) > 2 else reply[0]

    def share_many(self, leases, deadline=0):
        keys, argv = [self.GUARD], [self.run_id, self.config, deadline]
        for name, lease, att, m, px in leases:
            keys += [keys_of(name).w, keys_of(name).r]
            argv += [f"{lease}:{att}", m, px]
        return self.eval("share", keys, *argv)

    def share(self, name, lease, m, att=1, px=30000, **how):
        reply = self.share_many([(name, lease, att, m, px)], **how)
        return reply[2] if len(reply) > 2 else reply[0]

    def beat(self, waiters):
        """waiters: {name: [lease]}; gives {name: ([place], L, pttl)}, or the word GUARD."""
        keys, argv = [self.GUARD], [self.run_id, self.config]
        for name, leases in waiters.items():
            keys += list(vars(keys_of(name)).values())
            argv += [len(leases), *leases]
        reply = self.eval("beat", keys, *argv)
        if reply[0] != "OK":
            return reply[0]
        return {name: (each[2:], each[0], each[1]) for name, each in zip(waiters, reply[2:])}

    def check(self, name, lease, att=1, shared=False):
        reply = self.call("check", name, f"{lease}:{att}", "s" if shared else "x")
        return reply_of(reply, "now", "pttl", "f", "l")

    def end(self, name, lease):
        """BREAK."""
        return self.call("break", name, lease)[0]

    def inspect(self, name, limit=1000):
        reply = self.call("inspect", name, limit)
        return reply_of(reply, "now", "f", "holders", "waiters")
