#!/usr/bin/env python3
"""What --json prints: one object a line, with the keys that the man pages tell, no more and no fewer."""

import json
import os
import re
import unittest
from pathlib import Path

from command_support import CommandTest

MAN = Path(os.environ["REPOLOCK_SOURCE_DIR"], "bindings/shell/man")
TERM = re.compile(r"^(\S.*)\n((?:\t.*\n)+)", re.M)
BOLD = re.compile(r"\*([\w\\]+)\*")


def documented(page):
    """For each bold word of a term in the section JSON: the keys that stand in bold behind it."""
    section = (MAN / page).read_text().partition("# JSON\n")[2].partition("\n# ")[0]
    keys = {}
    for term, text in TERM.findall(section):
        words = {word.replace("\\", "") for word in BOLD.findall(text)} - {"null"}
        keys.update(dict.fromkeys(BOLD.findall(term) or [term], words))
    return keys


def keys_of(value):
    """Of an object and of all in it."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set()


class Answers(CommandTest):
    KEYS = documented("repolock.1.scd")

    def objects(self, code, *words):
        out, err = self.check(code, *words, "--json")
        self.assertEqual(err, "")
        return [json.loads(line) for line in out.splitlines()]

    def assert_documented(self, name, objects):
        self.assertTrue(objects)
        for each in objects:
            self.assertEqual(keys_of(each), self.KEYS[name])

    def test_status_and_ls_and_top(self):
        self.hold()
        self.queue()
        self.hold("owner/other")
        self.assertEqual(len(self.objects(0, "ls")), 2)
        self.assert_documented("status", self.objects(0, "status", "owner/name"))
        self.assert_documented("ls", self.objects(0, "ls")[:1])
        first, second = self.objects(0, "top", "-n2", "-d0.1")
        self.assertEqual(set(first) | {"ls"}, self.KEYS["top"])
        self.assertEqual([each["repo"] for each in second["locks"]], ["owner/name", "owner/other"])
        self.assert_documented("ls", second["locks"][:1])

    def test_numbers_are_numbers_and_nothing_is_null(self):
        holder = self.hold("owner/name", "--reason", "gc")
        (row,) = self.objects(0, "status", "owner/name")[0]["holders"]
        self.assertEqual((row["pid"], row["shared"]), (holder.pid, False))
        self.assertIsInstance(row["fence"], int)
        self.assertGreaterEqual(row["age_ms"], 0)
        self.assertIsNone(row["remaining_ms"])  # file: no end
        self.assertIsNone(row["message"])

    def test_canonical_and_version(self):
        self.assert_documented("canonical", self.objects(0, "canonical", "A/B"))
        self.assert_documented("version", self.objects(0, "version"))

    def test_break(self):
        self.hold()
        lease = self.status()["holders"][0]["id"]
        self.assert_documented("break", self.objects(0, "break", "owner/name", "--id", lease))

    def test_doctor(self):
        (self.locks / "owner+name.lock").mkdir()
        self.assert_documented("doctor", self.objects(1, "doctor"))

    def test_help(self):
        commands = self.objects(0, "help")
        told = keys_of(commands) | keys_of(self.objects(0, "help", "exit-codes"))
        told |= keys_of(self.objects(0, "help", "settings"))
        self.assertEqual(told, self.KEYS["help"])
        self.assertEqual(self.objects(0, "help", "run"), commands[:1])

    def test_errors(self):
        for words in (("run", "../x", "true"), ("status", "../x"), ("ls", "--backend", "ftp://x"),
                      ("break", "owner/name", "--id", "0" * 32), ("doctor", "x")):
            code, out, err = self.repolock("--json", *words)
            self.assertEqual((out, err.count("\n")), ("", 1), words)
            told = json.loads(err)
            self.assertEqual(set(told), self.KEYS["an error"])
            self.assertEqual((told["event"], told["exit"]), ("error", code))

    def test_trouble(self):
        _, err = self.check(0, "top", "--json", "-n2", "-d0.1", "--backend", "memory:", "--option",
                            "memory.fault=delay=inspect:1,unavailable=inspect")
        self.assertEqual(set(json.loads(err)),
                         self.KEYS["a backend that is away while _top_ runs"])

    def test_bytes_of_others_are_still_json(self):
        name = b"a\"\\\n\x1b\xff".decode(errors="surrogateescape")
        self.hold(name, "--option", "repo.form=opaque")
        (told,) = self.objects(0, "ls")
        self.assertEqual(told["repo"], "a\"\\\n\x1b\ufffd")


class Events(CommandTest):
    KEYS = documented("repolock-run.1.scd")

    def events(self, code, *words):
        _, err = self.check(code, "run", "--json", *words)
        events = [json.loads(line) for line in err.splitlines()]
        for event in events:
            self.assertEqual(set(event), {"event"} | self.KEYS[event["event"]])
        return [event["event"] for event in events], events

    def test_all_goes_well(self):
        names, (obtained, released) = self.events(0, "owner/name", "true")
        self.assertEqual(names, ["obtained", "released"])
        self.assertEqual((obtained["repo"], obtained["previous"]), ("owner/name", "none"))
        self.assertEqual(released["exit"], 0)
        _, (obtained, released) = self.events(7, "owner/name", "sh", "-c", "exit 7")
        self.assertEqual((obtained["previous"], released["exit"]), ("released", 7))

    def test_quiet_tells_only_what_is_wrong(self):
        self.assertEqual(self.check(0, "run", "--json", "-q", "owner/name", "true"), ("", ""))

    def test_busy(self):
        self.hold()
        names, (_, error) = self.events(75, "-w0.1", "owner/name", "true")
        self.assertEqual(names, ["waiting", "error"])
        self.assertEqual((error["exit"], error["status"]), (75, "E_TIMEOUT"))
        self.assertEqual(self.events(9, "-n", "-E9", "owner/name", "true")[1][0]["exit"], 9)

    def test_a_command_that_is_not_there(self):
        _, err = self.check(127, "run", "--json", "owner/name", "no-such-command-here")
        self.assertEqual([json.loads(line)["event"] for line in err.splitlines()],
                         ["obtained", "error"])

    def test_lost(self):
        names, _ = self.events(123, "--max-hold=0.1", "owner/name", "sleep", "1000")
        self.assertEqual(names, ["obtained", "lost"])

    def test_no_answer_to_the_release(self):
        names, _ = self.events(0, "--backend", "memory:", "--option", "node_timeout_ms=100",
                               "--option", "memory.fault=drop=release*", "owner/name", "true")
        self.assertEqual(names, ["obtained", "unreleased"])


if __name__ == "__main__":
    unittest.main()
