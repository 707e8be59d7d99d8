#!/usr/bin/env python3
"""The scripts of the Redis backend on a real redis-server: who waits, the hand-off, and shared
leases. Each test names the rule it checks."""

import re
import unittest

from redis_case import (ATTEMPT, EXPIRED, RELEASED, A, B, C, D, E, REPO, ScriptTest)
from redis_support import SCRIPTS, Node, keys_of, skip_without_redis

KEYS = keys_of(REPO)
CLAIM_MS, SILENT_MS = 6000, 15000


class Order(ScriptTest):
    def test_fifo(self):
        self.grant(A)
        for place, lease in enumerate((D, B, E, C), 1):
            self.queue(lease, place)
        holder = A
        for lease in (D, B, E, C):
            self.node.rel(REPO, holder)
            self.assertTrue(self.l().startswith(f"{lease}:1 "))
            holder = lease

    def test_a_newcomer_never_passes_a_live_waiter(self):
        self.grant(A)
        self.queue(B, 1)
        self.lapse()  # free, and nobody was told
        got = self.node.acq(REPO, C)
        self.assertEqual(got.word, "HELD")
        self.assertTrue(got.holder.startswith(f"{B}:1 "))  # it went to the head
        self.lapse()
        self.assertEqual(self.waiting(), [])  # and the try left no ticket

    def test_asking_again_keeps_the_place_and_the_age(self):
        self.grant(A)
        self.queue(B, 1)
        self.queue(C, 2)
        before = self.node.inspect(REPO).waiters
        self.queue(B, 1)
        self.queue(B, 1, att=2)
        self.assertEqual(self.node.acq(REPO, B, 1, wait=True).word, "STALE")
        after = self.node.inspect(REPO).waiters
        self.assertEqual(after[1], before[1])
        self.assertEqual(after[0][1], before[0][1].replace(f"{B}:1", f"{B}:2"))

    def test_the_head_that_finds_the_lock_free_gets_it_whole(self):
        self.grant(A, px=5000)
        self.queue(B, 1, px=30000)
        self.lapse()
        got = self.grant(B, wait=True, px=30000)
        self.assertEqual((got.again, got.previous), (0, EXPIRED))
        self.assertGreater(self.redis("PTTL", KEYS.l), 20000)
        self.assertEqual(self.redis("EXISTS", KEYS.q, KEYS.w), 0)

    def test_who_leaves_is_out_and_the_next_is_told_that_it_is_the_head(self):
        self.grant(A)
        self.queue(B, 1)
        self.queue(C, 2)
        self.queue(D, 3)
        self.news()
        self.assertEqual(self.node.rel(REPO, C, ended=ATTEMPT).done, 2)
        self.assertEqual(self.news(), [])
        self.assertEqual(self.node.rel(REPO, B, ended=ATTEMPT).done, 2)
        self.assertEqual(self.news(), [("repolock:to:d", f"head {D}")])
        self.assertEqual(self.waiting(), [D])

    def test_a_newer_att_in_the_queue_is_not_removed(self):
        self.grant(A)
        self.queue(B, att=2)
        self.assertEqual(self.unchanged(lambda: self.node.rel(REPO, B, 1, ended=ATTEMPT)).done, 0)

    def test_two_hundred_waiters_of_one_client_have_a_ticket_each(self):
        self.grant(A)
        leases = [f"{i:032x}" for i in range(200)]
        for place, lease in enumerate(leases, 1):
            self.queue(lease, place, channel="repolock:to:one")
        self.assertEqual(self.waiting(), leases)

    def test_queue_keys_end_by_themselves(self):
        self.grant(A)
        self.queue(B)
        for key in (KEYS.q, KEYS.w):
            self.assertTrue(0 < self.redis("PTTL", key) <= max(self.node.cap, 20000))

    def test_nothing_is_left_but_fence_and_guard(self):
        self.grant(A)
        for lease in (B, C):
            self.queue(lease, shared=True)
        self.queue(D)
        self.node.rel(REPO, A)
        self.node.rel(REPO, B, shared=True)
        self.node.rel(REPO, C, shared=True)
        self.node.rel(REPO, D)
        self.assertEqual(sorted(self.redis("KEYS", "*")), [self.node.GUARD, KEYS.f])

    def test_a_handoff_costs_the_same_with_8_and_with_500_waiters(self):
        costs = []
        for waiters in (8, 500):
            name = f"owner/{waiters}"
            self.grant(A, name=name)
            for i in range(waiters):
                self.queue(f"{i:032x}", name=name)
            self.redis("CONFIG", "RESETSTAT")
            self.node.rel(name, A)
            stats = self.redis("INFO", "commandstats")
            costs.append(sum(int(line.split("calls=")[1].split(",")[0])
                             for line in stats.split("\r\n") if "calls=" in line))
        self.assertEqual(costs[0], costs[1])


