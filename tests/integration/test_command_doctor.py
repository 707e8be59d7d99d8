#!/usr/bin/env python3
"""What `repolock doctor` finds on Redis servers, each of it provoked, with its remedy and exit code."""

import json
import os
import re
import socket
import struct
import threading
import time
import unittest

from redis_command_case import REPO, QuorumTest, RedisTest
from redis_support import NAMES, assemble, skip_without_redis
from unix_door import UnixDoor

CLOCK_SHIM = os.path.join(os.environ["REPOLOCK_BUILD_DIR"], "tests", "clock_shim.so")


def commands_of(*scripts):
    """What they call, in lower case."""
    found = (re.findall(r"call\('([A-Z]+)'", assemble(name)) for name in scripts)
    return {word.lower() for words in found for word in words}


class Doctor(RedisTest):
    def finding(self, pattern, *options):
        """There is exactly this."""
        out, _ = self.check(1, *options, "doctor")
        self.assertEqual(len(out.splitlines()), 1, out)
        self.assertRegex(out, rf"^unix:{self.server.path}\b.*{pattern}")
        self.assertEqual(out.count(f"{self.server.path}: unix:"), 0)  # named once is enough
        told = json.loads(self.check(1, *options, "doctor", "--json")[0])
        self.assertEqual(told["host"], f"unix:{self.server.path}")
        self.assertRegex(told["message"], pattern)

    def set(self, name, value):
        before = self.redis("CONFIG", "GET", name)[1]
        self.redis("CONFIG", "SET", name, value)
        self.addCleanup(self.redis, "CONFIG", "SET", name, before)

    def test_nothing_is_wrong(self):
        self.assertEqual(self.check(0, "doctor")[0], "nothing is wrong\n")
        self.assertEqual(self.check(0, "doctor", "--json"), ("", ""))

    def test_no_append_only_file(self):
        self.set("appendonly", "no")
        self.finding("keeps no append-only file.*set appendonly yes")
        self.check(0, "--option", "redis.restart_guard=strict", "doctor")

    def test_keys_are_evicted(self):
        self.set("maxmemory-policy", "allkeys-lru")
        self.set("maxmemory", "100mb")
        self.finding("evicts keys .*allkeys-lru.*set maxmemory-policy noeviction")
        _, err = self.check(70, "run", REPO, "true")
        self.assertIn("noeviction", err)

    def test_rights_that_lack(self):
        for right, pattern in (("publish", r"waiting is slower.*\+publish"),
                               ("subscribe", r"waiting is slower.*\+subscribe"),
                               ("info", r"give it \+info"), ("ping", r"\+ping"),
                               ("eval", r"\+eval\b"), ("evalsha", r"\+evalsha")):
            with self.subTest(right):
                self.finding(pattern, "--backend", self.user(rights=[f"-{right}"]))

    def test_each_command_of_the_scripts_that_lacks(self):
        """What only waiting needs too, before anybody has to wait."""
        admission = commands_of("guard")  # some of which no connection is without
        for command in sorted(commands_of(*NAMES) - {"publish"}):
            with self.subTest(command):
                pattern = rf"run {command} on keys such as repolock:\{{.*give it \+{command}\b"
                if command in admission:
                    pattern = f"({pattern}|does not let this user do that)"
                self.finding(pattern, "--backend", self.user(rights=[f"-{command}"]))

    def test_all_that_lack_are_one_finding(self):
        self.finding(r"run hget, zadd, zrank on .*give it \+hget \+zadd \+zrank and", "--backend",
                     self.user(rights=["-zrank", "-hget", "-zadd"]))

    def test_keys_that_others_may_use(self):
        """Those of redis.lock_key are none of the prefix."""
        option = ("--option", "redis.lock_key=lock:{name}")
        url = self.user()
        self.finding(r"on keys such as lock:owner/name; .*a pattern for these keys", *option,
                     "--backend", url)
        self.redis("ACL", "SETUSER", "locks", "~lock:*")
        self.check(0, "doctor", *option, "--backend", url)

    def test_a_replica(self):
        self.redis("REPLICAOF", "127.0.0.1", 1)  # where nobody answers
        self.addCleanup(self.redis, "REPLICAOF", "NO", "ONE")
        self.finding("is a replica; give the address of the server that takes writes")
        self.check(70, "run", REPO, "true")

    def test_the_guard_is_off(self):
        self.finding("restart_guard is off", "--option", "redis.restart_guard=off")

    def test_another_configuration(self):
        self.check(0, "run", REPO, "true")
        option = ("--option", "max_ttl_ms=20000", "--option", "ttl_ms=20000")
        self.finding("another configuration.*give all of them the same options", *option)

    def test_a_server_that_was_restarted_and_waits(self):
        self.check(0, "run", REPO, "true")
        self.redis("HSET", "repolock:guard", "run_id", "0" * 40)
        self.finding("was restarted, and may have forgotten leases.*gives out new ones in 31 s")

    def test_a_server_that_is_far_away(self):
        """50 ms, beside a ttl of a second."""
        proxy = SlowProxy(f"{self.directory}/slow", self.server.path, 0.05)
        self.addCleanup(proxy.close)
        out, _ = self.check(1, "--backend", f"redis+unix://{proxy.path}", "--option",
                            "ttl_ms=1000", "--option", "max_ttl_ms=1000", "doctor")
        self.assertEqual(len(out.splitlines()), 1, out)
        self.assertRegex(out, rf"^unix:{proxy.path}: a round trip took \d+ ms, .*ttl of 1000 ms; "
                              "use a server that is nearer, or a longer ttl_ms")


