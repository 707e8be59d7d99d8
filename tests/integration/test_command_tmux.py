#!/usr/bin/env python3
"""What people see of `repolock run` and `repolock top`, read from the screen of a tmux."""

import os
import re
import signal
import sys
import unittest

from command_support import COMMAND, CommandTest
from terminal_support import Tmux

PROMPT = r"^\$ *$"
WAITING = r"^repolock: waiting for owner/name: held by gc \(pid \d+, \S+\) for \d+s, you are next$"


class TmuxTest(CommandTest):
    def terminal(self, **size):
        terminal = Tmux(self.directory, {**self.env, "REPOLOCK": COMMAND}, **size)
        self.addCleanup(terminal.destroy)
        return terminal


class WaitLine(TmuxTest):
    def setUp(self):
        super().setUp()
        self.holder = self.hold("owner/name", "--reason", "gc")

    def waiting(self, **size):
        terminal = self.terminal(**size)
        terminal.enter("clear; $REPOLOCK run owner/name echo granted; echo ended $?")
        return terminal

    def test_one_line_that_is_kept_up_to_date_and_taken_away(self):
        terminal = self.waiting()
        screens = [terminal.until(rf"waiting .* for \d*{age}s, you are next$") for age in (1, 2)]
        for screen in screens:
            self.assertEqual(len(re.findall(WAITING, screen, re.M)), 1, screen)
            self.assertEqual(len(screen.split("\n\n")[0].splitlines()), 1, screen)
        self.holder.end()
        screen = terminal.until("^ended 0$")
        self.assertEqual(screen.rstrip().splitlines(), ["granted", "ended 0", "$"])

    def test_in_a_narrow_window_it_is_cut(self):
        terminal = self.waiting(columns=40)
        screen = terminal.until(r"waiting")
        self.assertEqual(screen.rstrip(), "repolock: waiting for owner/name: he...")
        self.holder.end()
        terminal.until("^granted$")

    def test_when_the_window_changes_it_is_written_anew(self):
        terminal = self.waiting(columns=40)
        terminal.until(r"he\.\.\.$")
        terminal.resize(100, 24)
        self.assertEqual(len(re.findall("waiting", terminal.until(WAITING))), 1)
        terminal.resize(30, 24)
        terminal.until(r"^repolock: waiting for owne\.\.\.$")
        self.holder.end()
        terminal.until("^granted$")

    def test_ctrl_c_takes_it_away(self):
        terminal = self.terminal()
        terminal.enter("clear; $REPOLOCK run owner/name echo granted")
        terminal.until(WAITING)
        terminal.key("C-c")
        self.assertNotIn("waiting", terminal.until(PROMPT))
        terminal.enter("echo ended $?")
        terminal.until("^ended 130$")
        self.assertEqual(self.status()["waiters"], [])

    def test_ctrl_z_takes_it_away_and_fg_brings_it_back(self):
        terminal = self.terminal()
        terminal.enter("clear; $REPOLOCK run owner/name echo granted")
        terminal.until(WAITING)
        terminal.key("C-z")
        self.assertNotRegex(terminal.until("Stopped"), "waiting")
        self.assertEqual(self.status()["waiters"], [])
        terminal.enter("fg")
        terminal.until(WAITING)
        self.holder.end()
        self.assertNotRegex(terminal.until("^granted$"), "waiting")

    def test_where_stderr_is_no_terminal_the_lines_are_plain(self):
        terminal = self.terminal()
        terminal.enter("$REPOLOCK run owner/name echo granted 2>&1 | sed 's/^/> /'")
        terminal.until(r"^> repolock: waiting for owner/name: held by gc .*, you are next$")
        self.holder.end()
        self.assertRegex(terminal.until("^> granted$"), r"you are next\n> granted\n")


