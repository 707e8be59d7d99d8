#!/usr/bin/env python3
"""The scripts of the Redis backend on a real redis-server: one holder, and the fence. Each test
names the rule it checks; the waiting is in test_redis_queue.py, the rest in test_redis_guard.py."""

import unittest

from redis_case import (ATTEMPT, BROKEN, DAY_US, EXPIRED, RELEASED, WEEK_S, A, B, C, REPO,
                        ScriptTest, error_of)
from redis_support import RedisError, keys_of, skip_without_redis

KEYS = keys_of(REPO)


class Grant(ScriptTest):
    def test_grant_sets_l_with_px_and_f_for_a_week(self):
        got = self.grant(A, px=31000)
        self.assertEqual((got.previous, got.again, got.found), (0, 0, ""))
        self.assertRegex(self.l(), rf"^{A}:1 \d{{13}} - host boot 1 2 job$")
        self.assertEqual(self.f(), f"{got.fence}h0")
        self.assertTrue(20000 < self.redis("PTTL", KEYS.l) <= 31000)
        self.assertTrue(WEEK_S - 10 < self.redis("TTL", KEYS.f) <= WEEK_S)

    def test_uncontended_pair_needs_ten_commands_inside(self):
        calls = {}
        for step, act in (("acq", lambda: self.grant(A)), ("rel", lambda: self.node.rel(REPO, A))):
            self.redis("CONFIG", "RESETSTAT")
            act()
            calls[step] = self.commands_inside()
        self.assertEqual(calls, {"acq": 6, "rel": 4})

    def test_many_leases_need_one_write_of_each_key(self):
        names = [f"owner/{i}" for i in range(10)]
        for name in names:
            self.grant(A, name=name)
            self.node.rel(name, A)
        self.redis("CONFIG", "RESETSTAT")
        granted = self.node.acq_many((name, B) for name in names)
        self.assertEqual([answer[0] for answer in granted[2:]], ["GRANT"] * 10)
        self.assertEqual(self.commands_inside(), 4 + 2 * 10)  # guard, clock, EXISTS, MGET
        self.redis("CONFIG", "RESETSTAT")
        self.assertEqual(self.node.rel_many((name, B) for name in names), ["OK"] + [1] * 10)
        self.assertEqual(self.commands_inside(), 3 + 10)  # MGET, DEL, EXISTS

    def test_each_lease_of_many_has_an_answer_of_its_own(self):
        self.grant(A, name="held")
        self.redis("RPUSH", keys_of("list").l, "x")
        self.redis("RPUSH", keys_of("no/fence").f, "x")
        self.redis("SET", keys_of("poisoned").f, "9007199254740991o1")
        names = ("free", "held", "list", "no/fence", "poisoned", "free/too")
        free, held, *wrong, too = self.node.acq_many((name, B) for name in names)[2:]
        self.assertEqual((free[0], held[0], too[0]), ("GRANT", "HELD", "GRANT"))
        self.assertTrue(all(isinstance(answer, RedisError) for answer in wrong), wrong)
        for name in ("no/fence", "poisoned"):
            self.assertIsNone(self.l(name))
        self.assertEqual(self.redis("LRANGE", keys_of("list").l, 0, -1), ["x"])

    def commands_inside(self):
        stats = self.redis("INFO", "commandstats").split("\r\n")
        calls = {line.split(":")[0]: int(line.split("calls=")[1].split(",")[0])
                 for line in stats if "calls=" in line}
        outside = ("cmdstat_evalsha", "cmdstat_config|resetstat", "cmdstat_info")
        return sum(count for name, count in calls.items() if name not in outside)

    def test_fence_grows_by_the_counter_alone(self):
        first = self.grant(A).fence
        self.node.rel(REPO, A)
        second = self.grant(B)
        self.assertEqual(second.fence, first + 2)  # REL raised it by one
        self.assertEqual(second.found, f"{first + 1}o{RELEASED}")

    def test_a_missing_f_begins_at_the_clock_but_above_the_floor(self):
        floor = self.node.guard("look").value
        self.assertEqual(self.grant(A).fence, floor + 1)  # the floor is 2 s ahead
        self.redis("HSET", self.node.GUARD, "floor", 5)
        before = self.node.now() * 1000
        got = self.grant(B, name="other")
        self.assertTrue(before < got.fence < before + 10_000_000)

    def test_an_old_f_below_the_floor_is_not_gone_on_with(self):
        self.redis("SET", KEYS.f, "7o1")
        got = self.grant(A)
        self.assertEqual(got.fence, self.node.guard("look").value + 1)
        self.assertEqual(got.previous, 0)  # what came after F 7 may be lost

    def test_hints_are_taken_within_a_second_and_a_day(self):
        self.redis("HSET", self.node.GUARD, "floor", 5)
        now = self.node.now() * 1000
        for name, hints, taken in (
                ("clock", {"clock": now + 500_000}, True),
                ("clock too far", {"clock": now + 9_000_000}, False),
                ("seen", {"seen": now + 9_000_000}, True),
                ("seen too far", {"seen": now + DAY_US + 60_000_000}, False),
                ("behind", {"clock": 1, "seen": 2}, False),
                ("both", {"clock": now + 500_000, "seen": now + 700_000}, True)):
            with self.subTest(name):
                fence = self.grant(A, name=name, **hints).fence
                self.assertEqual(fence == max(hints.values()) + 1, taken)

    def test_no_fence_from_2_to_the_53_on(self):
        self.redis("SET", KEYS.f, f"{2**53 - 2}o1")
        self.assertEqual(self.grant(A).fence, 2**53 - 1)  # the last one, and exact
        self.assertEqual(self.f(), f"{2**53 - 1}h1")
        self.redis("DEL", KEYS.l)
        self.assertIn("REPOLOCK no fence is left", error_of(self.node.acq, REPO, B))
        self.assertIsNone(self.l())

    def test_what_is_no_fence_in_f_is_refused(self):
        for wrong in ("", "12", "h0", "-1h0", "1.5h0", "9" * 17 + "h0", "12h7"):
            with self.subTest(wrong):
                self.redis("SET", KEYS.f, wrong)
                self.assertIn("REPOLOCK F is no fence", error_of(self.node.acq, REPO, A))
                self.assertIsNone(self.l())

    def test_px_above_the_cap_is_refused(self):
        self.assertIn("REPOLOCK px", error_of(self.node.acq, REPO, A, px=self.node.cap + 1))
        self.assertIsNone(self.l())

    def test_late_writes_nothing(self):
        past = self.node.now() - 1
        for late in ({"deadline": past}, {"last": past, "wait": True}):
            got = self.unchanged(lambda how=late: self.node.acq(REPO, A, **how))
            self.assertEqual(got.word, "LATE")
        self.grant(A, deadline=self.node.now() + 60000, last=self.node.now() + 60000)

    def test_stale_an_older_att_writes_nothing(self):
        self.grant(A, att=5)
        self.assertEqual(self.unchanged(lambda: self.node.acq(REPO, A, 4)).word, "STALE")

    def test_the_same_att_again_gets_the_stored_f_and_writes_nothing(self):
        first = self.grant(A)
        ttl = self.redis("PEXPIRE", KEYS.l, 20000)
        self.assertEqual(ttl, 1)
        again = self.unchanged(lambda: self.node.acq(REPO, A))
        self.assertEqual((again.word, again.fence, again.again), ("GRANT", first.fence, 1))
        self.assertLessEqual(self.redis("PTTL", KEYS.l), 20000)

    def test_a_newer_att_replaces_its_own_orphan(self):
        first = self.grant(A, att=1)
        second = self.grant(A, att=2)
        self.assertEqual(second.fence, first.fence + 1)
        self.assertEqual(second.previous, 0)  # nobody has worked under the orphan
        self.assertTrue(self.l().startswith(f"{A}:2 "))

    def test_held_tells_holder_pttl_fence_and_no_place(self):
        mine = self.grant(A, px=20000, owner="h b 1 2 nightly clone of it")
        got = self.unchanged(lambda: self.node.acq(REPO, B))
        self.assertEqual((got.word, got.place, got.fence, got.readers), ("HELD", 0, mine.fence, 0))
        self.assertTrue(10000 < got.pttl <= 20000)
        self.assertRegex(got.holder, rf"^{A}:1 \d+ - h b 1 2 nightly clone of it$")

    def test_another_type_under_a_key_is_left_alone(self):
        self.redis("RPUSH", KEYS.l, "theirs")
        self.assertIn("WRONGTYPE", self.unchanged(lambda: error_of(self.node.acq, REPO, A)))
        self.assertEqual(self.unchanged(lambda: self.node.rel(REPO, A)).done, 0)
        self.redis("SET", KEYS.f, "5h0")
        self.assertEqual(self.unchanged(lambda: self.node.hold(REPO, A, 5))[0], "TYPE")


