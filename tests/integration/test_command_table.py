#!/usr/bin/env python3
"""Walks command_table.py: each option of each subcommand under each of its names, and each exit code;
nothing that the help knows of is missing there."""

import json
import os
import shlex
import shutil
import unittest

from command_support import COMMAND, CommandTest
from command_table import COMMON, ROWS

LIBRARY = os.environ["REPOLOCK_LIBRARY"]
NOBODY = 65534


class Table(CommandTest):
    def setUp(self):
        super().setUp()
        self.closed = self.directory / "closed"
        self.closed.mkdir(0o555)
        self.names = {command["command"]: [option["names"] for option in command["options"]]
                      for command in self.told("help")}

    def told(self, *words):
        return [json.loads(line) for line in self.check(0, *words, "--json")[0].splitlines()]

    def as_nobody(self):
        """Root may do anything; and nobody may not look into root's home."""
        if os.geteuid() != 0:
            return {}
        self.directory.chmod(0o755)
        copy = shutil.copy(COMMAND, self.directory)
        shutil.copy(LIBRARY, self.directory / "librepolock.so.0")
        return {"user": NOBODY, "executable": copy, "env": {"LD_LIBRARY_PATH": str(self.directory)}}

    def walk(self, row, line):
        holder = self.hold("owner/name", *row.given.split()) if row.given else None
        facts = {"directory": self.directory, "closed": self.closed, "command": COMMAND,
                 "id": self.status()["holders"][0]["id"] if "{id}" in line else ""}
        with self.subTest(line):
            out, err = self.check(row.code, *shlex.split(line.format(**facts)),
                                  **self.as_nobody() if row.as_nobody else {})
            self.assertRegex(out, row.out)
            self.assertRegex(err, row.err)
        if holder:
            holder.end()

    def all_names(self, subcommand, option):
        return next(names for names in self.names[subcommand] if option in names)

    def test_options_of_one_subcommand_and_exit_codes(self):
        for subcommand, rows in ROWS.items():
            for row in rows:
                for name in self.all_names(subcommand, row.option) if row.option else [""]:
                    self.walk(row, f"{subcommand} {row.words.replace('{option}', name)}")

    def test_options_of_each_subcommand_behind_its_name_and_before_it(self):
        for subcommand, rows in COMMON.items():
            for row in rows:
                for name in self.all_names(subcommand, row.option):
                    option, _, rest = row.words.replace("{option}", name).partition("|")
                    self.walk(row, f"{subcommand} {option} {rest}")
                    self.walk(row, f"{option} {subcommand} {rest}")

    def test_no_option_is_missing(self):
        for subcommand, options in self.names.items():
            rows = {row.option for row in ROWS[subcommand] + COMMON[subcommand]}
            for names in options:
                self.assertEqual(len(rows & set(names)), 1, f"{subcommand} {names}")

    def test_no_exit_code_is_missing(self):
        listed = {each["exit"] for each in self.told("help", "exit-codes")}
        walked = {min(row.code, 128) for rows in ROWS.values() for row in rows}
        self.assertEqual(listed - walked, set())


if __name__ == "__main__":
    unittest.main()
