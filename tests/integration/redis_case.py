"""A test of the scripts: a server for the class, emptied and let in for each test."""

import unittest

from redis_support import Node, RedisError, Server, Subscriber, keys_of

REPO = "owner/name"
A, B, C, D, E = (f"{digit * 32}" for digit in "abcde")
RELEASED, EXPIRED, BROKEN = 1, 3, 4
ATTEMPT = 0  # REL of what was not obtained
DAY_US, WEEK_S = 86400000000, 604800


class ScriptTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.destroy)
        cls.redis = cls.server.connect()
        cls.addClassCleanup(cls.redis.close)
        cls.subscriber = Subscriber(cls.server.path, "repolock:to:*")
        cls.addClassCleanup(cls.subscriber.close)
        cls.node = Node(cls.redis)

    def setUp(self):
        self.redis("FLUSHALL")
        self.subscriber.news()
        self.assertEqual(self.node.guard("first").word, "ADMITTED")

    # ---- What is seen ------------------------------------------------------------------------

    def f(self, name=REPO):
        return self.redis("GET", keys_of(name).f)

    def l(self, name=REPO):
        return self.redis("GET", keys_of(name).l)

    def everything(self):
        """All keys with their contents; no times to live."""
        return {key: self._content(key)
                for key in sorted(self.redis("KEYS", "*"))}

    def _content(self, key):
        read = {"string": ["GET", key], "hash": ["HGETALL", key],
                "zset": ["ZRANGE", key, 0, -1, "WITHSCORES"], "list": ["LRANGE", key, 0, -1]}
        return self.redis(*read[self.redis("TYPE", key)])

    def news(self):
        return self.subscriber.news()

    def unchanged(self, act):
        """What act() gives; it must have written nothing."""
        before = self.everything()
        result = act()
        self.assertEqual(self.everything(), before)
        return result

    # ---- What is done ------------------------------------------------------------------------

    def grant(self, lease, att=1, name=REPO, **how):
        got = self.node.acq(name, lease, att, **how)
        self.assertEqual(got.word, "GRANT", got)
        return got

    def queue(self, lease, place=None, name=REPO, channel=None, **how):
        """Stands in the queue; its client is named after the lease."""
        channel = channel or f"repolock:to:{lease[0]}"
        got = self.node.acq(name, lease, wait=True, channel=channel, **how)
        self.assertEqual(got.word, "HELD", got)
        if place is not None:
            self.assertEqual(got.place, place)
        return got

    def waiting(self, name=REPO):
        return [row[1].partition(":")[0] for row in self.node.inspect(name).waiters]

    # ---- Time passes -------------------------------------------------------------------------

    def lapse(self, name=REPO):
        """The lease, or the claim, in L has run out."""
        self.assertEqual(self.redis("DEL", keys_of(name).l), 1)

    def lapse_reader(self, lease, att=1, name=REPO):
        self.redis("ZADD", keys_of(name).r, self.node.now() - 1, f"{lease}:{att}")

    def change_waiter(self, lease, name=REPO, silent_for=None, last=None):
        w = keys_of(name).w
        words = self.redis("HGET", w, lease).split(" ", 5)
        if silent_for is not None:
            words[0] = str(self.node.now() - silent_for)
        if last is not None:
            words[4] = str(last)
        self.redis("HSET", w, lease, " ".join(words))


def error_of(call, *args, **kwargs):
    """The message of the error that the server answers."""
    try:
        got = call(*args, **kwargs)
    except RedisError as error:
        return str(error)
    raise AssertionError(f"no error, but {got}")
