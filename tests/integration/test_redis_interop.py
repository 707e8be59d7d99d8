#!/usr/bin/env python3
"""node-redlock and redis-py, the real packages, and repolock exclude each other on one key
(redis.lock_key), on one server and, node-redlock, on three."""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

from command_support import COMMAND, PATIENCE, CommandTest, Started
from redis_support import Server, skip_without_redis

REPO = "owner/name"
KEY = f"lock:{REPO}"
LONG, SHORT = 60_000, 500  # ttls: for who lives, and for who is killed
PROGRAMS = Path(__file__).with_name("interop")
PACKAGES = Path(os.environ["REPOLOCK_BUILD_DIR"], "tests/interop")
NODE = shutil.which("node") or shutil.which("nodejs")
OPTION = ("--option", "redis.lock_key=lock:{name}")
ROUNDS = f"""for i in 1 2 3 4 5; do
  {COMMAND} run {' '.join(OPTION)} {REPO} -- sh -c 'mkdir "$1" && rmdir "$1"' sh "$1" || exit
done"""


def install_packages():
    """Those of package-lock.json, unless they are there already."""
    wanted = (PROGRAMS / "package-lock.json").read_text()
    there = PACKAGES / "package-lock.json"
    if (PACKAGES / "node_modules").exists() and there.read_text() == wanted:
        return
    shutil.rmtree(PACKAGES, ignore_errors=True)
    PACKAGES.mkdir(parents=True)
    shutil.copy(PROGRAMS / "package.json", PACKAGES)
    there.write_text(wanted)
    try:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=PACKAGES,
                       check=True, stdout=subprocess.DEVNULL)
    except BaseException:
        shutil.rmtree(PACKAGES)
        raise


class Peer:
    """What is so of each library, on each number of servers."""

    ARGV = ()
    SERVERS = 1

    @classmethod
    def setUpClass(cls):
        cls.servers = [None] * cls.SERVERS
        for i in range(cls.SERVERS):
            cls.replace(i)

    @classmethod
    def replace(cls, i):
        cls.servers[i] = Server("--appendonly", "yes")
        cls.addClassCleanup(cls.servers[i].destroy)

    def setUp(self):
        super().setUp()
        self.redis = [server.connect() for server in self.servers]
        for redis in self.redis:
            self.addCleanup(redis.close)
            redis("FLUSHALL")
        paths = [server.path for server in self.servers]
        self.url = (f"redis+unix://{paths[0]}" if len(paths) == 1 else
                    "redis+quorum://" + ",".join(f"unix:{path}" for path in paths))
        self.env["REPOLOCK_URL"] = self.url

    def argv(self, *words):
        return super().argv(*OPTION, *words)

    def theirs(self, task, ttl=LONG):
        witness = self.directory / "witness"
        paths = [server.path for server in self.servers]
        env = {**os.environ, "NODE_PATH": str(PACKAGES / "node_modules")}
        peer = Started([*self.ARGV, task, KEY, str(ttl), str(witness), *paths], env=env)
        self.addCleanup(peer.destroy)
        return peer

    def assert_held(self, peer):
        self.assertEqual(peer.out(), "held")

    def holds(self, ttl=LONG):
        peer = self.theirs("hold", ttl)
        self.assert_held(peer)
        return peer

    # ---- One excludes the other --------------------------------------------------------------

    def test_theirs_excludes_ours(self):
        peer = self.holds()
        _, err = self.check(75, "run", "-n", REPO, "true")
        self.assertRegex(err, r"Holder: +[0-9a-f]{32} \(another library's lock\)\n")
        self.assertIn("another library's lock", self.check(0, "status", REPO)[0])
        self.assertIn("another library's lock", self.check(0, "ls")[0])
        self.assertEqual(peer.end()[:2], (0, "released\n"))
        self.check(0, "run", "-n", REPO, "true")

    def test_ours_excludes_theirs(self):
        holder = self.hold()
        self.assertEqual(self.theirs("try").end()[:2], (0, "busy\n"))
        self.assertEqual(holder.end()[0], 0)
        self.assert_held(self.theirs("try"))

    def test_ours_waits_for_theirs(self):
        peer = self.holds()
        first, second = self.queue(), self.queue()
        self.assertIn("another library's lock", first.waiting)
        self.assertEqual(peer.end()[1], "released\n")
        self.assertEqual(first.out(), "held")
        first.end()
        self.assertEqual(second.out(), "held")

    def test_theirs_waits_for_ours(self):
        holder = self.hold()
        peer = self.theirs("hold")
        self.assertEqual(self.theirs("try").end()[1], "busy\n")
        self.assertEqual(holder.end()[0], 0)
        self.assert_held(peer)

    def test_in_a_crowd_nobody_meets_anybody(self):
        witness = str(self.directory / "witness")
        ours = [Started(["sh", "-c", ROUNDS, "sh", witness], env=self.env) for _ in range(2)]
        for one in ours:
            self.addCleanup(one.destroy)
        theirs = [self.theirs("rounds") for _ in range(2)]
        for one in ours + theirs:
            code, _, err = one.end()
            self.assertEqual(code, 0, err)

    # ---- A holder is killed ------------------------------------------------------------------

    def test_theirs_is_killed_and_ours_goes_on(self):
        peer = self.holds(SHORT)
        waiter = self.queue()
        peer.kill()
        self.assertEqual(waiter.out(), "held")

    def test_ours_is_killed_and_theirs_goes_on(self):
        holder = self.hold(REPO, "--ttl", f"{SHORT}ms")
        peer = self.theirs("hold")
        holder.kill()
        self.assert_held(peer)

    # ---- What nobody may do ------------------------------------------------------------------

    def test_a_lease_that_was_deleted_is_lost_and_not_taken_again(self):
        holder = self.hold(REPO, "--ttl", f"{SHORT}ms")
        for redis in self.redis:
            redis("DEL", KEY)
        self.assertEqual(holder.process.wait(PATIENCE), 123)
        self.assert_held(self.theirs("try"))

    def test_theirs_is_broken_by_its_id(self):
        peer = self.holds()
        waiter = self.queue()
        lease = self.status()["holders"][0]["id"]
        self.assertRegex(lease, "^[0-9a-f]{32}$")
        self.check(0, "break", REPO, "--id", lease)
        self.assertEqual(waiter.out(), "held")
        self.assertEqual(peer.end()[1], "lost\n")
        self.check(75, "run", "-n", REPO, "true")  # nor is ours harmed by their release