class MemberOfACluster(RedisTest):
    OPTIONS = (*RedisTest.OPTIONS, "--cluster-enabled", "yes")

    def test_it_is_refused(self):
        out, _ = self.check(1, "doctor")
        self.assertRegex(out, f"^unix:{self.server.path} is a member of a Redis Cluster.*"
                              "use a server of its own")
        _, err = self.check(70, "run", REPO, "true")
        self.assertIn("is a member of a Redis Cluster", err)


class Quorum(QuorumTest):
    def test_nothing_is_wrong(self):
        self.assertEqual(self.check(0, "doctor")[0], "nothing is wrong\n")

    def test_a_server_that_is_named_twice(self):
        """By two paths, one beside the other."""
        link = f"{self.directory}/socket"
        os.symlink(self.servers[0].path, link)
        url = f"{self.url_of(self.servers[:2])},unix:{link}"
        told = "are one and the same server; name each server of a quorum once"
        found = self.findings("--backend", url)
        self.assertIn(told, "".join(message for _, message in found))
        _, err = self.check(69, "run", "-n", "--backend", url, REPO, "true")
        self.assertIn(told, err)

    def test_an_even_number(self):
        four = self.url_of([*self.servers, self.server()])
        found = self.findings("--backend", four)
        self.assertEqual(len(found), 1, found)
        self.assertIn("4 servers bear no more failures than 3 do; use an odd number", found[0][1])

    def test_one_has_lost_its_guard(self):
        self.check(0, "run", REPO, "true")
        lost = self.servers[1]
        redis = lost.connect()
        self.addCleanup(redis.close)
        redis("DEL", "repolock:guard")
        (host, message), = self.findings()
        self.assertEqual(host, f"unix:{lost.path}")
        self.assertRegex(message, "is new here, and nobody knows .*gives out leases in 31 s")
        self.check(0, "run", "-n", REPO, "true")  # by the other two

    def test_a_clock_that_is_ahead(self):
        ahead = self.server({"LD_PRELOAD": CLOCK_SHIM,
                             "REPOLOCK_TEST_CLOCKS": self.clocks_ahead_by(5000)})
        others = self.servers[:2]
        (host, message), = self.findings("--backend", self.url_of([*others, ahead]))
        self.assertIn(host, [f"unix:{server.path}" for server in others])
        self.assertRegex(message, rf"its clock is \d+ ms behind that of unix:{ahead.path}, .*"
                                  "look at its time service")

    def clocks_ahead_by(self, ms):
        path = self.directory / "clocks"
        path.write_bytes(struct.pack("5q", ms, 0, 0, 0, 0))  # clock_shim.h
        return str(path)


class SlowProxy(UnixDoor):
    """Hands on each answer so many seconds later."""

    def __init__(self, path, to, seconds):
        self._to, self._seconds = to, seconds
        super().__init__(path)

    def serve(self, client):
        server = self.kept(socket.socket(socket.AF_UNIX))
        server.connect(self._to)
        threading.Thread(target=self._pump, args=(client, server, 0), daemon=True).start()
        self._pump(server, client, self._seconds)

    @staticmethod
    def _pump(source, sink, pause):
        try:
            while some := source.recv(65536):
                time.sleep(pause)
                sink.sendall(some)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


if __name__ == "__main__":
    skip_without_redis()
    unittest.main()