class HandOff(ScriptTest):
    def hand_off(self, *waiters, **how):
        """A held it and lets go; its fence."""
        mine = self.grant(A)
        for lease in waiters:
            self.queue(lease, **how)
        self.news()
        self.node.rel(REPO, A)
        return mine.fence

    def test_the_first_has_a_short_claim_with_a_fence_of_its_own(self):
        fence = self.hand_off(B, C)
        self.assertEqual(self.f(), f"{fence + 2}c{RELEASED}")
        self.assertTrue(0 < self.redis("PTTL", KEYS.l) <= CLAIM_MS)
        self.assertEqual(self.waiting(), [C])

    def test_the_claim_is_no_longer_than_the_lease_would_be(self):
        self.hand_off(B, px=700)
        self.assertLessEqual(self.redis("PTTL", KEYS.l), 700)

    def test_only_the_winner_and_the_new_head_are_told(self):
        fence = self.hand_off(B, C, D, E)
        self.assertEqual(self.news(), [
            ("repolock:to:b", f"grant {B}:1 {fence + 2} {RELEASED}"),
            ("repolock:to:c", f"head {C}")])

    def test_what_one_client_is_told_is_one_message(self):
        self.hand_off(B, C, channel="repolock:to:both")
        (_, first), (_, second) = self.news()
        self.assertTrue(first.startswith("grant") and second.startswith("head"))

    def test_the_winner_confirms_by_hold(self):
        fence = self.hand_off(B) + 2
        self.assertEqual(self.node.hold(REPO, B, fence, px=30000), "OK")
        self.assertEqual(self.f(), f"{fence}h{RELEASED}")
        self.assertGreater(self.redis("PTTL", KEYS.l), 20000)

    def test_a_winner_that_missed_the_message_asks_again(self):
        fence = self.hand_off(B) + 2
        got = self.unchanged(lambda: self.node.acq(REPO, B, wait=True))
        self.assertEqual((got.word, got.fence, got.previous, got.again),
                         ("GRANT", fence, RELEASED, 1))
        self.assertEqual(self.node.hold(REPO, B, fence), "OK")

    def test_a_claim_that_ran_out_goes_to_the_next_and_cannot_be_confirmed(self):
        fence = self.hand_off(B, C) + 2
        self.lapse()
        self.assertEqual(self.grant(C, wait=True).fence, fence + 1)
        self.assertEqual(self.node.hold(REPO, B, fence)[0], "HELD")
        self.node.rel(REPO, C)
        self.assertEqual(self.node.hold(REPO, B, fence)[0], "PASSED")

    def test_a_claim_that_ran_out_can_be_confirmed_while_nobody_came(self):
        fence = self.hand_off(B) + 2
        self.lapse()
        self.assertEqual(self.node.hold(REPO, B, fence), "OK")

    def test_who_declines_passes_it_on(self):
        fence = self.hand_off(B, C) + 2
        self.news()
        self.assertEqual(self.node.rel(REPO, B, ended=ATTEMPT).done, 1)
        self.assertEqual(self.news(), [("repolock:to:c", f"grant {C}:1 {fence + 1} {RELEASED}")])

    def test_dead_heads_are_skipped(self):
        self.grant(A)
        for lease in (B, C, D, E):
            self.queue(lease)
        self.change_waiter(B, silent_for=SILENT_MS + 1000)
        self.change_waiter(C, last=self.node.now() - 1)
        self.change_waiter(D, silent_for=SILENT_MS - 10000)
        self.node.rel(REPO, A)
        self.assertTrue(self.l().startswith(f"{D}:1 "))
        self.assertEqual(self.waiting(), [E])
        self.assertEqual(self.redis("HKEYS", KEYS.w), [E])

    def test_a_lock_that_only_the_dead_wait_for_is_free(self):
        self.grant(A)
        self.queue(B)
        self.lapse()
        self.change_waiter(B, silent_for=SILENT_MS + 1000)
        self.grant(C)
        self.assertEqual(self.redis("EXISTS", KEYS.q, KEYS.w), 0)

    def test_a_ticket_without_its_record_is_skipped(self):
        self.grant(A)
        self.queue(B)
        self.queue(C)
        self.redis("HDEL", KEYS.w, B)
        self.node.rel(REPO, A)
        self.assertTrue(self.l().startswith(f"{C}:1 "))

    def test_another_librarys_lock_is_not_handed_over(self):
        self.grant(A)
        self.queue(B)
        self.queue(C)
        self.queue(D)
        for lease, theirs in ((B, ("SET", KEYS.l, "theirs")), (C, ("RPUSH", KEYS.l, "theirs"))):
            self.redis("DEL", KEYS.l)
            self.redis(*theirs)
            self.assertEqual(self.node.rel(REPO, lease, ended=ATTEMPT).done, 2)
            self.assertIn(self._content(KEYS.l), ("theirs", ["theirs"]))

    def test_where_publish_is_denied_the_hand_off_takes_place(self):
        self.redis("ACL", "SETUSER", "mute", "on", "nopass", "~*", "&*", "+@all", "-publish")
        mute = self.server.connect()
        self.addCleanup(mute.close)
        mute("AUTH", "mute", "any")
        self.grant(A)
        self.queue(B)
        self.assertEqual(Node(mute, load=False).rel(REPO, A).done, 1)
        self.assertEqual(self.news(), [])
        self.assertEqual(self.grant(B, wait=True).again, 1)

    def test_a_user_who_may_use_only_what_the_readme_lists(self):
        readme = (SCRIPTS.parent / "README.md").read_text()
        listed = re.search(r"commands used are: ([^.]*)\.", readme)[1]
        words = re.findall(r"[A-Z]{3,}", re.sub(r"\([^)]*\)", "", listed))
        self.redis("ACL", "SETUSER", "few", "on", "nopass", "~repolock:*", "&repolock:to:*",
                   "-@all", "+eval", "+evalsha", *(f"+{word.lower()}" for word in words))
        few = self.server.connect()
        self.addCleanup(few.close)
        few("AUTH", "few", "any")
        self.node = Node(few, load=False)
        mine = self.grant(A)
        self.queue(B, shared=True)
        self.assertEqual(self.node.hold(REPO, A, mine.fence), "OK")
        self.assertEqual(self.node.beat({REPO: [B]})[REPO][0], [1])
        self.node.rel(REPO, A)
        self.assertEqual(self.node.share(REPO, B, mine.fence + 1), "OK")
        self.assertEqual(self.node.check(REPO, B, shared=True).word, "OK")
        self.lapse_reader(B)
        mine = self.grant(A)
        self.redis("PERSIST", KEYS.l)
        self.queue(C)
        self.assertEqual(len(self.node.inspect(REPO).waiters), 1)
        self.assertEqual(self.node.end(REPO, A), "OK")
        attempt = self.grant(E, name="third")
        self.node.rel("third", E, ended=ATTEMPT, fence=attempt.fence, found=attempt.found)
        self.assertEqual(self.node.guard("wait").word, "ADMITTED")
        self.assertEqual(len(self.news()), 2)


