#!/usr/bin/env python3
"""repolock with its locks in one Redis server, or in several: what differs from files, and what goes
wrong."""

import json
import os
import signal
import unittest

from command_support import CommandTest
from redis_support import Server, keys_of, skip_without_redis

REPO = "owner/name"
KEYS = keys_of(REPO)
# The user of docs/operations.md, "Redis".
RIGHTS = """resetkeys ~repolock:* resetchannels &repolock:* -@all
+info +eval +evalsha +publish +subscribe +ping +scan
+get +set +mget +del +exists +pttl +pexpire +expire +time +hget +hset +hdel +hmget
+zadd +zrem +zrange +zrevrange +zrangebyscore +zscore +zrank +zcard""".split()
SECRET = "gu3ss-m3"


class RedisTest(CommandTest):
    OPTIONS = ("--appendonly", "yes", "--appendfsync", "always")

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.OPTIONS)
        cls.addClassCleanup(cls.server.destroy)
        cls.redis = cls.server.connect()
        cls.addClassCleanup(cls.redis.close)

    def setUp(self):
        super().setUp()
        self.redis("FLUSHALL")
        self.url = f"redis+unix://{self.server.path}"
        self.env["REPOLOCK_URL"] = self.url

    def user(self, name="locks", password=SECRET, rights=(), given=None):
        """Makes it, for this test; gives the URL with it."""
        self.redis("ACL", "SETUSER", name, "reset", "on", f">{password}", *RIGHTS, *rights)
        self.addCleanup(self.redis, "ACL", "DELUSER", name)
        return f"redis+unix://{name}:{given or password}@{self.server.path}"


class Locks(RedisTest):
    def test_two_exclude_each_other(self):
        holder = self.hold(REPO, "--reason", "nightly gc")
        _, err = self.check(75, "run", "-n", "Owner/Name", "true")
        self.assertRegex(err, r"Holder: +nightly gc\n")
        self.check(0, "run", "-n", "owner/other", "true")
        self.assertEqual(holder.end()[0], 0)
        self.check(0, "run", "-n", REPO, "true")

    def test_shared_ones_hold_together(self):
        self.hold(REPO, "-s")
        self.hold(REPO, "-s")
        self.assertEqual(len(self.status()["holders"]), 2)
        self.check(75, "run", "-n", REPO, "true")

    def test_first_come_first_served(self):
        holder = self.hold()
        waiters = [self.queue() for _ in range(4)]
        self.assertIn("you are next", waiters[0].waiting)
        self.assertIn("3 ahead of you", waiters[3].waiting)
        told = self.status()
        self.assertEqual([row["pid"] for row in told["waiters"]], [each.pid for each in waiters])
        self.assertEqual([row["place"] for row in told["waiters"]], [1, 2, 3, 4])
        for waiter in waiters:
            self.assertEqual(holder.end()[0], 0)
            self.assertEqual(waiter.out(), "held")
            holder = waiter

    def test_the_fence_grows(self):
        fences = [int(self.check(0, "run", REPO, "sh", "-c", "echo $REPOLOCK_TOKEN")[0])
                  for _ in range(4)]
        self.assertEqual(fences, sorted(set(fences)))

    def test_all_that_are_held(self):
        self.hold("b/b", "--reason", "one")
        self.hold("a/a", "--reason", "two")
        self.queue(repo="a/a")
        told = [json.loads(line) for line in self.check(0, "ls", "--json")[0].splitlines()]
        self.assertEqual(
            sorted((each["repo"], each["holders"][0]["holder"], len(each["waiters"]))
                   for each in told), [("a/a", "two", 1), ("b/b", "one", 0)])

    def test_a_break_is_told_to_the_holder(self):
        holder, waiter = self.hold(), self.queue(script="echo $REPOLOCK_PREVIOUS")
        lease = self.status()["holders"][0]["id"]
        out, _ = self.check(0, "break", REPO, "--id", lease)
        self.assertEqual(out, f"broke lease {lease} of {REPO}\n")
        self.assertEqual(holder.end()[0], 123)
        self.assertEqual(waiter.out(), "broken")
        self.check(1, "break", REPO, "--id", lease)

    def test_who_is_killed_blocks_the_others_for_its_ttl(self):
        holder = self.hold(REPO, "--ttl", "1s")
        waiter = self.queue(script="echo $REPOLOCK_PREVIOUS")
        holder.kill()
        self.assertEqual(waiter.out(), "expired")

    def test_an_interrupted_waiter_leaves_the_queue_at_the_server(self):
        self.hold()
        for signo in (signal.SIGINT, signal.SIGTERM):
            waiter = self.queue()
            self.assertEqual(self.redis("ZCARD", KEYS.q), 1)
            waiter.kill(signo)
            self.assertEqual(waiter.end(), (128 + signo, "", ""))
            self.assertEqual(self.redis("ZCARD", KEYS.q), 0)

    def test_another_database_has_other_locks(self):
        self.hold()
        self.check(0, "run", "-n", "--backend", f"{self.url}?db=1", REPO, "true")

    def test_another_prefix_has_other_locks(self):
        self.hold()
        self.check(0, "run", "-n", "--option", "redis.prefix=other:", REPO, "true")