class Previous(ScriptTest):
    """How the lease before ended is known from F."""

    def test_released_expired_broken(self):
        for ended, end in ((RELEASED, lambda: self.node.rel(REPO, A)),
                           (EXPIRED, self.lapse),
                           (BROKEN, lambda: self.node.end(REPO, A)),
                           (EXPIRED, lambda: self.node.rel(REPO, A, ended=EXPIRED))):
            self.grant(A)
            end()
            self.assertEqual(self.grant(B).previous, ended)
            self.node.rel(REPO, B)

    def test_a_claim_that_nobody_confirmed_was_no_lease(self):
        self.grant(A)
        self.queue(B)
        self.node.rel(REPO, A)
        self.lapse()
        self.assertEqual(self.grant(C).previous, RELEASED)

    def test_who_releases_what_ran_out_says_how_it_ended(self):
        mine = self.grant(A)
        self.lapse()
        self.assertEqual(self.node.rel(REPO, A, fence=mine.fence).done, 0)
        self.assertEqual(self.f(), f"{mine.fence + 1}o{RELEASED}")

    def test_who_releases_what_was_broken_is_told_so(self):
        mine = self.grant(A)
        self.node.end(REPO, A)
        self.assertEqual(self.node.rel(REPO, A, fence=mine.fence).done, -1)
        self.assertEqual(self.grant(B).fence, mine.fence + 2)
        self.assertEqual(self.node.rel(REPO, A, fence=mine.fence).done, -1)
        self.node.rel(REPO, B)
        self.assertEqual(self.node.rel(REPO, A, fence=mine.fence).done, 0)

    def test_of_two_breaks_only_the_own_is_told(self):
        mine = self.grant(A)
        self.lapse()
        self.grant(B)
        self.node.end(REPO, B)
        self.assertEqual(self.node.rel(REPO, A, fence=mine.fence).done, 0)