class RedisPy(Peer, CommandTest):
    ARGV = ("/usr/bin/python3", PROGRAMS / "redis_py.py")  # of Debian, as its python3-redis is


class NodeRedlock(Peer, CommandTest):
    ARGV = (NODE, PROGRAMS / "node_redlock.js")


class NodeRedlockOnThree(NodeRedlock):
    SERVERS = 3

    def test_one_is_lost_and_they_still_exclude_each_other(self):
        holder = self.hold()
        self.addCleanup(self.replace, 0)
        self.servers[0].process.kill()
        self.servers[0].process.wait()
        self.assertEqual(self.theirs("try").end()[1], "busy\n")
        peer = self.theirs("hold")
        holder.end()
        self.assert_held(peer)
        self.check(75, "run", "-n", REPO, "true")


class Settings(CommandTest):
    """What all must have in common, and what cannot be."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--appendonly", "yes")
        cls.addClassCleanup(cls.server.destroy)

    def setUp(self):
        super().setUp()
        self.env["REPOLOCK_URL"] = f"redis+unix://{self.server.path}"
        self.redis = self.server.connect()
        self.addCleanup(self.redis.close)
        self.redis("FLUSHALL")

    def test_who_has_not_the_lock_key_is_refused(self):
        self.check(0, *OPTION, "run", REPO, "true")
        _, err = self.check(70, "run", REPO, "true")
        self.assertIn("another configuration", err)

    def test_shared_leases_are_refused(self):
        _, err = self.check(64, *OPTION, "run", "-s", REPO, "true")
        self.assertIn("no shared locks", err)

    def test_what_is_no_lock_key(self):
        for wrong in ("lock:", "{name} {name}", "repolock:{name}", "a b{name}", "{x}{name}"):
            _, err = self.check(64, "--option", f"redis.lock_key={wrong}", "run", REPO, "true")
            self.assertIn("redis.lock_key", err)

    def test_ls_passes_over_what_is_no_lock(self):
        self.redis("RPUSH", "lock:a list", "x")
        self.start(*OPTION, "run", REPO, "sh", "-c", "echo held; cat").out()
        self.assertEqual(self.check(0, *OPTION, "ls", "-q")[0], f"{REPO}\n")


if __name__ == "__main__":
    skip_without_redis()
    install_packages()
    unittest.main()