class Top(TmuxTest):
    HEADING = r"^REPO +HOLDER +HOST +PID +AGE +FENCE +WAITERS$"

    def top(self, *options, **size):
        self.terminal_ = terminal = self.terminal(**size)
        terminal.enter(f"clear; echo before; $REPOLOCK top {' '.join(options)}")
        return terminal

    def check_given_back(self, terminal, status):
        """The screen as it was, and what is typed is seen."""
        terminal.until(PROMPT)
        terminal.enter("echo ended $?")
        screen = terminal.until(f"^ended {status}$")
        self.assertRegex(screen, r"^before\n")
        self.assertIn("echo ended", screen)
        self.assertNotRegex(screen, "WAITERS")

    def test_it_shows_what_changes(self):
        terminal = self.top()
        terminal.until(r"^repolock: 0 held, 0 waiting; every 1s, q ends$")
        self.assertRegex(terminal.until(self.HEADING), r"(?m)\A.*\n\nREPO")
        holder = self.hold("owner/name", "--reason", "gc")
        waiter = self.queue()
        terminal.until(r"^owner/name +gc .* 1$")
        self.assertRegex(terminal.screen(), r"\Arepolock: 1 held, 1 waiting;")
        self.assertNotIn("before", terminal.screen())
        holder.end()
        waiter.end()
        terminal.until("0 held, 0 waiting")
        self.assertNotIn("owner/name", terminal.screen())
        terminal.type("q")
        self.check_given_back(terminal, 0)

    def test_ctrl_c_ends_it_with_0(self):
        terminal = self.top()
        terminal.until(self.HEADING)
        terminal.key("C-c")
        self.check_given_back(terminal, 0)

    def test_sigterm_ends_it_with_143_and_the_terminal_is_given_back(self):
        pid = self.directory / "pid"
        terminal = self.terminal()
        terminal.enter(f"clear; echo before; (echo $BASHPID >{pid}; exec $REPOLOCK top)")
        terminal.until(self.HEADING)
        os.kill(int(pid.read_text()), signal.SIGTERM)
        terminal.until("^before")
        self.check_given_back(terminal, 128 + signal.SIGTERM)

    def test_in_the_background_it_stops_until_it_is_fetched(self):
        terminal = self.terminal()
        terminal.enter("set -b; clear; $REPOLOCK top &")  # -b: told at once of stopped jobs
        terminal.until("Stopped")
        terminal.enter("clear; fg")
        terminal.until(self.HEADING)
        terminal.type("q")
        terminal.until(PROMPT)

    def test_after_a_count_the_last_picture_stays(self):
        self.hold("owner/name", "--reason", "gc")
        terminal = self.top("-n", "2", "-d", "0.1", "; echo ended $?")
        self.assertRegex(terminal.until("^ended 0$"),
                         r"\Abefore\nREPO .*\nowner/name +gc .*\nended 0\n")

    def test_other_keys_do_nothing(self):
        terminal = self.top("-d", "0.1")
        terminal.until(self.HEADING)
        terminal.type("xyz \r")
        self.hold("owner/later")
        self.assertNotIn("xyz", terminal.until("^owner/later"))

    def test_without_keys_ctrl_c_still_ends_it(self):
        terminal = self.top("</dev/null")
        terminal.until(self.HEADING)
        terminal.key("C-c")
        self.check_given_back(terminal, 0)

    def test_a_backend_that_is_away_is_told_above_what_was_before(self):
        terminal = self.top("-d", "0.1", "--backend", "memory:", "--option",
                            "memory.fault=delay=inspect:1,unavailable=inspect*")
        screen = terminal.until("this is what was before:$")
        self.assertRegex(screen, r"(?m)\A.*unavailable.*\n\nREPO +HOLDER")
        terminal.type("q")
        self.check_given_back(terminal, 0)

    def test_in_a_small_window_it_is_cut(self):
        for number in range(4):
            self.hold(f"owner/name-{number}", "--reason", "x" * 50)
        terminal = self.top(columns=30, rows=6)
        screen = terminal.until(r"^owner/name-1")
        lines = screen.rstrip("\n").splitlines()
        self.assertEqual(lines[0], "repolock: 4 held, 0 waiting...")
        self.assertEqual(lines[3], "owner/name-0  xxxxxxxxxxxxx...")
        self.assertEqual(lines[5], "...")
        terminal.resize(150, 24)
        terminal.until(r"^owner/name-3 .* 0$")
        terminal.resize(40, 10)
        terminal.until(r"^owner/name-3 .{24}\.\.\.$")

    def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it(self):
        terminal = self.top()
        terminal.until(self.HEADING)
        terminal.key("C-z")
        screen = terminal.until("Stopped")
        self.assertRegex(screen, r"^before\n")
        self.assertNotIn("WAITERS", screen)
        terminal.enter("fg")
        terminal.until(self.HEADING)
        terminal.type("q")
        self.check_given_back(terminal, 0)

    def test_names_of_others_cannot_move_the_cursor(self):
        self.hold("\033[2Jna\nme", "--option", "repo.form=opaque")
        terminal = self.top("--option", "repo.form=opaque")
        terminal.until(r"^\?\[2Jna\?me ")
        self.assertRegex(terminal.screen(), r"\Arepolock: 1 held")


if __name__ == "__main__":
    if not Tmux.PROGRAM:
        print("SKIP command_tmux: there is no tmux")
        sys.exit(77)
    unittest.main()
