#!/usr/bin/env python3
"""repolock status, ls, break, canonical, doctor, help and version."""

import json
import subprocess
import unittest

from command_support import COMMAND, CommandTest


class Status(CommandTest):
    def test_free(self):
        out, _ = self.check(1, "status", "Owner/Name")
        self.assertEqual(out, "owner/name is free\n")
        self.assertEqual(self.status(),
                         {"repo": "owner/name", "held": False, "holders": [], "waiters": []})
        self.assertEqual(self.check(1, "status", "-q", "owner/name"), ("", ""))

    def test_held_and_waited_for(self):
        holder, waiter = self.hold("owner/name", "--reason", "gc"), self.queue("--reason", "pull")
        out, _ = self.check(0, "status", "https://github.com/Owner/Name.git")
        heading, first, second = out.splitlines()
        self.assertEqual(heading.split(), ["STATE", "HOLDER", "HOST", "PID", "AGE", "FENCE", "ID"])
        self.assertRegex(first, rf"^holds +gc +\S+ +{holder.pid} +\d+s +\d+ +[0-9a-f]{{32}}$")
        self.assertRegex(second, rf"^waits +pull +\S+ +{waiter.pid} +\d+s ")
        told = self.status()
        self.assertTrue(told["held"])
        self.assertEqual([row["holder"] for row in told["holders"] + told["waiters"]],
                         ["gc", "pull"])
        self.assertEqual(told["waiters"][0]["place"], 1)
        self.assertEqual(self.check(0, "status", "-q", "owner/name"), ("", ""))

    def test_the_usual_name_of_a_holder(self):
        self.hold(script="echo held; cat # \n \u00e9 https://me:secret@host/x")
        holder = self.status()["holders"][0]["holder"]
        self.assertRegex(holder, r"^\w+: sh -c echo held; cat # \? \u00e9 https://\*\*\*@host/x$")


