#!/usr/bin/env python3
"""Wrong use of `repolock` ends with 64, and is told in one line."""

import json
import unittest

from command_support import CommandTest


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
        self.refused("--frobnicate", "--frobnicate", "ls")
        self.refused("--backend needs a value", "--backend")
        self.refused("-n", "-n", "run", "owner/name", "true")  # not one of each command
        self.refused("'b' is one word too many", "help", "run", "b")

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
        self.refused("KEY=VALUE", "--option", "ttl_ms", "ls")
        self.refused("soon", "top", "-d", "soon")
        self.refused("--count 0", "top", "-n", "0")
        self.refused("--count 1x", "top", "--count=1x")

    def test_of_words(self):
        self.refused("COMMAND is missing", "run", "owner/name")
        self.refused("COMMAND is missing", "run", "owner/name", "--")
        self.refused("REPO", "run")
        self.refused("quote it", "run", "owner/name", "-c", "echo", "a")
        self.refused("leave one out", "run", "-c", "echo a", "owner/name", "echo", "b")
        self.refused("REPO is missing", "status")
        self.refused("'b/b'", "status", "a/a", "b/b")
        self.refused("'a/a'", "ls", "a/a")
        for subcommand in ("top", "doctor", "plugins", "version"):
            self.refused("'a/a'", subcommand, "a/a")

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
        for words in (["run", "--json", "../x", "true"], ["--json", "run", "../x", "true"],
                      ["--json", "frobnicate"], ["--json", "--frobnicate"], ["--json"],
                      ["ls", "--frobnicate", "--json"],  # it counts, though it comes late
                      ["run", "-w", "ten", "--json", "owner/name", "true"],
                      ["break", "--json", "owner/name"], ["help", "--json", "frobnicate"]):
            code, out, err = self.repolock(*words)
            self.assertEqual((code, out, err.count("\n")), (64, "", 1), words)
            told = json.loads(err)
            self.assertEqual(set(told), {"event", "exit", "status", "message"})
            self.assertEqual((told["event"], told["exit"]), ("error", 64))

    def test_the_json_of_a_command_is_its_own(self):
        _, err = self.check(127, "run", "owner/name", "no-such-command-here", "--json")
        self.assertTrue(err.startswith("repolock: "), err)


if __name__ == "__main__":
    unittest.main()
