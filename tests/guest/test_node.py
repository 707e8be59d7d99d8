#!/usr/bin/env python3
"""Node as a host, with a bare N-API addon: its event loop may be blocked, it stays its own, and the
process ends by itself."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.append(os.path.join(os.environ["REPOLOCK_SOURCE_DIR"], "tests/integration"))
from redis_support import Server, skip_without_redis

NODE = shutil.which("node") or shutil.which("nodejs")
ADDON = os.environ.get("REPOLOCK_ADDON", "")
HOST = Path(__file__).with_name("node") / "host.js"


class Node(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.addClassCleanup(server.destroy)
        cls.redis = f"redis+unix://{server.path}"

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="repolock-test-")
        self.addCleanup(shutil.rmtree, self.directory)

    def host(self, url, end):
        """A host that hangs is ended, and has failed."""
        done = subprocess.run([NODE, HOST, url, end], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Awell, with libuv \S+\n\Z")

    def test_it_ends_by_itself(self):
        for url in ("memory:node", "file://" + self.directory):
            self.host(url, "close")

    def test_it_ends_by_itself_with_a_client_and_a_lease(self):
        for url in ("memory:node", "file://" + self.directory, self.redis):
            self.host(url, "leave")


if __name__ == "__main__":
    if not NODE or not os.path.exists(ADDON):
        print("SKIP guest/node:", "no node" if not NODE else "no node_api.h when it was built")
        sys.exit(77)
    skip_without_redis()
    unittest.main()