class Rel(ScriptTest):
    def test_of_what_was_granted_raises_f_by_one_and_a_late_hold_is_refused(self):
        mine = self.grant(A)
        self.assertEqual(self.node.rel(REPO, A).done, 1)
        self.assertIsNone(self.l())
        self.assertEqual(self.f(), f"{mine.fence + 1}o{RELEASED}")
        self.assertEqual(self.unchanged(lambda: self.node.hold(REPO, A, mine.fence))[0], "PASSED")

    def test_of_what_ran_out_too(self):
        mine = self.grant(A)
        self.lapse()
        self.node.rel(REPO, A, fence=mine.fence)
        self.assertEqual(self.node.hold(REPO, A, mine.fence)[0], "PASSED")

    def test_of_somebody_elses_or_of_a_newer_att_does_nothing(self):
        self.grant(A, att=3)
        self.assertEqual(self.unchanged(lambda: self.node.rel(REPO, B, 9)).done, 0)
        self.assertEqual(self.unchanged(lambda: self.node.rel(REPO, A, 2)).done, 0)
        self.assertEqual(self.node.rel(REPO, A, 4).done, 1)  # it ends its older ones

    def test_twice_is_once(self):
        self.grant(A)
        self.node.rel(REPO, A)
        self.grant(B)
        self.assertEqual(self.unchanged(lambda: self.node.rel(REPO, A)).done, 0)

    def test_of_ones_own_needs_no_guard(self):
        self.grant(A)
        self.queue(B)
        self.node.redis("HSET", self.node.GUARD, "run_id", "another")
        got = self.node.rel(REPO, A)
        self.assertEqual((got.word, got.done), ("GUARD", 1))
        self.assertIsNone(self.l())  # let go, and not handed over
        self.assertEqual(self.news(), [])

    def test_without_memory_it_still_lets_go(self):
        mine = self.grant(A)
        self.redis("CONFIG", "SET", "maxmemory", 1)
        self.addCleanup(self.redis, "CONFIG", "SET", "maxmemory", 0)
        self.assertIn("OOM", self.unchanged(lambda: error_of(self.node.acq, "other", B)))
        self.assertEqual(self.node.rel(REPO, A).done, 1)
        self.assertEqual(self.f(), f"{mine.fence + 1}o{RELEASED}")