class Beat(ScriptTest):
    def test_it_keeps_waiters_alive_and_tells_places(self):
        self.grant(A, px=20000)
        self.grant(A, name="other")
        for lease in (B, C):
            self.queue(lease)
            self.queue(lease, name="other")
        for lease in (B, C):
            self.change_waiter(lease, silent_for=SILENT_MS - 10000)
        got = self.node.beat({REPO: [C, D], "other": [B]})
        self.assertEqual((got[REPO][0], got["other"][0]), ([2, 0], [1]))
        self.assertTrue(got[REPO][1].startswith(f"{A}:1 "))
        self.assertTrue(10000 < got[REPO][2] <= 20000)
        seen = {lease: int(self.redis("HGET", KEYS.w, lease).split(" ")[0]) for lease in (B, C)}
        self.assertGreater(seen[C] - seen[B], SILENT_MS - 12000)

    def test_a_dead_head_is_dropped_and_the_next_learns_that_it_is_the_head(self):
        self.grant(A)
        self.queue(B)
        self.queue(C)
        self.change_waiter(B, silent_for=SILENT_MS + 1000)
        self.assertEqual(self.node.beat({REPO: [C]})[REPO][0], [1])
        self.assertEqual(self.news(), [("repolock:to:c", f"head {C}")])
        self.assertTrue(self.l().startswith(f"{A}:1 "))

    def test_who_was_dropped_learns_it(self):
        self.grant(A)
        self.queue(B)
        self.redis("DEL", KEYS.q, KEYS.w)
        self.assertEqual(self.node.beat({REPO: [B]})[REPO][0], [0])
        self.queue(B, 1)

    def test_holder_and_head_crashed_the_next_goes_on(self):
        self.grant(A)
        self.queue(B)
        self.queue(C)
        self.lapse()
        self.assertEqual(self.node.beat({REPO: [C]})[REPO][0], [1])  # B has its claim
        self.assertTrue(self.l().startswith(f"{B}:1 "))
        self.lapse()
        self.assertEqual(self.grant(C, wait=True).again, 0)

    def test_another_type_under_one_name_spoils_no_other(self):
        self.grant(A)
        self.queue(B)
        self.redis("RPUSH", keys_of("spoilt").l, "theirs")
        self.assertEqual(self.node.beat({"spoilt": [C], REPO: [B]})[REPO][0], [1])


