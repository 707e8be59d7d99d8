#!/usr/bin/env python3
"""The guard of the Redis backend on a real redis-server: which node votes, and when. Each test
names the rule it checks."""

import unittest

from redis_case import A, B, REPO, ScriptTest
from redis_support import Node, skip_without_redis


class Guard(ScriptTest):
    """Run 1 was let in at its first use; a client of run 2 has connected to what came after it."""

    def setUp(self):
        super().setUp()
        self.again = Node(self.redis, run_id="run-2", load=False)

    def hgetall(self):
        pairs = self.redis("HGETALL", self.node.GUARD)
        return dict(zip(pairs[::2], pairs[1::2]))

    def wait_is_over(self):
        self.redis("HINCRBY", self.node.GUARD, "pending_since", -self.node.cap)

    def test_first_use_is_let_in_at_once_with_a_floor_ahead_of_the_clock(self):
        got = self.node.guard("look")
        self.assertEqual(got.word, "ADMITTED")
        self.assertTrue(1_000_000 < got.value - self.node.now() * 1000 <= 2_000_000)
        self.assertEqual(set(self.hgetall()), {"run_id", "config", "cap", "floor"})

    def test_many_who_start_together_let_it_in_once(self):
        self.redis("FLUSHALL")
        floors = {self.node.guard("first").value for _ in range(8)}
        self.assertEqual(len(floors), 1)

    def test_look_changes_nothing(self):
        for node, word in ((self.node, "ADMITTED"), (self.again, "OTHER")):
            self.assertEqual(self.unchanged(lambda n=node: n.guard("look")).word, word)
        self.redis("FLUSHALL")
        self.assertEqual(self.unchanged(lambda: self.node.guard("look")).word, "MISSING")

    def test_without_a_guard_no_script_has_an_effect(self):
        self.redis("FLUSHALL")
        self.refused(self.node)

    def test_of_another_run_neither(self):
        self.refused(self.again)

    def test_of_another_configuration_neither(self):
        self.refused(Node(self.redis, config="config-2", load=False))

    def refused(self, node):
        for act in (lambda: node.acq(REPO, A).word, lambda: node.acq(REPO, A, wait=True).word,
                    lambda: node.hold(REPO, A, 2**50), lambda: node.share(REPO, A, 2**50),
                    lambda: node.beat({REPO: [A]}), lambda: node.check(REPO, A).word,
                    lambda: node.end(REPO, A), lambda: node.inspect(REPO).word):
            self.assertEqual(self.unchanged(act), "GUARD")

    def test_another_configuration_is_refused_and_named(self):
        for want in ("look", "first", "wait", "survived", "now"):
            got = self.unchanged(lambda w=want: self.again.guard(w, config="config-2"))
            self.assertEqual((got.word, got.value), ("CONFIG", "config-1"))

    def test_another_run_is_not_a_first_use(self):
        got = self.unchanged(lambda: self.again.guard("first"))
        self.assertEqual((got.word, got.value), ("OTHER", "run-1"))

    def test_another_run_waits_for_the_cap_since_the_first_who_asked(self):
        got = self.again.guard("wait")
        self.assertEqual((got.word, got.value, got.run_id), ("PENDING", self.node.cap, "run-1"))
        self.redis("HINCRBY", self.node.GUARD, "pending_since", -1000)
        self.assertLessEqual(self.again.guard("wait").value, self.node.cap - 1000)  # not begun anew
        self.assertEqual(self.again.guard("look").word, "PENDING")
        self.assertEqual(self.again.guard("first").word, "PENDING")
        self.refused(self.again)
        self.wait_is_over()
        self.assertEqual(self.again.guard("look").word, "PENDING")  # somebody must let it in
        self.assertEqual(self.again.guard("wait").word, "ADMITTED")
        self.assertEqual(self.hgetall()["run_id"], "run-2")
        self.assertEqual(set(self.hgetall()), {"run_id", "config", "cap", "floor"})

    def test_a_guard_that_is_missing_can_be_made_to_wait_too(self):
        self.redis("FLUSHALL")
        self.assertEqual(self.node.guard("wait").word, "PENDING")
        self.assertEqual(self.node.guard("first").word, "PENDING")
        self.refused(self.node)
        self.wait_is_over()
        self.assertEqual(self.node.guard("wait").word, "ADMITTED")

    def test_a_second_restart_begins_the_wait_anew(self):
        self.again.guard("wait")
        self.wait_is_over()
        third = Node(self.redis, run_id="run-3", load=False)
        self.assertEqual(third.guard("look").word, "OTHER")
        self.assertEqual(third.guard("wait").word, "PENDING")
        self.assertEqual(self.again.guard("wait").word, "PENDING")

    def test_a_clock_that_went_back_begins_it_anew(self):
        self.again.guard("wait")
        self.redis("HINCRBY", self.node.GUARD, "pending_since", 10**8)
        self.assertEqual(self.again.guard("wait").value, self.node.cap)

    def test_wait_does_not_undo_an_admission(self):
        self.assertEqual(self.unchanged(lambda: self.node.guard("wait")).word, "ADMITTED")

    def test_the_floor_never_goes_down(self):
        high = self.node.now() * 1000 + 10**9
        self.redis("HSET", self.node.GUARD, "floor", high)
        self.assertEqual(self.again.guard("now").value, high)

    def test_after_the_wait_no_fence_of_before_is_given_or_held(self):
        before = self.node.acq(REPO, A)
        self.redis("DEL", f"repolock:{{{REPO}}}")
        self.redis("SET", f"repolock:{{{REPO}}}:f", f"{before.fence - 100}h0")  # it lost its tail
        self.redis("HINCRBY", self.node.GUARD, "floor", 5_000_000)  # for the time that passed
        self.again.guard("wait")
        self.wait_is_over()
        self.again.guard("wait")
        self.assertEqual(self.again.hold(REPO, A, before.fence)[0], "FLOOR")
        self.assertGreater(self.again.acq(REPO, B).fence, before.fence)

    def test_what_survived_goes_on_with_its_floor_and_its_leases(self):
        floor, mine = self.node.guard("look").value, self.node.acq(REPO, A)
        self.assertEqual(self.again.guard("survived").value, floor)
        self.assertEqual(self.again.hold(REPO, A, mine.fence), "OK")

    def test_survived_needs_a_guard_that_did(self):
        self.redis("FLUSHALL")
        self.assertEqual(self.unchanged(lambda: self.again.guard("survived")).word, "MISSING")

    def test_now_waits_for_nothing_but_raises_the_floor(self):
        floor = int(self.hgetall()["floor"])
        self.redis("HSET", self.node.GUARD, "floor", floor - 9_000_000)
        got = self.again.guard("now")
        self.assertEqual(got.word, "ADMITTED")
        self.assertGreaterEqual(got.value, floor)

    def test_two_clients_of_one_run_see_one_node(self):
        mine = self.node.acq(REPO, A)
        other = self.server.connect()
        self.addCleanup(other.close)
        self.assertEqual(Node(other, load=False).acq(REPO, B).fence, mine.fence)


if __name__ == "__main__":
    skip_without_redis()
    unittest.main()