class PutBack(ScriptTest):
    """Decisions 3: a contender must not shut the holder out of a node that came back."""

    def setUp(self):
        super().setUp()
        self.holder = self.grant(A)
        self.lapse()  # the node was away

    def test_a_failed_attempt_puts_f_back_and_the_holder_comes_back(self):
        attempt = self.grant(B)
        self.assertEqual(attempt.found, f"{self.holder.fence}h0")
        self.node.rel(REPO, B, ended=ATTEMPT, fence=attempt.fence, found=attempt.found)
        self.assertEqual(self.f(), attempt.found)
        self.assertTrue(WEEK_S - 10 < self.redis("TTL", KEYS.f) <= WEEK_S)
        self.assertEqual(self.node.hold(REPO, A, self.holder.fence), "OK")

    def test_that_found_no_f_leaves_none(self):
        self.redis("DEL", KEYS.f)
        attempt = self.grant(B)
        self.node.rel(REPO, B, ended=ATTEMPT, fence=attempt.fence, found=attempt.found)
        self.assertIsNone(self.f())

    def test_not_if_l_is_not_its_own_any_more(self):
        attempt = self.grant(B)
        self.lapse()
        third = self.grant(C)
        self.unchanged(lambda: self.node.rel(REPO, B, ended=ATTEMPT, fence=attempt.fence,
                                             found=attempt.found))
        self.assertEqual(self.f(), f"{third.fence}h3")

    def test_not_if_l_is_missing(self):
        attempt = self.grant(B)
        self.lapse()
        self.unchanged(lambda: self.node.rel(REPO, B, ended=ATTEMPT, fence=attempt.fence,
                                             found=attempt.found))

    def test_not_if_f_is_not_its_grant_or_the_att_another_or_not_wanted(self):
        for how in ({"fence": 0}, {"fence": -1}, {"att": 2}, {"found": "-"}):
            attempt = self.grant(B)
            given = {"fence": attempt.fence, "found": attempt.found, **how}
            self.assertEqual(self.node.rel(REPO, B, ended=ATTEMPT, **given).done, 1)
            self.assertEqual(self.f(), f"{attempt.fence}o{attempt.previous}", how)

    def test_not_after_its_hold_has_raised_f(self):
        attempt = self.grant(B)
        self.assertEqual(self.node.hold(REPO, B, attempt.fence + 5, mode="write"), "OK")
        self.node.rel(REPO, B, ended=ATTEMPT, fence=attempt.fence, found=attempt.found)
        self.assertEqual(self.f(), f"{attempt.fence + 5}o3")

    def test_f_never_goes_up_by_it(self):
        attempt = self.grant(B)
        self.node.rel(REPO, B, ended=ATTEMPT, fence=attempt.fence, found=f"{attempt.fence + 9}h0")
        self.assertEqual(self.f(), f"{attempt.fence}o3")


