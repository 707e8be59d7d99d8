#!/usr/bin/env python3
"""A server that lets us in, and then answers what a server may answer on a bad day, or what none should:
each has a message of its own that names it, a remedy and an exit code, and one such server among three
stands in nobody's way. What a real redis-server can be brought to is in tests/integration/test_redis_servers.cc
too."""

import time
import unittest

from command_support import CommandTest
from redis_command_case import QuorumTest
from redis_support import skip_without_redis
from unix_door import UnixDoor

REPO = "owner/name"
INFO = "redis_version:7.0.15\r\nrun_id:%s\r\nrole:master\r\naof_enabled:1\r\n" % ("f" * 40)
CLUSTER = "is part of a cluster.*use a server without cluster mode"
USER = "does not let this user do that"
BULK = b"x" * (1 << 20)
SAYS = {  # instead of the answer to the first script call: exit code, what is said
    b"-MOVED 3999 127.0.0.1:6381\r\n": (70, CLUSTER),
    b"-ASK 3999 127.0.0.1:6381\r\n": (70, CLUSTER),
    b"-CLUSTERDOWN The cluster is down\r\n": (70, CLUSTER),
    b"-WRONGTYPE Operation against a key\r\n": (70, "has data of others.*remove that key"),
    b"-NOAUTH Authentication required.\r\n": (77, "wants a password"),
    b"-NOPERM this user may not\r\n": (77, USER),
    b"-LOADING Redis is loading the dataset\r\n": (69, "is loading its data.*wait until it has"),
    b"-READONLY You can't write\r\n": (69, "is a replica.*name the primary"),
    b"-MASTERDOWN Link with MASTER is down\r\n": (69, "lost its primary.*name the primary"),
    b"-OOM command not allowed\r\n": (69, "has no memory left.*raise its maxmemory"),
    b"-MISCONF Redis is configured\r\n": (69, "cannot save.*look at its log and its disk"),
    b"-NOREPLICAS Not enough good replicas\r\n": (69, "too few replicas.*start them"),
    b"-BUSY Redis is busy running a script\r\n": (69, "busy with a script.*SCRIPT KILL"),
    b"-ERR what nobody has heard of\r\n": (69, "answered an error.*heard of.*look at its log"),
    b"$2147483000\r\n" + 17 * BULK: (69, r"\(a reply of more than 16 MiB\)"),
    b"*100000\r\n" + 17 * (b"$1048576\r\n" + BULK + b"\r\n"):
        (69, r"\(a reply of more than 16 MiB\)"),
    b"*2147483647\r\n": (69, r"\(a reply of more than 200000 elements\)"),
    b"*1\r\n" * 50: (69, "sent what is no answer of Redis"),
    b"HTTP/1.1 400 Bad Request\r\n\r\n": (69, "sent what is no answer of Redis"),
    b"\x15\x03\x03\x00\x02": (69, "without TLS?"),
    b"+OK\r\n": (69, "none of Redis's; is it a Redis server, without a proxy?"),
    b"+OK\r\n+OK\r\n+OK\r\n": (69, "none of Redis's|answered what nobody had asked"),
    b"": (69, r"gave no answer within \d+ ms; look what keeps it busy"),
    None: (69, "closed the connection"),
}


class BadServer(UnixDoor):
    """Lets in whoever asks; what it says to a script call then is `says`. None: it hangs up."""

    def __init__(self, path, says):
        self._says, self._has_guard = says, False
        super().__init__(path)

    def serve(self, client):
        with client, client.makefile("rb") as stream:
            try:
                while line := stream.readline():
                    words = [stream.read(int(stream.readline()[1:]) + 2)[:-2].decode()
                             for _ in range(int(line[1:]))]
                    answer = self._answer(words)
                    if answer is None:
                        return
                    client.sendall(answer)
            except (OSError, ValueError):
                pass

    def _answer(self, words):
        now = b":%d\r\n" % (time.time() * 1000)
        if words[0] == "INFO":
            return b"$%d\r\n%b\r\n" % (len(INFO), INFO.encode())
        if words[0] == "EVAL" and words[-1] in ("first", "look"):  # the guard
            self._has_guard = self._has_guard or words[-1] == "first"
            return (b"*3\r\n$8\r\nADMITTED\r\n" + now + b":1\r\n" if self._has_guard else
                    b"*2\r\n$7\r\nMISSING\r\n" + now)
        return self._says


class OnlyServer(CommandTest):
    def test_each_has_words_of_its_own(self):
        for number, (says, (code, words)) in enumerate(SAYS.items()):
            with self.subTest((says or b"")[:40]):
                bad = BadServer(f"{self.directory}/{number}", says)
                self.addCleanup(bad.close)
                limit = 300 if says == b"" else 20000
                for wait in ("-n", "-w50ms"):
                    _, err = self.check(
                        code, "--backend", f"redis+unix://{bad.path}", "--option",
                        f"node_timeout_ms={limit}", "run", wait, REPO, "true")
                    self.assertRegex(err, rf"^repolock: .*unix:{bad.path}\b.*({words})")
                    self.assertEqual(err.count("\n"), 1, err)


class OneOfThree(QuorumTest):
    def test_the_others_do_without_it(self):
        for number, says in enumerate(SAYS):
            with self.subTest((says or b"")[:40]):
                bad = BadServer(f"{self.directory}/{number}", says)
                self.addCleanup(bad.close)
                url = self.url_of([*self.servers[:2], bad])
                for each in self.servers[:2]:
                    redis = each.connect()
                    redis("FLUSHALL")
                    redis.close()
                self.check(0, "--backend", url, "run", REPO, "true")


if __name__ == "__main__":
    skip_without_redis()
    unittest.main()
