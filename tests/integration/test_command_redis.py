#!/usr/bin/env python3
"""repolock with its locks in one Redis server, or in several: what differs from files, and what goes
wrong."""

import json
import signal
import unittest

from redis_command_case import REPO, SECRET, QuorumTest, RedisTest
from redis_support import keys_of, skip_without_redis

KEYS = keys_of(REPO)


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

    def test_what_the_dead_leave_ends_by_itself(self):
        """All but the guard, which is one for all names."""
        ends = {KEYS.l: 6000, KEYS.q: 20000, KEYS.w: 20000, KEYS.f: 7 * 86400 * 1000}
        options = ("--option", "ttl_ms=5000", "--option", "max_ttl_ms=5000")
        holder, waiter = self.hold(REPO, *options), self.queue(*options)
        self.assertEqual(sorted(self.redis("KEYS", "*")), sorted([*ends, "repolock:guard"]))
        holder.kill()
        waiter.kill()
        for key, most in ends.items():  # -2: it was over already
            self.assertTrue(self.redis("PTTL", key) in range(1, most + 1) or
                            key == KEYS.l and self.redis("PTTL", key) == -2, key)

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

    def test_without_publish_one_waits_all_the_same(self):
        self.env["REPOLOCK_URL"] = self.user(rights=["-publish"])
        holder, waiter = self.hold(), self.queue()
        holder.end()
        self.assertEqual(waiter.out(), "held")


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


class Quorum(QuorumTest):
    """Three servers that decide together."""

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
        for words in (["run", "-n", REPO, "true"], ["run", "-w", "1s", REPO, "true"], ["ls"],
                      ["status", REPO], ["break", REPO, "--id", "0" * 32]):
            _, err = self.check(69, *words)
            self.assertIn("1 of 3 servers answer, and 2 have to agree", err)
            for name in away:
                self.assertIn(name, err)
        self.assertEqual({host for host, _ in self.findings()}, away)

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
