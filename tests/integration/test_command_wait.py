#!/usr/bin/env python3
"""repolock run: somebody else holds the lock."""

import json
import shlex
import signal
import unittest

from command_support import CommandTest


class Busy(CommandTest):
    def setUp(self):
        super().setUp()
        self.holder = self.hold("owner/name", "--reason", "nightly gc")

    def test_75_at_once(self):
        for option in ("-n", "--nonblock", "--nb", "-w0", "--wait=0", "--timeout=0"):
            _, err = self.check(75, "run", option, "owner/name", "true")
            self.assertIn("owner/name was not obtained: it is held", err)

    def test_75_when_the_wait_is_over(self):
        for wait, said in (("0.1", "100ms"), ("50ms", "50ms")):
            _, err = self.check(75, "run", "-w", wait, "owner/name", "true")
            self.assertIn(f"owner/name was not obtained within {said}: it is held", err)

    def test_another_exit_code(self):
        self.check(9, "run", "-n", "-E", "9", "owner/name", "true")
        self.check(0, "run", "-w0.1", "--conflict-exit-code=0", "owner/name", "true")
        self.check(64, "run", "-E", "9", "no/such/../name", "true")  # not for other failures

    def test_the_holder_and_the_way_to_break_it(self):
        _, err = self.check(75, "run", "-n", "owner/name", "true")
        self.assertRegex(err, r"Holder: +nightly gc\n")
        self.assertRegex(err, r"Host: +\S+\n")
        self.assertRegex(err, rf"Pid: +{self.holder.pid}\n")
        self.assertRegex(err, r"Held for: +\d+s\n")
        self.assertRegex(err, r"Lease id: +[0-9a-f]{32}\n")
        words = shlex.split(err[err.rindex("repolock break"):])
        self.check(0, *words[1:])
        self.assertEqual(self.holder.end()[0], 123)

    def test_the_break_command_names_the_backend_that_was_given(self):
        _, err = self.check(75, "run", "-n", "--backend", self.url, "owner/name", "true",
                            env={"REPOLOCK_URL": "memory:"})
        self.assertIn(f"repolock break --backend {self.url} owner/name --id ", err)

    def test_quiet(self):
        for wait in ("-n", "-w0.1"):
            _, err = self.check(75, "run", "-q", wait, "owner/name", "true")
            self.assertEqual(err, "")

    def test_json(self):
        waiter = self.queue("--json")
        waiter.kill(signal.SIGTERM)
        waiting = json.loads(waiter.waiting)
        _, err = self.check(75, "run", "--json", "-w0.1", "owner/name", "true")
        error = json.loads(err.splitlines()[-1])
        self.assertEqual([waiting[key] for key in ("event", "repo", "place")],
                         ["waiting", "owner/name", 1])
        self.assertEqual([error[key] for key in ("event", "exit", "status")],
                         ["error", 75, "E_TIMEOUT"])
        for event in (waiting, error):
            self.assertEqual(event["holders"][0]["holder"], "nightly gc")
            self.assertEqual(event["holders"][0]["pid"], self.holder.pid)
        self.check(0, *shlex.split(error["break"])[1:])

    def test_another_repository_is_another_lock(self):
        self.check(0, "run", "-n", "owner/other", "true")


class Queue(CommandTest):
    def test_waits_for_ever_and_gets_it_in_turn(self):
        holder = self.hold()
        first = self.queue()
        self.assertIn("you are next", first.waiting)
        second = self.queue()
        self.assertIn("1 ahead of you", second.waiting)
        self.assertEqual(holder.end()[0], 0)
        self.assertEqual(first.out(), "held")
        self.assertEqual([row["pid"] for row in self.status()["waiters"]], [second.pid])
        self.assertEqual(first.end()[0], 0)
        self.assertEqual(second.out(), "held")
        self.assertEqual(second.end()[0], 0)

    def test_a_new_holder_is_told(self):
        holder, first = self.hold(), self.queue("--reason", "the first")
        second = self.queue("--reason", "the second")
        holder.end()
        while "held by the first" not in (line := second.err()):
            self.assertIn("waiting", line)

    def test_no_word_where_nobody_holds_it(self):
        self.assertEqual(self.repolock("run", "owner/name", "true"), (0, "", ""))

    def test_a_killed_waiter_leaves_the_queue(self):
        holder, first = self.hold(), self.queue()
        second = self.queue()
        first.kill()
        first.process.wait()
        self.assertEqual([row["pid"] for row in self.status()["waiters"]], [second.pid])
        holder.end()
        self.assertEqual(second.out(), "held")

    def test_a_signal_ends_the_wait(self):
        holder = self.hold()
        for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1):
            waiter = self.queue()
            waiter.kill(signo)
            self.assertEqual(waiter.end(), (128 + signo, "", ""))
            self.assertEqual(self.status()["waiters"], [])
        holder.end()
        self.assertFalse(self.status()["held"])

    def test_an_ignored_signal_does_not(self):
        holder = self.hold()
        waiter = self.start("run", "owner/name", "echo", "held",
                            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        waiter.err()
        waiter.kill(signal.SIGHUP)
        holder.end()
        self.assertEqual(waiter.out(), "held")


class Shared(CommandTest):
    def test_shared_ones_hold_together(self):
        first, second = self.hold("owner/name", "-s"), self.hold("owner/name", "--shared")
        self.assertEqual(len(self.status()["holders"]), 2)
        self.check(75, "run", "-n", "owner/name", "true")
        waiter = self.queue("-x")
        self.assertRegex(waiter.waiting, r"held by .* and 1 other for \d+s, you are next")
        first.end()
        second.end()
        self.assertEqual(waiter.out(), "held")
        self.check(75, "run", "-n", "-s", "owner/name", "true")


class Closed(CommandTest):
    def test_a_closed_stderr_does_not_stop_the_command(self):
        holder = self.hold()
        waiter = self.queue("-v", script="echo held")  # -v: it will say that it got the lock
        waiter.process.stderr.close()
        holder.end()
        self.assertEqual(waiter.out(), "held")
        self.assertEqual(waiter.process.wait(), 0)


if __name__ == "__main__":
    unittest.main()