class Shared(ScriptTest):
    def test_together_with_the_last_exclusive_fence_which_is_not_raised(self):
        mine = self.grant(A)
        self.node.rel(REPO, A)
        fences = {self.grant(lease, shared=True).fence for lease in (B, C, D)}
        self.assertEqual(fences, {mine.fence + 1})
        self.assertEqual(self.f(), f"{mine.fence + 1}o{RELEASED}")
        self.assertGreater(self.grant_after(B, C, D).fence, mine.fence + 1)

    def grant_after(self, *readers):
        for lease in readers:
            self.assertEqual(self.node.acq(REPO, A).word, "HELD")
            self.assertEqual(self.node.rel(REPO, lease, shared=True).done, 1)
        return self.grant(A)

    def test_with_no_f_they_have_one_that_the_next_exclusive_one_exceeds(self):
        first, second = (self.grant(lease, shared=True).fence for lease in (B, C))
        self.assertEqual(first, second)
        self.assertEqual(self.grant_after(B, C).fence, first + 1)

    def test_excluded_by_a_holder(self):
        self.grant(A)
        self.assertEqual(self.unchanged(lambda: self.node.acq(REPO, B, shared=True)).word, "HELD")

    def test_they_exclude_a_holder_who_is_told_of_them(self):
        self.grant(B, shared=True, px=10000, owner="h b 1 2 short")
        self.grant(C, shared=True, px=20000, owner="h b 1 2 long")
        got = self.unchanged(lambda: self.node.acq(REPO, A))
        self.assertEqual((got.word, got.readers, got.holder), ("HELD", 2, f"{C}:1"))
        self.assertTrue(10000 < got.pttl <= 20000)
        self.assertTrue(got.record.endswith("h b 1 2 long"))

    def test_the_same_att_again_writes_nothing(self):
        first = self.grant(B, shared=True)
        again = self.unchanged(lambda: self.node.acq(REPO, B, shared=True))
        self.assertEqual((again.word, again.fence, again.again), ("GRANT", first.fence, 1))

    def test_a_writer_that_waits_stops_later_readers(self):
        self.grant(B, shared=True)
        self.queue(A, 1)
        self.assertEqual(self.node.acq(REPO, C, shared=True).word, "HELD")
        self.queue(C, 2, shared=True)
        self.node.rel(REPO, B, shared=True)
        self.assertTrue(self.l().startswith(f"{A}:1 "))

    def test_when_the_writer_gives_up_the_readers_behind_it_come_in(self):
        self.grant(B, shared=True)
        self.queue(A, 1)
        self.queue(C, 2, shared=True)
        self.news()
        self.node.rel(REPO, A, ended=ATTEMPT)
        self.assertEqual([line.split(" ")[:2] for _, line in self.news()], [["grant", f"{C}:1"]])

    def test_a_run_of_them_is_handed_over_together(self):
        mine = self.grant(A)
        for lease in (B, C):
            self.queue(lease, shared=True)
        self.queue(D)
        self.queue(E, shared=True)
        self.news()
        self.node.rel(REPO, A)
        fence = mine.fence + 1
        self.assertEqual(self.news(), [
            ("repolock:to:b", f"grant {B}:1 {fence} {RELEASED}"),
            ("repolock:to:c", f"grant {C}:1 {fence} {RELEASED}"), ("repolock:to:d", f"head {D}")])
        self.assertEqual(self.f(), f"{fence}o{RELEASED}")
        self.assertEqual(self.waiting(), [D, E])
        for lease in (B, C):
            self.assertLessEqual(self.node.check(REPO, lease, shared=True).pttl, CLAIM_MS)
            self.assertEqual(self.node.share(REPO, lease, fence), "OK")
            self.assertGreater(self.node.check(REPO, lease, shared=True).pttl, 20000)

    def test_a_head_that_asks_brings_in_the_run_behind_it(self):
        self.grant(A)
        self.queue(B, shared=True)
        self.queue(C, shared=True)
        self.lapse()
        self.grant(B, shared=True, wait=True)
        self.assertEqual(self.node.check(REPO, C, shared=True).word, "OK")

    def test_an_exclusive_lease_that_ran_out_cannot_come_back_among_readers(self):
        # Shared grants raise no fence: without more its holder's late HOLD would find F <= m.
        mine = self.grant(A)
        self.lapse()
        got = self.grant(B, shared=True)
        self.assertEqual((got.fence, got.previous), (mine.fence + 1, EXPIRED))
        self.assertEqual(self.node.hold(REPO, A, mine.fence)[0], "PASSED")

    def test_share_renews_many_each_for_itself(self):
        leases = []
        for i in range(20):
            name, lease = f"owner/{i}", f"{i:032x}"
            got = self.grant(lease, name=name, shared=True, px=5000)
            leases.append((name, lease, 1, got.fence, 30000))
        self.node.rel("owner/3", leases[3][1], shared=True)
        self.node.end("owner/5", leases[5][1])
        _, _, *each = self.node.share_many(leases)
        self.assertEqual({i for i, got in enumerate(each) if got == "MISSING"}, {3, 5})
        self.assertGreater(self.node.check("owner/7", leases[7][1], shared=True).pttl, 20000)

    def test_one_that_ran_out_lives_on_while_nobody_looked_and_is_gone_after(self):
        fence = self.grant(B, shared=True).fence
        self.lapse_reader(B)
        self.assertEqual(self.node.share(REPO, B, fence), "OK")
        self.lapse_reader(B)
        self.grant(A)
        self.assertEqual(self.node.share(REPO, B, fence), "MISSING")
        self.assertEqual(self.redis("EXISTS", KEYS.r, KEYS.w), 0)

    def test_share_refused_past_its_deadline_or_below_the_floor(self):
        fence = self.grant(B, shared=True).fence
        late = self.node.now() - 1
        got = self.unchanged(lambda: self.node.share(REPO, B, fence, deadline=late))
        self.assertEqual(got, "LATE")
        self.redis("HSET", self.node.GUARD, "floor", fence + 1)
        self.assertEqual(self.unchanged(lambda: self.node.share(REPO, B, fence)), "FLOOR")

    def test_inspect_and_break_know_each(self):
        self.grant(B, shared=True, channel="repolock:to:b", owner="h b 1 2 reader")
        self.grant(C, shared=True)
        rows = self.node.inspect(REPO).holders
        self.assertEqual(sorted(row[1].split(" ")[0] for row in rows), [f"{B}:1", f"{C}:1"])
        self.assertTrue(any(row[1].endswith("h b 1 2 reader") for row in rows))
        self.assertEqual(self.node.end(REPO, B), "OK")
        self.assertEqual(self.news(), [("repolock:to:b", f"broken {B}:1")])
        (_, left, _), = self.node.inspect(REPO).holders
        self.assertEqual(left.split(" ")[0], f"{C}:1")

    def test_rel_of_one_is_not_of_another(self):
        self.grant(B, shared=True)
        self.assertEqual(self.unchanged(lambda: self.node.rel(REPO, C, shared=True)).done, 0)
        self.assertEqual(self.unchanged(lambda: self.node.rel(REPO, B, 2, shared=True)).done, 0)


if __name__ == "__main__":
    skip_without_redis()
    unittest.main()
