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
        self.assertEqual(first["REPOLOCK_HELD"], first["REPOLOCK_ID"])
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


RUN = [COMMAND, "run"]


class Nested(CommandTest):
    def assert_refused(self, ended):
        code, out, err = ended
        self.assertEqual((code, out), (64, ""))
        self.assertIn("would wait for itself", err)

    def nested(self, repo):
        return self.repolock("run", "owner/name", COMMAND, "run", repo, "echo", "inside")

    def test_on_the_same_repository_is_refused_at_once(self):
        for repo in ("owner/name", "git@github.com:Owner/Name.git"):
            self.assert_refused(self.nested(repo))

    def test_also_without_waiting(self):
        self.assert_refused(self.repolock("run", "owner/name", *RUN, "-n", "owner/name", "true"))

    def test_also_with_others_between(self):
        self.assert_refused(self.repolock("run", "owner/name", *RUN, "owner/other", *RUN, "a/third",
                                          *RUN, "owner/name", "true"))

    def test_on_another_one_is_fine(self):
        self.assertEqual(self.nested("owner/other")[:2], (0, "inside\n"))

    def test_the_leases_around_are_in_the_environment(self):
        out, _ = self.check(0, "run", "a/a", "sh", "-c",
                            'echo $REPOLOCK_ID; exec "$0" run b/b sh -c "$1"', COMMAND,
                            "echo $REPOLOCK_ID; echo $REPOLOCK_HELD")
        outer, inner, held = out.splitlines()
        self.assertEqual(held, f"{outer} {inner}")

    def test_shared_in_shared_is_fine_unless_it_had_to_wait(self):
        shared = [*RUN, "-s", "owner/name"]
        self.assertEqual(self.check(0, *shared[1:], *shared, "echo", "inside")[0], "inside\n")
        holder = self.hold("owner/name", "-s",
                           script=f'echo held; read line; exec {COMMAND} run -s owner/name true')
        self.queue("-x")
        holder.say("go on")
        self.assert_refused(holder.end())

    def test_the_same_name_elsewhere_is_another_lock(self):
        elsewhere = self.directory / "elsewhere"
        elsewhere.mkdir()
        self.check(0, "run", "owner/name", *RUN, "--backend", f"file://{elsewhere}", "owner/name",
                   "true")

    def test_what_was_left_in_the_background_may_lock_again(self):
        fifo = self.directory / "fifo"
        os.mkfifo(fifo)
        run = self.start("run", "owner/name", "sh", "-c",
                         f"(read line <{fifo}; exec {COMMAND} run owner/name echo again) &")
        self.assertEqual(run.process.wait(), 0)
        other = self.hold("owner/name")
        fifo.write_text("now\n")
        self.assertIn("waiting for owner/name", run.err())
        other.end()
        self.assertEqual(run.out(), "again")


if __name__ == "__main__":
    unittest.main()
