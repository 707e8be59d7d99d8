#!/usr/bin/env python3
"""repolock top where there is no terminal to redraw: tables, JSON, and how it ends."""

import json
import signal
import subprocess
import unittest

from command_support import COMMAND, CommandTest

HEADING = ["REPO", "HOLDER", "HOST", "PID", "AGE", "FENCE", "WAITERS"]
# The first look goes well, the second one does not.
AWAY_ONCE = ("--backend", "memory:",
             "--option", "memory.fault=delay=inspect:1,unavailable=inspect")


class Tables(CommandTest):
    def test_one_after_the_other_with_an_empty_line_between(self):
        self.hold("owner/name", "--reason", "gc")
        out, err = self.check(0, "top", "-n", "2", "-d", "0.1")
        first, second = out.split("\n\n")
        for table in (first, second):
            heading, line = table.splitlines()
            self.assertEqual(heading.split(), HEADING)
            self.assertRegex(line, "^owner/name +gc .* 0$")
        self.assertEqual((out.count("\n"), err), (5, ""))

    def test_only_names(self):
        self.hold("b/b")
        self.hold("a/a")
        self.assertEqual(self.check(0, "top", "-q", "-n1"), ("a/a\nb/b\n", ""))

    def test_a_terminal_that_cannot_redraw(self):
        out, _ = self.check(0, "top", "-n1", env={"TERM": "dumb"})
        self.assertNotIn("\033", out)

    def test_changes_are_seen(self):
        top = self.start("top", "--json", "-d", "100ms")
        self.assertEqual(json.loads(top.out()), {"locks": []})
        holder = self.hold("owner/name")
        while not (locks := json.loads(top.out())["locks"]):
            pass
        self.assertEqual([(each["repo"], each["holders"][0]["pid"]) for each in locks],
                         [("owner/name", holder.pid)])
        holder.end()
        while json.loads(top.out())["locks"]:
            pass


class Ends(CommandTest):
    def started(self, *options):
        top = self.start("top", "-d", "1h", *options)
        top.out()
        return top

    def test_with_0_by_ctrl_c(self):
        top = self.started()
        top.kill(signal.SIGINT)
        self.assertEqual(top.end(), (0, "", ""))

    def test_with_128_and_the_signal(self):
        for signo in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            top = self.started()
            top.kill(signo)
            self.assertEqual(top.end(), (128 + signo, "", ""))

    def test_when_nobody_reads_any_more(self):
        top = self.start("top", "-d", "100ms")
        top.out()
        top.process.stdout.close()
        self.assertEqual(top.process.wait(), -signal.SIGPIPE)

    def test_a_full_disk(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([COMMAND, "top"], env=self.env, stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 69, done.stderr)

    def test_what_is_pressed_where_there_is_no_screen_means_nothing(self):
        top = self.start("top", "-d", "100ms", "-n", "3", "-q")
        top.say("q")
        self.assertEqual(top.end()[0], 0)
        self.assertEqual(self.check(0, "top", "-n2", "-d0.1", "-q", input="q"), ("\n", ""))


class Away(CommandTest):
    def test_a_backend_that_is_away_is_told_and_asked_again(self):
        out, err = self.check(0, "top", *AWAY_ONCE, "-n", "3", "-d", "0.1")
        self.assertEqual(out.count("REPO"), 2)
        self.assertRegex(err, r"\Arepolock: .+\n\Z")

    def test_json(self):
        out, err = self.check(0, "top", *AWAY_ONCE, "--json", "-n", "3", "-d", "0.1")
        self.assertEqual(out, '{"locks":[]}\n' * 2)
        self.assertRegex(err, r'\A{"event":"trouble","message":".+"}\n\Z')

    def test_from_the_beginning_it_is_an_error(self):
        self.check(69, "top", "--backend", "memory:",
                   "--option", "memory.fault=unavailable=inspect*")


if __name__ == "__main__":
    unittest.main()