class OtherPrograms(RedisTest):
    """What another library has put under our key."""

    def test_a_string_is_somebodys_lock(self):
        self.redis("SET", KEYS.l, "theirs", "NX", "PX", 600000)
        out, _ = self.check(0, "status", REPO)
        self.assertIn("theirs (another library's lock)", out)
        _, err = self.check(75, "run", "-n", REPO, "true")
        self.assertIn("theirs (another library's lock)", err)
        self.assertNotIn("repolock break", err)  # by an id that it does not have
        waiter = self.queue()
        self.assertEqual(self.redis("GET", KEYS.l), "theirs")
        self.redis("DEL", KEYS.l)
        self.assertEqual(waiter.out(), "held")

    def test_no_hint_to_break_it_for_programs_either(self):
        self.redis("SET", KEYS.l, "theirs")
        _, err = self.check(75, "run", "-n", "--json", REPO, "true")
        self.assertNotIn("break", json.loads(err.splitlines()[-1]))

    def test_a_list_is_told(self):
        self.redis("RPUSH", KEYS.l, "theirs")
        for words in (["run", "-n", REPO, "true"], ["run", REPO, "true"], ["status", REPO]):
            _, err = self.check(70, *words)
            self.assertIn("WRONGTYPE", err)
        self.assertEqual(self.redis("LRANGE", KEYS.l, 0, -1), ["theirs"])


class Denied(RedisTest):
    def test_a_wrong_password_is_never_shown(self):
        wrong = "wr0ng-w0rd"
        url = self.user(given=wrong)
        lease = "0" * 32
        for code, words in ((77, ["run", "-v", "-n", REPO, "true"]),
                            (77, ["run", "--json", REPO, "true"]),
                            (77, ["status", REPO]), (77, ["break", REPO, "--id", lease]),
                            (1, ["doctor"]), (1, ["doctor", "--json"])):
            out, err = self.check(code, "--backend", url, *words)
            self.assertIn("refuses the user or the password", out + err)
            self.assertNotIn(wrong, out + err)
            self.assertNotIn(SECRET, out + err)

    def test_a_wrong_password_is_no_absence(self):
        self.check(77, "--backend", self.user(given="wr0ng"), "ls")

    def test_no_password(self):
        self.redis("ACL", "SETUSER", "default", "off")
        self.addCleanup(self.redis, "ACL", "SETUSER", "default", "on")
        _, err = self.check(77, "run", REPO, "true")
        self.assertIn("wants a password", err)

    def test_the_right_one_neither(self):
        url = self.user()
        self.hold(REPO, "--backend", url)
        for words in (["run", "-n", REPO, "true"], ["status", REPO], ["ls"]):
            _, out, err = self.repolock("--backend", url, *words)
            self.assertNotIn(SECRET, out + err)

    def test_the_rights_in_the_manual_are_enough(self):
        url = self.user()
        self.env["REPOLOCK_URL"] = url
        self.assertEqual(self.check(0, "doctor")[0], "nothing is wrong\n")
        holder, waiter = self.hold(), self.queue()
        self.assertIn(REPO, self.check(0, "ls")[0])
        holder.end()
        self.assertEqual(waiter.out(), "held")
        self.check(0, "break", REPO, "--id", self.status()["holders"][0]["id"])
        self.assertEqual(waiter.end()[0], 123)
        self.check(0, "run", "-s", REPO, "true")


class Away(RedisTest):
    def test_a_server_that_is_not_there(self):
        url = f"redis+unix://{self.directory}/none"
        for words in (["run", "-w", "0"], ["run", "-w", "1s"]):
            _, err = self.check(69, *words, "--backend", url, REPO, "true")
            self.assertIn(f"unix:{self.directory}/none", err)
        self.check(69, "--backend", url, "ls")
        self.assertIn("start the server", self.check(1, "--backend", url, "doctor")[0])

    def test_a_server_that_is_stopped(self):
        self.server.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.server.process.send_signal, signal.SIGCONT)
        for words in (["run", "-n", REPO, "true"], ["status", REPO], ["ls"]):
            _, err = self.check(69, "--option", "node_timeout_ms=200", *words)
            self.assertIn(f"unix:{self.server.path} gave no answer", err)

    def test_a_wait_in_which_it_said_nothing_is_no_conflict(self):
        self.server.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.server.process.send_signal, signal.SIGCONT)
        _, err = self.check(69, "run", "-w", "200ms", REPO, "true")  # less than an answer may take
        self.assertIn(f"unix:{self.server.path}", err)

    def test_while_one_waits(self):
        """Of a server that stops and goes on the waiter keeps its place."""
        holder, waiter = self.hold(), self.queue()
        self.server.process.send_signal(signal.SIGSTOP)
        self.check(69, "--option", "node_timeout_ms=200", "status", REPO)
        self.server.process.send_signal(signal.SIGCONT)
        holder.end()
        self.assertEqual(waiter.out(), "held")


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
                               ("info", r"give it \+info")):
            with self.subTest(right):
                self.finding(pattern, "--backend", self.user(rights=[f"-{right}"]))

    def test_without_publish_one_waits_all_the_same(self):
        self.env["REPOLOCK_URL"] = self.user(rights=["-publish"])
        holder, waiter = self.hold(), self.queue()
        holder.end()
        self.assertEqual(waiter.out(), "held")

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


