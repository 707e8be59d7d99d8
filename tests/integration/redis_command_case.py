"""A test of the command with its locks in a redis-server of its own, or in three that decide together."""

import json
import os
from unittest import mock

from command_support import CommandTest
from redis_support import Server

REPO = "owner/name"
# The user of docs/operations.md, "Redis".
RIGHTS = """resetkeys ~repolock:* resetchannels &repolock:* -@all
+info +eval +evalsha +publish +subscribe +ping +scan
+get +set +mget +del +exists +pttl +pexpire +expire +time +hget +hset +hdel +hmget
+zadd +zrem +zrange +zrevrange +zrangebyscore +zscore +zrank +zcard""".split()
SECRET = "gu3ss-m3"


class RedisTest(CommandTest):
    OPTIONS = ("--appendonly", "yes", "--appendfsync", "always")

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.OPTIONS)
        cls.addClassCleanup(cls.server.destroy)
        cls.redis = cls.server.connect()
        cls.addClassCleanup(cls.redis.close)

    def setUp(self):
        super().setUp()
        self.redis("FLUSHALL")
        self.url = f"redis+unix://{self.server.path}"
        self.env["REPOLOCK_URL"] = self.url

    def user(self, name="locks", password=SECRET, rights=(), given=None):
        """Makes it, for this test; gives the URL with it."""
        self.redis("ACL", "SETUSER", name, "reset", "on", f">{password}", *RIGHTS, *rights)
        self.addCleanup(self.redis, "ACL", "DELUSER", name)
        return f"redis+unix://{name}:{given or password}@{self.server.path}"


class QuorumTest(CommandTest):
    """Three servers that decide together."""

    def setUp(self):
        super().setUp()
        self.servers = [self.server() for _ in range(3)]
        self.url = self.url_of(self.servers)
        self.env["REPOLOCK_URL"] = self.url

    def server(self, environment=None):
        with mock.patch.dict(os.environ, environment or {}):
            server = Server(*RedisTest.OPTIONS)
        self.addCleanup(server.destroy)
        return server

    @staticmethod
    def url_of(servers):
        return "redis+quorum://" + ",".join(f"unix:{server.path}" for server in servers)

    def kill(self, *servers):
        for server in servers:
            server.process.kill()
            server.process.wait()

    def findings(self, *options):
        """Of the doctor: [(server, message)]."""
        out, _ = self.check(1, *options, "doctor", "--json")
        return [(each["host"], each["message"]) for each in map(json.loads, out.splitlines())]