class Hold(ScriptTest):
    def test_renewal_renews_l_and_keeps_f_for_another_week(self):
        mine = self.grant(A, px=5000)
        self.redis("EXPIRE", KEYS.f, 1000)
        got = self.unchanged(lambda: self.node.hold(REPO, A, mine.fence, px=25000))
        self.assertEqual(got, "OK")
        self.assertGreater(self.redis("PTTL", KEYS.l), 20000)
        self.assertGreater(self.redis("TTL", KEYS.f), WEEK_S - 10)

    def test_one_that_comes_late_shortens_nothing(self):
        mine = self.grant(A)
        self.assertEqual(self.node.hold(REPO, A, mine.fence, px=30000), "OK")
        self.assertEqual(self.node.hold(REPO, A, mine.fence, px=2000), "OK")
        self.assertGreater(self.redis("PTTL", KEYS.l), 20000)

    def test_repair_takes_a_missing_l_and_tells_who_holds(self):
        mine = self.grant(A)
        self.lapse()
        self.assertEqual(self.node.hold(REPO, A, mine.fence), "OK")
        self.assertEqual(self.l(), f"{A}:1 1 - host boot 1 2 job")
        self.assertEqual(self.f(), f"{mine.fence}h0")

    def test_repair_raises_an_older_f(self):
        mine = self.grant(A)
        self.lapse()
        self.assertEqual(self.node.hold(REPO, A, mine.fence + 7), "OK")
        self.assertEqual(self.f(), f"{mine.fence + 7}h3")

    def test_write_back_takes_a_missing_l_only_above_f(self):
        mine = self.grant(A)
        self.lapse()
        got = self.unchanged(lambda: self.node.hold(REPO, A, mine.fence, mode="write"))
        self.assertEqual(got, ["FREE", f"{mine.fence}h0", ""])
        self.assertEqual(self.node.hold(REPO, A, mine.fence + 1, mode="write"), "OK")

    def test_write_back_to_its_own_grant_raises_f(self):
        mine = self.grant(A)
        self.assertEqual(self.node.hold(REPO, A, mine.fence, mode="write"), "OK")
        self.assertEqual(self.node.hold(REPO, A, mine.fence + 3, mode="write"), "OK")
        self.assertEqual(self.f(), f"{mine.fence + 3}h0")

    def test_refused_if_f_is_above_m_even_with_l_its_own(self):
        mine = self.grant(A)
        self.redis("SET", KEYS.f, f"{mine.fence + 1}h0")
        self.assertEqual(self.unchanged(lambda: self.node.hold(REPO, A, mine.fence))[0], "PASSED")

    def test_refused_if_f_is_missing(self):
        mine = self.grant(A)
        self.redis("DEL", KEYS.f)
        self.assertEqual(self.unchanged(lambda: self.node.hold(REPO, A, mine.fence))[0], "MISSING")

    def test_refused_if_the_floor_is_above_m(self):
        mine = self.grant(A)
        self.redis("HSET", self.node.GUARD, "floor", mine.fence + 1)
        self.assertEqual(self.unchanged(lambda: self.node.hold(REPO, A, mine.fence))[0], "FLOOR")

    def test_refused_if_the_owner_is_another_or_of_another_att(self):
        mine = self.grant(A, att=12)
        for lease, att in ((B, 12), (A, 1), (A, 13), (A, 122)):
            got = self.unchanged(lambda who=lease, n=att: self.node.hold(REPO, who, mine.fence, n))
            self.assertEqual(got, ["HELD", f"{mine.fence}h0", self.l()])

    def test_refused_past_its_deadline(self):
        mine = self.grant(A)
        late = self.node.now() - 1
        got = self.unchanged(lambda: self.node.hold(REPO, A, mine.fence, deadline=late))
        self.assertEqual(got, "LATE")
        soon = self.node.now() + 60000
        self.assertEqual(self.node.hold(REPO, A, mine.fence, deadline=soon), "OK")

    def test_refused_if_m_would_poison_f(self):
        self.grant(A)
        for m in (2**53, 2**62, self.node.now() * 1000 + DAY_US + 60_000_000):
            self.assertEqual(self.unchanged(lambda n=m: self.node.hold(REPO, A, n))[0], "POISON")

    def test_after_a_break_it_is_told_so(self):
        mine = self.grant(A)
        self.node.end(REPO, A)
        got = self.node.hold(REPO, A, mine.fence)
        self.assertEqual(got, ["PASSED", f"{mine.fence + 1}o{BROKEN}", ""])

    def test_a_late_hold_does_not_bring_back_what_somebody_had_since(self):
        mine = self.grant(A)
        self.lapse()
        self.grant(B)
        self.node.rel(REPO, B)
        self.assertEqual(self.node.hold(REPO, A, mine.fence)[0], "PASSED")

    def test_px_is_capped(self):
        mine = self.grant(A)
        self.node.hold(REPO, A, mine.fence, px=10**9)
        self.assertLessEqual(self.redis("PTTL", KEYS.l), self.node.cap)

    def test_many_leases_in_one_call_each_for_itself(self):
        leases = []
        for i in range(50):
            lease, name = f"{i:032x}", f"owner/{i}"
            leases.append((name, lease, 1, self.grant(lease, name=name, px=5000).fence, 30000))
        self.lapse("owner/3")
        self.node.end("owner/7", leases[7][1])
        self.redis("SET", keys_of("owner/9").f, "no fence")
        self.redis("DEL", keys_of("owner/11").l)
        self.redis("RPUSH", keys_of("owner/11").l, "theirs")
        word, _, *each = self.node.hold_many(leases)
        refused = {i: got[0] for i, got in enumerate(each) if got != "OK"}
        self.assertEqual((word, len(each)), ("OK", 50))
        self.assertEqual(refused, {7: "PASSED", 9: "TYPE", 11: "TYPE"})
        self.assertGreater(self.redis("PTTL", keys_of("owner/49").l), 20000)


