#!/usr/bin/env python3
"""repolock run: what the command finds, and how its end becomes ours."""

import os
import signal
import subprocess
import unittest

from command_support import COMMAND, CommandTest

# The signals 1 to 32: the C library keeps the lowest real-time ones for itself.
SIGNAL_LINES = "sed -En 's/^(Sig(Blk|Ign|Cgt):).*([0-9a-f]{8})$/\\1\\3/p' /proc/self/status"


class Run(CommandTest):
    def test_the_command_s_own_status(self):
        for status in (0, 1, 7, 75, 255):
            self.check(status, "run", "owner/name", "sh", "-c", f"exit {status}")

    def test_128_and_the_signal_it_died_of(self):
        for signo in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
            self.check(128 + signo, "run", "owner/name", "sh", "-c", f"kill -{signo} $$")

    def test_126_and_127_when_it_cannot_be_executed(self):
        _, err = self.check(127, "run", "owner/name", "no-such-command-here")
        self.assertIn("no-such-command-here", err)
        plain = self.directory / "plain"
        plain.write_text("not executable")
        _, err = self.check(126, "run", "owner/name", plain)
        self.assertIn(str(plain), err)
        self.assertFalse(self.status()["held"])

    def test_stdin_stdout_and_stderr_are_untouched(self):
        out, err = self.check(0, "run", "owner/name", "sh", "-c", "cat; echo problem >&2",
                              input="a\0b\n")
        self.assertEqual((out, err), ("a\0b\n", "problem\n"))

    def test_arguments_are_passed_as_they_are(self):
        out, _ = self.check(0, "run", "owner/name",
                            "printf", "%s|", "-n", "--json", "a b", "", "$HOME", "*")
        self.assertEqual(out, "-n|--json|a b||$HOME|*|")
        out, _ = self.check(0, "run", "-n", "owner/name", "--", "printf", "%s|", "--", "-c")
        self.assertEqual(out, "--|-c|")

    def test_a_shell_only_for_c(self):
        line = "echo $REPOLOCK_REPO | tr a-z A-Z"
        for words in (["-c", line, "owner/name"], ["owner/name", "-c", line],
                      [f"--command={line}", "owner/name"]):
            out, _ = self.check(0, "run", *words)
            self.assertEqual(out, "OWNER/NAME\n")

    def test_the_environment(self):
        names = tuple("REPOLOCK_" + each for each in ("HELD", "REPO", "ID", "TOKEN", "PREVIOUS"))
        seen = []
        for name in ("Owner/Name", "https://github.com/owner/name.git"):
            out, _ = self.check(0, "run", name, "env", env={"REPOLOCK_TOKEN": "1"})
            pairs = [line.split("=", 1) for line in out.splitlines() if line.startswith(names)]
            self.assertEqual(sorted(key for key, _ in pairs), sorted(names))
            seen.append(dict(pairs))
        first, second = seen
        self.assertEqual(first["REPOLOCK_HELD"], "1")
        self.assertEqual(first["REPOLOCK_PREVIOUS"], "none")
        self.assertEqual(second["REPOLOCK_PREVIOUS"], "released")
        self.assertEqual(first["REPOLOCK_REPO"], second["REPOLOCK_REPO"])
        self.assertRegex(first["REPOLOCK_ID"], "^[0-9a-f]{32}$")
        self.assertNotEqual(first["REPOLOCK_ID"], second["REPOLOCK_ID"])
        self.assertLess(int(first["REPOLOCK_TOKEN"]), int(second["REPOLOCK_TOKEN"]))

    def bare(self, *argv, **run):
        return subprocess.run(argv, env=self.env, text=True, stdout=subprocess.PIPE, check=True,
                              stdin=subprocess.DEVNULL, **run).stdout

    def test_no_descriptor_leaks_into_the_command(self):
        listing = ("ls", "/proc/self/fd")
        out, _ = self.check(0, "run", "owner/name", *listing)
        self.assertEqual(out, self.bare(*listing))

    def test_descriptors_of_the_caller_reach_the_command(self):
        read, write = os.pipe()
        self.check(0, "run", "owner/name", "sh", "-c", f"echo hello >&{write}", pass_fds=[write])
        os.close(write)
        with open(read) as text:
            self.assertEqual(text.read(), "hello\n")

    def test_signals_are_as_the_caller_had_them(self):
        def odd():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGTERM])
        for prepare in (None, odd):
            run = {"preexec_fn": prepare}
            out, _ = self.check(0, "run", "owner/name", "sh", "-c", SIGNAL_LINES, **run)
            self.assertEqual(out, self.bare("sh", "-c", SIGNAL_LINES, **run))

    def test_what_it_leaves_in_the_background_lives_on_without_the_lock(self):
        fifo = self.directory / "fifo"
        os.mkfifo(fifo)
        run = self.start("run", "owner/name", "sh", "-c",
                         f"(read line <{fifo}; echo late) & echo early")
        self.assertEqual((run.out(), run.process.wait()), ("early", 0))
        self.assertFalse(self.status()["held"])
        fifo.write_text("now\n")
        self.assertEqual(run.out(), "late")

    def test_verbose(self):
        _, err = self.check(0, "run", "-v", "owner/name", "true")
        self.assertRegex(err, r"^repolock: obtained the lock of owner/name after .*\n"
                              r"repolock: released the lock of owner/name\n$")


class Nested(CommandTest):
    def nested(self, repo):
        return self.repolock("run", "owner/name", COMMAND, "run", repo, "echo", "inside")

    def test_on_the_same_repository_is_refused_at_once(self):
        for repo in ("owner/name", "git@github.com:Owner/Name.git"):
            code, out, err = self.nested(repo)
            self.assertEqual((code, out), (64, ""))
            self.assertIn("REPOLOCK_HELD", err)

    def test_on_another_one_is_fine(self):
        self.assertEqual(self.nested("owner/other")[:2], (0, "inside\n"))


if __name__ == "__main__":
    unittest.main()
