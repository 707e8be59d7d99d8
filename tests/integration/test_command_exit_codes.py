#!/usr/bin/env python3
"""Every exit code of `repolock help exit-codes` can be had, and wrong use is told in words."""

import os
import re
import shutil
import unittest

from command_support import COMMAND, CommandTest

LIBRARY = os.environ["REPOLOCK_LIBRARY"]
NOBODY = 65534


class ExitCodes(CommandTest):
    def test_each_of_the_table(self):
        out, _ = self.check(0, "help", "exit-codes")
        listed = {int(code) for code in re.findall(r"(?m)^  (\d+) ", out)}
        self.assertIn(" ".join(out.split()), " ".join(self.check(0, "help", "run")[0].split()))
        ways = {name for name in dir(self) if name.startswith("end_")}
        self.assertEqual(listed, {int(name[4:]) for name in ways})
        for code in sorted(listed):
            with self.subTest(code):
                getattr(self, f"end_{code}")()

    def end_0(self):
        self.check(0, "run", "owner/name", "true")

    def end_1(self):
        self.check(1, "status", "owner/name")

    def end_64(self):
        self.check(64, "run", "owner/name")

    def end_69(self):
        away = ("--backend", "memory:", "--option", "memory.fault=unavailable=any*")
        self.check(69, "run", *away, "-w0.1", "owner/name", "true")
        self.check(69, "ls", *away)

    def end_70(self):
        run = self.hold("end/70", script="echo $PPID; read line")
        os.kill(int(run.first), 9)  # the guardian
        self.assertEqual(run.end()[0], 70)

    def end_75(self):
        self.hold("end/75")
        self.check(75, "run", "-n", "end/75", "true")

    def end_77(self):
        self.directory.chmod(0o755)
        closed = self.directory / "closed"
        closed.mkdir(0o555)
        as_nobody = {}
        if os.geteuid() == 0:  # who may do anything; and nobody may not look into root's home
            copy = shutil.copy(COMMAND, self.directory)
            shutil.copy(LIBRARY, self.directory / "librepolock.so.0")
            as_nobody = {"user": NOBODY, "executable": copy,
                         "env": {"LD_LIBRARY_PATH": str(self.directory)}}
        _, err = self.check(77, "run", "--backend", f"file://{closed}", "owner/name", "true",
                            **as_nobody)
        self.assertIn(str(closed), err)

    def end_123(self):
        self.check(123, "run", "--max-hold=100ms", "owner/name", "sleep", "1000")

    def end_126(self):
        self.check(126, "run", "owner/name", self.directory)

    def end_127(self):
        self.check(127, "run", "owner/name", "no-such-command-here")

    def end_128(self):
        self.check(128 + 9, "run", "owner/name", "sh", "-c", "kill -9 $$")


class WrongUse(CommandTest):
    def refused(self, said, *words):
        code, out, err = self.repolock(*words)
        self.assertEqual((code, out), (64, ""), err)
        self.assertTrue(err.startswith("repolock: "), err)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertIn(said, err)

    def test_of_repolock(self):
        self.refused("repolock help", *[])
        self.refused("'frobnicate'", "frobnicate")
        self.refused("'frobnicate'", "help", "frobnicate")

    def test_of_options(self):
        self.refused("--frobnicate", "run", "--frobnicate", "owner/name", "true")
        self.refused("-k", "run", "-nk", "owner/name", "true")
        self.refused("--wait needs a value", "run", "--wait")
        self.refused("-w needs a value", "run", "-w")
        self.refused("ten", "run", "-w", "ten", "owner/name", "true")
        self.refused("-1", "run", "--ttl=-1", "owner/name", "true")
        self.refused("256", "run", "-E", "256", "owner/name", "true")
        self.refused("perhaps", "run", "--on-lost=perhaps", "owner/name", "true")
        self.refused("--no-fork", "run", "-F", "owner/name", "true")
        self.refused("options come first", "run", "owner/name", "-n", "true")
        self.refused("KEY=VALUE", "ls", "--option", "ttl_ms")

    def test_of_words(self):
        self.refused("COMMAND is missing", "run", "owner/name")
        self.refused("COMMAND is missing", "run", "owner/name", "--")
        self.refused("REPO", "run")
        self.refused("quote it", "run", "owner/name", "-c", "echo", "a")
        self.refused("leave one out", "run", "-c", "echo a", "owner/name", "echo", "b")
        self.refused("REPO is missing", "status")
        self.refused("'b/b'", "status", "a/a", "b/b")
        self.refused("'a/a'", "ls", "a/a")

    def test_of_names_urls_and_settings(self):
        self.refused("../x", "run", "../x", "true")
        self.refused("600", "run", "a" * 600, "true")
        self.refused("ftp", "run", "--backend", "ftp://host", "owner/name", "true")
        self.refused("relative", "ls", "--backend", "file:relative")
        self.refused("tll_ms", "ls", "--option", "tll_ms=1")
        self.refused("soon", "run", "--option", "ttl_ms=soon", "owner/name", "true")
        self.refused("ttl", "run", "--ttl=0", "owner/name", "true")
        self.refused("ttl", "run", "--ttl=2d", "owner/name", "true")
        self.refused("1000 bytes", "run", "--reason", "x" * 1000, "owner/name", "true")
        self.refused("control character", "run", "--reason", "a\033[2Jb", "owner/name", "true")

    def test_json(self):
        code, _, err = self.repolock("run", "--json", "../x", "true")
        self.assertEqual(code, 64)
        self.assertRegex(
            err, r'^{"event":"error","exit":64,"status":"E_INVALID","message":".*"}\n$')


if __name__ == "__main__":
    unittest.main()