class Look(ScriptTest):
    def test_check_tells_the_truth_and_writes_nothing(self):
        mine = self.grant(A, px=20000)
        got = self.unchanged(lambda: self.node.check(REPO, A))
        self.assertEqual((got.word, got.f), ("OK", f"{mine.fence}h0"))
        self.assertTrue(10000 < got.pttl <= 20000)
        for lease, att in ((B, 1), (A, 2)):
            self.assertEqual(self.node.check(REPO, lease, att).word, "LOST")
        self.lapse()
        self.assertEqual(self.node.check(REPO, A).word, "LOST")

    def test_inspect_tells_holders_waiters_and_ages_by_the_servers_clock(self):
        began = self.node.now()
        mine = self.grant(A, px=20000, owner="h b 1 2 job a")
        self.queue(B, place=1, owner="h b 3 4 job b")
        self.queue(C, place=2, shared=True, owner="h b 5 6 job c")
        got = self.unchanged(lambda: self.node.inspect(REPO))
        self.assertEqual((got.word, got.f), ("OK", f"{mine.fence}h0"))
        (kind, text, left), = got.holders
        me, since, channel, record = text.split(" ", 3)
        self.assertEqual((kind, me, channel, record), ("x", f"{A}:1", "-", "h b 1 2 job a"))
        self.assertTrue(10000 < left <= 20000)
        self.assertTrue(began <= int(since) <= got.now)
        rows = [(kind, text.split(" ")[0], text.split(" ", 3)[3]) for kind, text in got.waiters]
        self.assertEqual(rows, [("x", f"{B}:1", "h b 3 4 job b"), ("s", f"{C}:1", "h b 5 6 job c")])

    def test_inspect_of_nothing(self):
        got = self.unchanged(lambda: self.node.inspect("never/seen"))
        self.assertEqual((got.word, got.f, got.holders, got.waiters), ("OK", "", [], []))

    def test_inspect_of_too_many(self):
        self.grant(A)
        for i in range(5):
            self.queue(f"{i:032x}")
        self.assertEqual(len(self.node.inspect(REPO, limit=3).waiters), 3)


