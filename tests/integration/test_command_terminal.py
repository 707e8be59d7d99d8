#!/usr/bin/env python3
"""repolock run on a terminal: Ctrl-C, Ctrl-Z, the foreground, the line that is kept up to date."""

import os
import signal
import unittest

from command_support import COMMAND, CommandTest
from terminal_support import CTRL_C, CTRL_Z, Pty

# Says how often it got SIGINT when it gets SIGUSR1, then ends.
COUNTER = """
import os, signal, time
count = 0
def say(words):  # not print(): a signal that comes inside it must not call it again
    os.write(1, words.encode() + b"\\n")
def interrupt(signo, frame):
    global count
    count += 1
    say("interrupted")
def report(signo, frame):
    say(f"count {count}")
    raise SystemExit(0)
signal.signal(signal.SIGINT, interrupt)
signal.signal(signal.SIGUSR1, report)
say("ready")
while True:  # not pause(): a signal just before it would be heard with the next one
    time.sleep(0.05)
"""


class Terminal(CommandTest):
    def pty(self, *words, **terminal):
        pty = Pty([COMMAND, *words], self.env, **terminal)
        self.addCleanup(pty.destroy)
        return pty

    def script(self, text):
        pty = Pty(["bash", "--norc", "-c", text],
                  {**self.env, "REPOLOCK": COMMAND, "COUNTER": COUNTER})
        self.addCleanup(pty.destroy)
        return pty

    def assert_died_of(self, status, signo):
        self.assertTrue(os.WIFSIGNALED(status), status)
        self.assertEqual(os.WTERMSIG(status), signo)

    def test_ctrl_c_reaches_the_command_once(self):
        pty = self.pty("run", "owner/name", "python3", "-c", COUNTER)
        pty.until("ready")
        for _ in range(3):
            pty.type(CTRL_C)
            pty.until("interrupted")
        # Passed on by repolock, behind all that it could have passed on before.
        os.kill(pty.pid, signal.SIGUSR1)
        pty.until("count 3\r\n")
        self.assertEqual(pty.end(), (0, ""))

    def test_ctrl_c_in_a_pipeline_reaches_the_command_once(self):
        pty = self.script('trap : INT; "$REPOLOCK" run owner/name python3 -c "$COUNTER" | '
                          '(trap "" INT; cat)')
        pty.until("ready")
        pty.type(CTRL_C)
        pty.until("interrupted")
        os.kill(self.status()["holders"][0]["pid"], signal.SIGUSR1)
        pty.until("count 1")

    def test_ctrl_c_ends_the_script_around(self):
        pty = self.script('"$REPOLOCK" run owner/name sh -c "echo ready; exec sleep 1000"; '
                          'echo after')
        pty.until("ready")
        pty.type(CTRL_C)
        status, rest = pty.end()
        self.assert_died_of(status, signal.SIGINT)
        self.assertNotIn("after", rest)

    def test_ctrl_c_while_waiting(self):
        holder = self.hold()
        pty = self.script('"$REPOLOCK" run owner/name echo never; echo after')
        pty.until("waiting for owner/name")
        pty.type(CTRL_C)
        status, rest = pty.end()
        self.assert_died_of(status, signal.SIGINT)
        self.assertNotIn("after", rest)
        self.assertNotIn("never", rest)
        self.assertEqual(self.status()["waiters"], [])
        holder.end()

    def test_the_command_reads_from_the_terminal(self):
        pty = self.pty("run", "owner/name", "sh", "-c", "echo ready; read line; echo got $line")
        pty.until("ready")
        pty.type(b"words\n")
        pty.until("got words")
        self.assertEqual(pty.end()[0], 0)

    def test_in_a_pipeline_it_gets_the_terminal_when_it_asks(self):
        pty = self.script('"$REPOLOCK" run owner/name '
                          'sh -c "echo ready; read line </dev/tty; echo got \\$line" | cat')
        pty.until("ready")
        pty.type(b"words\n")
        pty.until("got words")
        self.assertEqual(pty.end()[0], 0)

    def test_a_neighbour_in_a_pipeline_keeps_the_terminal(self):
        # As a pager does it.
        pty = self.script('"$REPOLOCK" run owner/name echo ready | '
                          '(cat; read line </dev/tty; echo got $line)')
        pty.until("ready")
        pty.type(b"words\n")
        pty.until("got words")
        self.assertEqual(pty.end()[0], 0)

    def test_the_command_is_in_the_foreground(self):
        pty = self.pty("run", "owner/name", "python3", "-c",
                       "import os; print('front', os.tcgetpgrp(0) == os.getpgrp())")
        pty.until("front True")

    def test_the_terminal_comes_back(self):
        pty = self.script('"$REPOLOCK" run owner/name true; "$REPOLOCK" run owner/name false; '
                          'echo ready; read line; echo got $line')
        pty.until("ready")
        pty.type(b"words\n")
        pty.until("got words")
        self.assertEqual(pty.end()[0], 0)

    def test_ctrl_z_and_fg(self):
        pty = self.script('set -m; "$REPOLOCK" run owner/name sh -c '
                          '"trap \'echo awake\' CONT; echo ready; until read line; do :; done; '
                          'echo got \\$line"; '
                          'echo status $?; fg; echo end $?')
        pty.until("ready")
        pty.type(CTRL_Z)
        pty.until(f"status {128 + signal.SIGTSTP}")
        pty.until("awake")
        self.assertTrue(self.status()["held"])
        pty.type(b"words\n")
        pty.until("got words")
        pty.until("end 0")
        pty.end()

    def test_ctrl_z_where_nobody_could_continue_it(self):
        pty = self.pty("run", "owner/name", "sh", "-c",
                       "trap 'echo awake' CONT; echo ready; "
                       "until read line; do :; done; echo got $line")
        pty.until("ready")
        pty.type(CTRL_Z)
        pty.until("awake")
        pty.type(b"words\n")
        pty.until("got words")
        self.assertEqual(pty.end()[0], 0)

    def test_ctrl_z_while_waiting_leaves_the_queue(self):
        holder = self.hold()
        pty = self.script('set -m; "$REPOLOCK" run owner/name echo held; '
                          'echo status $?; read line; fg; echo end $?')
        pty.until("waiting for owner/name")
        pty.type(CTRL_Z)
        pty.until(f"status {128 + signal.SIGTSTP}")
        self.assertEqual(self.status()["waiters"], [])
        pty.type(b"\n")
        pty.until("waiting for owner/name")
        holder.end()
        pty.until("held")
        pty.until("end 0")

    def test_the_waiting_line_is_kept_in_place_and_taken_away(self):
        holder = self.hold("owner/name", "--reason", "gc")
        pty = self.pty("run", "owner/name", "echo", "granted")
        line = (r"\r\x1b\[Krepolock: waiting for owner/name: "
                r"held by gc \(pid \d+, [^)]+\) for \d+s, you are next")
        pty.until(line)
        pty.until(line)  # again, a second older
        holder.end()
        pty.until(r"^(\r\x1b\[Krepolock: [^\r\n]*)*\r\x1b\[Kgranted\r\n")
        self.assertEqual(pty.end(), (0, ""))

    def test_the_waiting_line_is_cut_at_the_edge(self):
        self.hold("owner/name", "--reason", "a rather long reason")
        pty = self.pty("run", "owner/name", "true", columns=40)
        pty.until(r"\r\x1b\[K(repolock: waiting for owner/name: he\.\.\.)\r")


if __name__ == "__main__":
    unittest.main()
