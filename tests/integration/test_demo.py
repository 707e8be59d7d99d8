#!/usr/bin/env python3
"""The main job, small: with the lock, without it, on a server that is killed, interrupted, and with
a wrong URL."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

SOURCE = Path(os.environ["REPOLOCK_SOURCE_DIR"])
WORKER = os.environ["REPOLOCK_WORKER"]
DEMO = SOURCE / "bindings/c/examples/demo"
PATIENCE = 60  # seconds, for what must come
# Says the server's pid, and stays.
START_SERVER = """import sys
sys.path.insert(0, sys.argv[1])
import servers
server = servers.Server(sys.argv[2] + "/redis-1")
server.start()
print(server.pid, flush=True)
sys.stdin.read()"""


class Demo(unittest.TestCase):
    def setUp(self):
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)
        self.build = Path(self._directory.name, "build")
        self.scratch = Path(self._directory.name, "scratch")
        self.scratch.mkdir()

    def start(self, *flags, **environment):
        return subprocess.Popen(
            [sys.executable, DEMO, "--worker", WORKER,
             "--build", self.build, "--jobs", "40", "--repos", "3", "--workers", "4", *flags],
            env={**os.environ, "TMPDIR": str(self.scratch), **environment}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_demo(self, *flags, **environment):
        with self.start(*flags, **environment) as process:
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

    def test_on_a_server_that_is_killed_nothing_overlaps(self):
        self.needs_redis()
        status, out, err = self.run_demo("--url", "redis:auto")
        self.assertEqual(status, 0, out + err)
        self.assertEqual(self.number(r"(\d+) overlaps in 40 jobs by 4 workers", out), 0)
        self.assertEqual(self.number(r"jobs: (\d+) lost", out), 0)
        self.assertRegex(out, r"kill -9 at .* redis-1; back [\d.]+ s later; the next lease")
        self.assert_nothing_runs()

    def test_on_five_servers_one_may_be_killed(self):
        self.needs_redis()
        status, out, err = self.run_demo("--url", "quorum:auto")
        self.assertEqual(status, 0, out + err)
        self.assertEqual(self.number(r"(\d+) overlaps in 40 jobs by 4 workers", out), 0)
        self.assertEqual(self.number(r"fences out of order: (\d+)", out), 0)
        self.assertEqual(self.number(r"jobs: (\d+) lost", out), 0)
        self.assertRegex(out, r"kill -9 at .* redis-5, one of 5; back [\d.]+ s later; \d+ leases "
                              r"began meanwhile; jobs put back: none")
        self.assert_nothing_runs()

    def test_what_no_server_can_be_started_for_is_told(self):
        status, out, err = self.run_demo("--url", "gopher:auto")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("gopher:auto: only redis:auto and quorum:auto start servers", err)
        for url in ("redis:auto", "quorum:auto"):
            status, out, err = self.run_demo("--url", url, PATH="/nowhere")
            self.assertEqual((status, out), (1, ""))
            self.assertRegex(err, f"^demo: URL={url} needs the program redis-server: install it")

    def test_an_interrupt_leaves_nothing_behind(self):
        self.interrupt()

    def test_neither_of_servers(self):
        self.needs_redis()
        self.interrupt("--url", "redis:auto")

    def interrupt(self, *flags):
        with self.start(*flags) as process:
            for line in process.stdout:
                if " workers " in line:  # they run
                    break
            process.send_signal(signal.SIGINT)
            process.communicate()
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.left_behind(), [])
        self.assert_nothing_runs()

    def test_a_server_dies_with_a_demo_that_is_killed(self):
        self.needs_redis()
        demo = subprocess.Popen(
            [sys.executable, "-B", "-c", START_SERVER, DEMO, self.scratch], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with demo:
            server = os.pidfd_open(int(demo.stdout.readline()))
            self.addCleanup(os.close, server)
            demo.kill()
        ended, _, _ = select.select([server], [], [], PATIENCE)
        self.assertTrue(ended)

    def assert_nothing_runs(self):
        running = subprocess.run(["pgrep", "--full", str(self.scratch)], stdout=subprocess.PIPE)
        self.assertEqual(running.stdout, b"")

    def needs_redis(self):
        if not shutil.which("redis-server"):
            self.skipTest("no redis-server here")

    def test_a_wrong_url_is_told(self):
        status, _, err = self.run_demo("--url", "gopher:nowhere")
        self.assertEqual(status, 1)
        self.assertIn("gopher", err)


if __name__ == "__main__":
    unittest.main()
