#!/usr/bin/env python3
"""repolock run: the lock is lost while the command runs."""

import json
import signal
import unittest

from command_support import UNTIL_TERM, CommandTest

POLITE = UNTIL_TERM % 0
# Ignores SIGTERM, as does its child; both hold stdout, so it ends when both are dead.
SLEEP = "while :; do sleep 1000; done"
STUBBORN = f"trap '' TERM; sh -c '{SLEEP}' & echo $$; {SLEEP}"
UNRENEWED = ("--backend", "memory:", "--option", "memory.fault=drop=extend*", "--ttl", "3s")


class Lost(CommandTest):
    def break_holder(self):
        """Takes the lock from whoever has it, and so from the process just started."""
        (holder,) = self.status()["holders"]
        self.check(0, "break", "owner/name", "--id", holder["id"])

    def test_broken_the_command_gets_sigterm(self):
        run = self.hold(script=POLITE)
        self.break_holder()
        code, out, err = run.end()
        self.assertEqual((code, out), (123, "TERM\n"))
        self.assertIn("the lock on owner/name is lost: ", err)

    def test_broken_a_stubborn_one_is_killed_with_its_children(self):
        run = self.hold(script=STUBBORN)
        self.break_holder()
        self.assertEqual(run.end()[:2], (123, ""))

    def test_broken_what_left_the_process_group_is_killed_too(self):
        run = self.hold(script=f"setsid sh -c \"{SLEEP}\" & " + POLITE)
        self.break_holder()
        self.assertEqual(run.end()[:2], (123, "TERM\n"))  # nobody has its stdout open any more

    def test_broken_a_stopped_one_hears_of_it(self):
        run = self.hold(script=POLITE.replace(
            "signal.sigwait", "signal.raise_signal(signal.SIGSTOP); signal.sigwait"))
        self.break_holder()
        self.assertEqual(run.end()[:2], (123, "TERM\n"))

    def test_broken_the_next_one_gets_it(self):
        self.hold(script=POLITE)
        waiter = self.queue(script="echo $REPOLOCK_PREVIOUS")
        self.break_holder()
        self.assertEqual(waiter.out(), "broken")

    def test_held_too_long(self):
        run = self.hold("owner/name", "--max-hold", "3", script=POLITE)
        code, out, err = run.end()
        self.assertEqual((code, out), (123, "TERM\n"), err)

    def test_held_too_long_and_stubborn(self):
        run = self.start("run", "--max-hold=200ms", "owner/name", "sh", "-c", STUBBORN)
        self.assertEqual(run.end()[0], 123)
        self.assertFalse(self.status()["held"])

    def test_not_renewed(self):
        run = self.hold("owner/name", *UNRENEWED, script=POLITE)
        self.assertEqual(run.end()[:2], (123, "TERM\n"))

    def test_not_renewed_and_stubborn(self):
        run = self.start("run", *UNRENEWED, "owner/name", "sh", "-c", STUBBORN)
        self.assertEqual(run.end()[0], 123)

    def test_kill_after(self):
        run = self.hold("owner/name", "--kill-after=0", script=STUBBORN)
        self.break_holder()
        code, _, err = run.end()
        self.assertEqual(code, 123)
        self.assertIn("in 0s SIGKILL", err)

    def test_warn_keeps_the_command_and_its_status(self):
        run = self.hold("owner/name", "--on-lost=warn", script="echo held; read line; exit 5")
        self.break_holder()
        self.assertIn("goes on without it", run.err())
        self.assertEqual(run.end(), (5, "", ""))

    def test_ignore_does_not_even_say_so(self):
        run = self.hold("owner/name", "--on-lost=ignore", script="echo held; read line; exit 5")
        self.break_holder()
        self.assertEqual(run.end(), (5, "", ""))

    def test_json(self):
        run = self.hold("owner/name", "--json", script=POLITE)
        self.break_holder()
        self.assertEqual(json.loads(run.err())["event"], "obtained")
        lost = json.loads(run.err())
        self.assertEqual((lost["event"], lost["repo"]), ("lost", "owner/name"))
        self.assertEqual(lost["kill_after_ms"], 1000)
        self.assertEqual(run.end()[0], 123)

    def test_a_lock_lost_during_a_sleep_of_repolock(self):
        run = self.hold("owner/name", "--backend", "memory:", "--ttl", "1s",
                        script=POLITE)
        run.kill(signal.SIGSTOP)
        self.check(0, "run", "owner/other", "sleep", "1.5")  # longer than the ttl
        run.kill(signal.SIGCONT)
        self.assertEqual(run.end()[:2], (123, "TERM\n"))


if __name__ == "__main__":
    unittest.main()