class Ls(CommandTest):
    HEADING = ["REPO", "HOLDER", "HOST", "PID", "AGE", "FENCE", "WAITERS"]

    def test_nothing(self):
        out, _ = self.check(0, "ls")
        self.assertEqual([line.split() for line in out.splitlines()], [self.HEADING])
        self.assertEqual(self.check(0, "ls", "--json"), ("", ""))
        self.assertEqual(self.check(0, "ls", "-q"), ("", ""))

    def test_all_that_are_held(self):
        self.hold("b/b", "--reason", "one")
        self.hold("a/a", "--reason", "two")
        self.queue(repo="a/a")
        out, _ = self.check(0, "ls")
        heading, first, second = out.splitlines()
        self.assertEqual(heading.split(), self.HEADING)
        self.assertRegex(first, r"^a/a +two .* 1$")
        self.assertRegex(second, r"^b/b +one .* 0$")
        told = [json.loads(line) for line in self.check(0, "ls", "--json")[0].splitlines()]
        self.assertEqual([(each["repo"], len(each["waiters"])) for each in told],
                         [("a/a", 1), ("b/b", 0)])
        self.assertEqual(self.check(0, "ls", "-q"), ("a/a\nb/b\n", ""))

    def test_a_full_disk_is_no_empty_list(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([COMMAND, "ls"], env=self.env, stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 69, done.stderr)


class Break(CommandTest):
    def test_the_holder_loses_it(self):
        holder = self.hold()
        lease = self.status()["holders"][0]["id"]
        out, _ = self.check(0, "break", "owner/name", "--id", lease)
        self.assertEqual(out, f"broke lease {lease} of owner/name\n")
        self.assertEqual(holder.end()[0], 123)
        _, err = self.check(1, "break", "--id", lease, "owner/name")
        self.assertIn("owner/name", err)

    def test_1_for_a_lease_that_does_not_hold_it(self):
        self.hold()
        self.check(1, "break", "owner/name", "--id", "0" * 32)
        self.assertTrue(self.status()["held"])

    def test_json(self):
        self.hold()
        lease = self.status()["holders"][0]["id"]
        out, _ = self.check(0, "break", "--json", "owner/name", "--id", lease)
        self.assertEqual(json.loads(out), {"repo": "owner/name", "id": lease, "broken": True})

    def test_never_without_an_id(self):
        self.hold()
        _, err = self.check(64, "break", "owner/name")
        self.assertIn("repolock status owner/name", err)
        self.assertTrue(self.status()["held"])


class Canonical(CommandTest):
    def test_some_spellings(self):
        for name in ("owner/name", "Owner/Name", "https://github.com/owner/name.git/",
                     "git@github.com:owner/name"):
            self.assertEqual(self.check(0, "canonical", name)[0], "owner/name\n")
        out, _ = self.check(0, "canonical", "--json", "A/B")
        self.assertEqual(json.loads(out), {"name": "A/B", "repo": "a/b"})
        self.assertEqual(self.check(0, "canonical", "-q", "A/B"), ("", ""))

    def test_settings_count(self):
        out, _ = self.check(0, "canonical", "--option", "repo.case=sensitive", "A/B")
        self.assertEqual(out, "A/B\n")

    def test_64_for_what_is_no_name(self):
        for name in ("../x", "", "a" * 600, "owner", "-"):
            _, err = self.check(64, "canonical", "--", name)
            self.assertRegex(err, "^repolock: ")


class Doctor(CommandTest):
    def test_nothing_is_wrong(self):
        out, _ = self.check(0, "doctor")
        self.assertEqual(out, "nothing is wrong\n")
        self.assertEqual(self.check(0, "doctor", "--json"), ("", ""))

    def test_each_finding_is_told(self):
        (self.locks / "owner+name.lock").mkdir()
        out, _ = self.check(1, "doctor")
        self.assertRegex(out, "owner\\+name.lock .Is a directory.; something else is in its place")
        told = json.loads(self.check(1, "doctor", "--json")[0])
        self.assertEqual(told["host"], str(self.locks))
        self.assertIn(told["message"], out)
        self.assertEqual(self.check(1, "doctor", "-q"), ("", ""))


class Help(CommandTest):
    SUBCOMMANDS = ("run", "status", "ls", "top", "break", "canonical", "doctor", "plugins",
                   "version", "help")

    def test_overview(self):
        for word in ("help", "--help", "-h"):
            out, _ = self.check(0, word)
            for name in self.SUBCOMMANDS:
                self.assertRegex(out, rf"(?m)^  {name}\b")

    def test_of_each_subcommand(self):
        for name in self.SUBCOMMANDS:
            out, _ = self.check(0, "help", name)
            self.assertEqual(self.check(0, "--help", name)[0], out)
            self.assertTrue(out.startswith(f"Usage: repolock {name} [OPTION...]"))
            self.assertEqual(self.check(0, name, "--help")[0], out)
            self.assertEqual(self.check(0, name, "-h")[0], out)
            self.assertIn("REPOLOCK_URL", out)
            self.assertLess(max(map(len, out.splitlines())), 100)

    def test_settings_are_those_of_the_library(self):
        out, _ = self.check(0, "help", "settings")
        for key in ("backend", "ttl_ms", "repo.case"):
            self.assertRegex(out, rf"(?m)^  {key}\b")

    def test_wins_over_what_is_wrong_beside_it(self):
        out, _ = self.check(0, "run", "--frobnicate", "--help")
        self.assertEqual(out, self.check(0, "help", "run")[0])

    def test_version(self):
        for words in (["version"], ["--version"], ["-V"]):
            out, _ = self.check(0, *words)
            self.assertRegex(out, r"^repolock (\d+\.\d+\.\d+) \(librepolock \1\)\n$")
        told = json.loads(self.check(0, "--version", "--json")[0])
        self.assertEqual(told["version"], told["library"])


if __name__ == "__main__":
    unittest.main()