class Quorum(CommandTest):
    """Three servers that decide together."""

    def setUp(self):
        super().setUp()
        self.servers = [self.server() for _ in range(3)]
        self.url = self.url_of(self.servers)
        self.env["REPOLOCK_URL"] = self.url

    def server(self):
        server = Server(*RedisTest.OPTIONS)
        self.addCleanup(server.destroy)
        return server

    @staticmethod
    def url_of(servers):
        return "redis+quorum://" + ",".join(f"unix:{server.path}" for server in servers)

    def kill(self, *servers):
        for server in servers:
            server.process.kill()
            server.process.wait()

    def findings(self, *options):
        """Of the doctor: [(server, message)]."""
        out, _ = self.check(1, *options, "doctor", "--json")
        return [(each["host"], each["message"]) for each in map(json.loads, out.splitlines())]

    def test_two_exclude_each_other_and_the_fence_grows(self):
        fences = []
        for _ in range(3):
            holder = self.hold(REPO, script="echo $REPOLOCK_TOKEN; cat")
            fences.append(int(holder.first))
            self.check(75, "run", "-n", "Owner/Name", "true")
            self.assertEqual(holder.end()[0], 0)
        self.assertEqual(fences, sorted(set(fences)))

    def test_first_come_first_served(self):
        holder = self.hold()
        waiters = [self.queue() for _ in range(3)]
        self.assertIn("2 ahead of you", waiters[2].waiting)
        for waiter in waiters:
            self.assertEqual(holder.end()[0], 0)
            self.assertEqual(waiter.out(), "held")
            holder = waiter

    def test_ls_says_how_many_may_fail(self):
        self.hold(REPO, "--reason", "nightly gc")
        self.queue()
        out, _ = self.check(0, "ls", "--json")
        told = json.loads(out)
        self.assertEqual(told["repo"], REPO)
        self.assertEqual([each["holder"] for each in told["holders"]], ["nightly gc"])
        self.assertEqual(len(told["waiters"]), 1)
        self.assertEqual(told["holders"][0]["message"], "on 3 of 3 servers: 1 of them may fail")

    def test_nothing_is_wrong(self):
        self.assertEqual(self.check(0, "doctor")[0], "nothing is wrong\n")

    def test_one_is_killed(self):
        holder, waiter = self.hold(), self.queue()
        self.kill(self.servers[1])
        told = json.loads(self.check(0, "ls", "--json")[0].splitlines()[0])
        self.assertEqual(told["holders"][0]["message"], "on 2 of 3 servers: 0 of them may fail")
        self.assertEqual(holder.end()[0], 0)
        self.assertEqual(waiter.out(), "held")
        self.check(75, "run", "-n", REPO, "true")
        self.check(0, "run", "-n", "owner/other", "true")
        found = self.findings()
        self.assertEqual([host for host, _ in found], [f"unix:{self.servers[1].path}"])
        self.assertIn("start the server", found[0][1])

    def test_two_are_killed(self):
        self.check(0, "run", REPO, "true")
        self.kill(*self.servers[:2])
        away = {f"unix:{server.path}" for server in self.servers[:2]}
        for words in (["run", "-n"], ["run", "-w", "1s"]):
            _, err = self.check(69, *words, REPO, "true")
            self.assertIn("1 of 3 servers answer, and 2 have to agree", err)
            for name in away:
                self.assertIn(name, err)
        self.check(69, "ls")
        self.assertEqual({host for host, _ in self.findings()}, away)

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

    def test_another_list_of_servers(self):
        self.check(0, "run", REPO, "true")
        other = self.url_of([*self.servers[:2], self.server()])
        _, err = self.check(70, "run", "-n", "--backend", other, REPO, "true")
        self.assertIn("another configuration", err)
        self.assertIn("DEL repolock:guard", err)

    def test_shared_leases_are_refused(self):
        _, err = self.check(64, "run", "-s", REPO, "true")
        self.assertIn("no shared locks", err)


if __name__ == "__main__":
    skip_without_redis()
    unittest.main()