class Break(ScriptTest):
    def test_needs_the_id_that_was_seen(self):
        self.grant(A)
        self.assertEqual(self.unchanged(lambda: self.node.end(REPO, B)), "GONE")
        self.assertEqual(self.unchanged(lambda: self.node.end(REPO, A[:-1])), "GONE")
        self.assertEqual(self.node.end(REPO, A), "OK")
        self.assertEqual(self.unchanged(lambda: self.node.end(REPO, A)), "GONE")

    def test_tells_the_holder_raises_f_and_hands_over(self):
        mine = self.grant(A, channel="repolock:to:a")
        self.queue(B)
        self.assertEqual(self.node.end(REPO, A), "OK")
        self.assertEqual(self.news(), [
            ("repolock:to:a", f"broken {A}:1"),
            ("repolock:to:b", f"grant {B}:1 {mine.fence + 2} {BROKEN}")])
        self.assertTrue(self.l().startswith(f"{B}:1 "))
        self.assertEqual(self.node.hold(REPO, A, mine.fence)[0], "HELD")

    def test_a_waiter_holds_nothing_that_could_be_broken(self):
        self.grant(A)
        self.queue(B)
        self.assertEqual(self.node.end(REPO, B), "GONE")


class Interop(ScriptTest):
    """A plain string under L is the lock of another library (decisions 9)."""

    def setUp(self):
        super().setUp()
        self.redis("SET", KEYS.l, "0123456789abcdef0123456789abcdef", "PX", 90000)

    def test_it_is_waited_for_and_its_ttl_is_not_touched(self):
        got = self.node.acq(REPO, A, wait=True)
        self.assertEqual((got.word, got.place), ("HELD", 1))
        self.assertEqual(got.holder, "0123456789abcdef0123456789abcdef")
        self.assertGreater(self.redis("PTTL", KEYS.l), 80000)  # more than our cap, and it is theirs
        self.redis("PERSIST", KEYS.l)
        self.assertEqual(self.node.acq(REPO, B).pttl, -1)
        self.assertEqual(self.redis("PTTL", KEYS.l), -1)
        self.redis("DEL", KEYS.l)
        self.assertEqual(self.grant(A, wait=True).again, 0)

    def test_it_is_neither_released_nor_held_nor_shared(self):
        self.redis("SET", KEYS.f, "5h0")
        self.assertEqual(self.unchanged(lambda: self.node.rel(REPO, A)).done, 0)
        self.assertEqual(self.unchanged(lambda: self.node.hold(REPO, A, 5))[0], "HELD")
        self.assertEqual(self.unchanged(lambda: self.node.acq(REPO, A, shared=True)).word, "HELD")

    def test_hold_takes_no_missing_l_there(self):
        self.redis("DEL", KEYS.l)
        mine = self.grant(A)
        self.assertEqual(self.node.hold(REPO, A, mine.fence, mode="stay"), "OK")
        self.lapse()
        got = self.unchanged(lambda: self.node.hold(REPO, A, mine.fence, mode="stay"))
        self.assertEqual(got[0], "FREE")

    def test_set_nx_of_theirs_sees_us(self):
        self.redis("DEL", KEYS.l)
        self.grant(A)
        self.assertIsNone(self.redis("SET", KEYS.l, "theirs", "NX", "PX", 1000))

    def test_inspect_and_break_by_its_whole_value(self):
        (kind, value, _), = self.node.inspect(REPO).holders
        self.assertEqual((kind, value), ("f", "0123456789abcdef0123456789abcdef"))
        self.assertEqual(self.node.end(REPO, "0123456789abcdef"), "GONE")
        self.assertEqual(self.node.end(REPO, value), "OK")
        self.grant(A)


class Caps(ScriptTest):
    """H15: a clock that went back does not pin a lease."""

    def test_an_l_of_ours_that_lasts_too_long_is_cut(self):
        for spoil in (("PEXPIRE", KEYS.l, 10**8), ("PERSIST", KEYS.l)):
            self.redis("FLUSHALL")
            self.node.guard("first")
            self.grant(A)
            self.redis(*spoil)
            self.assertEqual(self.node.acq(REPO, B).pttl, self.node.cap)
            self.assertLessEqual(self.redis("PTTL", KEYS.l), self.node.cap)

    def test_a_shared_lease_too(self):
        self.grant(A, shared=True)
        self.redis("ZADD", KEYS.r, self.node.now() + 10**8, f"{A}:1")
        self.assertLessEqual(self.node.acq(REPO, B).pttl, self.node.cap)


if __name__ == "__main__":
    skip_without_redis()
    unittest.main()
