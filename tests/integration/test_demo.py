#!/usr/bin/env python3
"""The main job, small: with the lock, without it, interrupted, and with a wrong URL."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

SOURCE = Path(os.environ["REPOLOCK_SOURCE_DIR"])
WORKER = os.environ["REPOLOCK_WORKER"]


class Demo(unittest.TestCase):
    def setUp(self):
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)
        self.build = Path(self._directory.name, "build")
        self.scratch = Path(self._directory.name, "scratch")
        self.scratch.mkdir()

    def start(self, *flags):
        return subprocess.Popen(
            [sys.executable, SOURCE / "bindings/c/examples/demo", "--worker", WORKER,
             "--build", self.build, "--jobs", "40", "--repos", "3", "--workers", "4", *flags],
            env={**os.environ, "TMPDIR": str(self.scratch)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_demo(self, *flags):
        with self.start(*flags) as process:
            out, err = process.communicate()
        self.assertEqual(self.left_behind(), [])
        return process.returncode, out, err

    def left_behind(self):
        """But for what the thread sanitizer makes for itself as a program begins."""
        return [path for path in self.scratch.iterdir() if not path.name.startswith("tsan.")]

    def number(self, pattern, text):
        found = re.search(pattern, text)
        self.assertIsNotNone(found, f"no {pattern!r} in:\n{text}")
        return int(found[1])

    def check_picture(self, name, title):
        root = xml.etree.ElementTree.parse(self.build / name).getroot()
        texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn(title, texts[0])

    def test_with_the_lock_nothing_overlaps(self):
        status, out, err = self.run_demo()
        self.assertEqual(status, 0, out + err)
        self.assertEqual(self.number(r"(\d+) overlaps in 40 jobs by 4 workers", out), 0)
        self.assertIn("kill -9 at", out)
        self.check_picture("demo.svg", "0 overlaps")

    def test_an_upstream_that_is_away_opens_a_breaker_and_loses_no_job(self):
        status, out, err = self.run_demo("--workers", "2", "--jobs", "24", "--outage", "1")
        self.assertEqual(status, 0, out + err)
        self.assertGreater(self.number(r"breakers opened (\d+) times", out), 0)

    def test_a_lock_that_excludes_nobody_is_found_out(self):
        # Each process has a memory of its own.
        status, out, _ = self.run_demo("--url", "memory:demo", "--jobs", "16")
        self.assertEqual(status, 1)
        self.assertGreater(self.number(r"overlaps: (\d+) by the workers' clocks", out), 0)
        self.assertGreater(self.number(r"clocks, (\d+) by the witness files", out), 0)

    def test_without_the_lock_the_damage_is_counted(self):
        status, out, err = self.run_demo("--lock", "off", "--jobs", "16")
        self.assertEqual(status, 0, out + err)
        self.assertGreater(self.number(r"(\d+) overlaps in 16 jobs .* without the lock", out), 0)
        self.assertGreater(self.number(r"(\d+) failed git operations, \d+ torn", out), 0)
        self.check_picture("demo-without-lock.svg", "without the lock")

    def test_an_interrupt_leaves_nothing_behind(self):
        with self.start() as process:
            for line in process.stdout:
                if " workers " in line:  # they run
                    break
            process.send_signal(signal.SIGINT)
            process.communicate()
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.left_behind(), [])
        running = subprocess.run(["pgrep", "--full", str(self.scratch)], stdout=subprocess.PIPE)
        self.assertEqual(running.stdout, b"")

    def test_a_wrong_url_is_told(self):
        status, _, err = self.run_demo("--url", "gopher:nowhere")
        self.assertEqual(status, 1)
        self.assertIn("gopher", err)


if __name__ == "__main__":
    unittest.main()
