#!/usr/bin/env python3
"""repolock run: signals, and deaths of each process that takes part."""

import ctypes
import os
import select
import shlex
import signal
import unittest

from command_support import COMMAND, PATIENCE, UNTIL_TERM, CommandTest, ppid_and_state

PR_SET_CHILD_SUBREAPER = 36

# Prints its pid and its parent's, the guardian's; ends when told to.
TELLS_PIDS = "echo $$ $PPID; read line"

# A command that says which signals it gets, and that one of its children gets them too.
LISTENER = """
import os, signal, time
child = os.fork()
def heard(signo, frame):
    text = ("parent " if child else "child ") + signal.Signals(signo).name
    os.write(1, text.encode() + b"\\n")
for signo in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1,
              signal.SIGUSR2, signal.SIGWINCH):
    signal.signal(signo, heard)
os.write(1, b"ready\\n")
while True:  # not pause(): a signal just before it would be heard with the next one
    time.sleep(0.05)
"""


class Forwarded(CommandTest):
    def test_signals_reach_the_command_and_its_children(self):
        run = self.start("run", "owner/name", "python3", "-c", LISTENER)
        self.assertEqual([run.out(), run.out()], ["ready"] * 2)
        for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH"):
            run.kill(signal.Signals[name])
            self.assertEqual({run.out(), run.out()}, {f"parent {name}", f"child {name}"})

    def test_the_command_decides_what_a_signal_means(self):
        run = self.hold(script=UNTIL_TERM % 3)
        run.kill(signal.SIGTERM)
        self.assertEqual(run.end()[:2], (3, "TERM\n"))

    def test_a_stopped_command_is_continued(self):
        run = self.hold(script="echo $$; read line; echo $line")
        command = int(run.first)
        os.kill(command, signal.SIGSTOP)
        run.kill(signal.SIGCONT)
        run.say("awake")
        self.assertEqual(run.out(), "awake")


class Crash(CommandTest):
    """One dies of SIGKILL: the next one must not begin before nothing is left of the command."""

    # A command with a child; they ignore what can be ignored, hold stdout, and say their group.
    STUBBORN = "trap '' TERM HUP INT; sh -c 'echo $PPID $$; while :; do sleep 1000; done'"

    def next_in_queue(self, group, repo="owner/name"):
        """Its command looks whether anything of the group is left when it begins."""
        return self.queue(repo=repo, script=f"kill -0 -{group} 2>/dev/null && echo overlap || "
                                 "echo alone $REPOLOCK_PREVIOUS")

    def test_of_repolock(self):
        run = self.hold(script=self.STUBBORN)
        group, child = map(int, run.first.split())
        waiter = self.next_in_queue(group)
        run.kill()
        self.assertEqual(waiter.out(), "alone crashed")
        # Nobody is left who has its stdout open.
        self.assertEqual(run.end()[:2], (-signal.SIGKILL, ""))
        self.assertNotIn(ppid_and_state(child)[0], ("R", "S", "D", "T"))

    def test_of_repolock_while_the_guardian_sleeps(self):
        # Were we not its next of kin, the kernel would continue it: its group would be orphaned.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
        run = self.hold(script=TELLS_PIDS)
        command, guardian = map(int, run.first.split())
        os.kill(guardian, signal.SIGSTOP)
        waiter = self.next_in_queue(command)
        run.kill()
        run.process.wait()
        self.check(75, "run", "-n", "owner/name", "true")  # not free while the command may work
        os.kill(guardian, signal.SIGCONT)
        self.assertEqual(waiter.out(), "alone crashed")
        os.waitpid(guardian, 0)

    def test_of_repolock_while_the_command_is_stopped(self):
        run = self.hold(script="echo $$; read line")
        os.kill(int(run.first), signal.SIGSTOP)
        waiter = self.next_in_queue(run.first)
        run.kill()
        self.assertEqual(waiter.out(), "alone crashed")

    def test_of_repolock_with_a_shell_that_has_jobs(self):
        # A job of an interactive shell has a process group of its own.
        run = self.hold(script="exec bash --norc -c 'set -m; (trap \"\" HUP; while :; do sleep 1000; "
                               "done) & echo $!; wait'")
        waiter = self.next_in_queue(run.first)
        run.kill()
        self.assertEqual(waiter.out(), "alone crashed")
        self.assertEqual(run.end()[:2], (-signal.SIGKILL, ""))

    def test_of_repolock_with_a_daemon(self):
        run = self.hold(script="setsid sh -c 'echo $$; while :; do sleep 1000; done' & wait")
        waiter = self.next_in_queue(run.first)
        run.kill()
        self.assertEqual(waiter.out(), "alone crashed")

    def test_of_repolock_with_another_one_inside(self):
        # Killed from the outside in: each lock waits for what runs under it.
        for job in ("", "setsid "):
            inner = f"{COMMAND} run b/inner sh -c {shlex.quote(self.STUBBORN)}"
            run = self.hold("a/outer", script=f"{job}{inner} & wait")
            group = run.first.split()[0]
            waiters = [self.next_in_queue(group, repo) for repo in ("a/outer", "b/inner")]
            run.kill()
            for waiter in waiters:
                self.assertEqual(waiter.out(), "alone crashed")

    def test_of_the_guardian(self):
        run = self.hold(script="trap '' TERM; echo $$ $PPID; (while :; do sleep 1000; done) & wait")
        group, guardian = map(int, run.first.split())
        self.assertEqual(ppid_and_state(guardian)[1], run.pid)
        waiter = self.next_in_queue(group)
        os.kill(guardian, signal.SIGKILL)
        code, _, err = run.end()
        self.assertEqual(code, 70)
        self.assertIn("guardian", err)
        self.assertIn("alone", waiter.out())

    def test_of_the_command_alone(self):
        run = self.hold(script=TELLS_PIDS)
        os.kill(int(run.first.split()[0]), signal.SIGKILL)
        self.assertEqual(run.end()[0], 128 + signal.SIGKILL)
        self.assertFalse(self.status()["held"])

    def test_of_both_at_once(self):
        run = self.hold(script=TELLS_PIDS)
        command, guardian = map(int, run.first.split())
        end_of_command = os.pidfd_open(command)
        self.addCleanup(os.close, end_of_command)
        os.kill(run.pid, signal.SIGSTOP)
        os.kill(guardian, signal.SIGKILL)
        run.kill()
        self.assertEqual(run.end()[:2], (-signal.SIGKILL, ""))
        self.assertTrue(select.select([end_of_command], [], [], PATIENCE)[0])
        self.check(0, "run", "owner/name", "true")

    def test_a_killed_group_of_repolock_leaves_the_guardian_alive(self):
        run = self.start("run", "owner/name", "sh", "-c", self.STUBBORN, start_new_session=True)
        group = run.out().split()[0]
        waiter = self.next_in_queue(group)
        os.killpg(run.pid, signal.SIGKILL)  # as a terminal or a supervisor does it
        self.assertEqual(waiter.out(), "alone crashed")


if __name__ == "__main__":
    unittest.main()
