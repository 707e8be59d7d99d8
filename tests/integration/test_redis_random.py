#!/usr/bin/env python3
"""Random clients of the Redis scripts on a real redis-server, from a seed, against the invariants
I1, I2, I4, I9, I11, I12 and I15, and the order of the queue. Leases are so short that they run out
by themselves; replies and messages are lost, messages come twice, clients crash, servers lose data.

usage: test_redis_random.py [SEED [STEPS]]"""

import random
import sys
import time

from redis_case import ATTEMPT, RELEASED
from redis_history import History, Violation
from redis_support import (Node, RedisError, Server, Subscriber, keys_of, only_answer,
                           skip_without_redis)

SEEDS, STEPS, SECONDS = 3, 4000, 3
NAMES = ("owner/one", "owner/two", "owner/three")
ACTORS = 7  # of each name
TTLS, LOCK_DELAY_MS = (15, 30, 60, 150), 5
MESSAGE_MS = 50  # deadline of each message
SILENT_MS = 16000
PEACE_S = 30  # much more than it takes


class Actor:
    def __init__(self, number, name):
        self.name, self.channel = name, f"repolock:to:{number}"
        self.state = "idle"  # waiting, told, holding, dead


class Run:
    def __init__(self, seed, server):
        self.random = random.Random(seed)
        self.redis = server.connect()
        self.redis("FLUSHALL")
        self.subscriber = Subscriber(server.path, "repolock:to:*")
        self.runs = 1
        self.node = Node(self.redis, run_id="run-1")
        self.node.guard("first")
        self.real_eval, self.node.eval = self.node.eval, self.recorded_eval
        self.sent = []  # messages, of which any may come a second time
        self.actors = [Actor(i, NAMES[i % len(NAMES)]) for i in range(ACTORS * len(NAMES))]
        self.by_lease = {}
        self.histories = {name: History(name) for name in NAMES}
        self.over = {}  # (lease, att, fence) that was released or broken: the put-backs until then
        self.put_backs = dict.fromkeys(NAMES, 0)
        self.losses = 0

    def close(self):
        self.subscriber.close()
        self.redis.close()

    def chance(self, percent):
        return self.random.randrange(100) < percent

    # ---- Messages ----------------------------------------------------------------------------

    def recorded_eval(self, script, keys, *argv):
        self.sent = self.sent[-40:] + [(script, keys, argv)]
        return self.real_eval(script, keys, *argv)

    def deadline(self):
        return self.node.now() + MESSAGE_MS

    def hear(self, granted=None):
        """After each call: who got the lock by it, in the order of the line; who heard of it."""
        served, told = [granted] if granted else [], []
        for channel, line in self.subscriber.news():
            word, *rest = line.split(" ")
            if word == "grant":
                lease, _, att = rest[0].partition(":")
                served.append(lease)
                told.append((lease, int(att), int(rest[1]), channel))
        for name, history in self.histories.items():
            mine = [lease for lease in served if self.by_lease[lease].name == name and
                    (lease in history.line or lease == granted)]
            shares = {lease for lease in history.line if self.by_lease[lease].shared}
            for lease in sorted(mine, key=lambda each: history.line.index(each)
                                if each in history.line else len(history.line)):
                history.served(lease, self.by_lease[lease].shared, shares)
        for lease, att, fence, _ in told:
            actor = self.by_lease[lease]
            self.histories[actor.name].counts["handed over"] += 1
            if self.chance(15):
                continue  # the message is lost
            if actor.state == "waiting" and (actor.lease, actor.att) == (lease, att):
                actor.state, actor.fence = "told", fence
            elif self.chance(70) and (actor.lease, actor.att) != (lease, att):
                # It knows nothing of it.
                self.node.rel(actor.name, lease, att, actor.shared, ended=ATTEMPT)
                self.hear()

    # ---- What a client does ------------------------------------------------------------------

    def start(self, actor):
        actor.lease, actor.att = f"{self.random.getrandbits(128):032x}", 1
        actor.ttl = self.random.choice(TTLS)
        actor.shared, actor.waits = self.chance(30), self.chance(75)
        actor.invoked = self.histories[actor.name].highest
        self.by_lease[actor.lease] = actor
        self.ask(actor)

    def ask(self, actor, lossy=True):
        began, history = time.monotonic(), self.histories[actor.name]
        got = self.node.acq(actor.name, actor.lease, actor.att, actor.ttl + LOCK_DELAY_MS,
                            actor.shared, deadline=self.deadline(), wait=actor.waits,
                            channel=actor.channel)
        granted = got.word == "GRANT"
        if got.word == "HELD" and got.place:
            history.stands(actor.lease)
        self.hear(actor.lease if granted and not got.again else None)
        if granted and got.again and actor.lease in history.line:
            history.must(False, "FIFO", "granted before, and still in the line")
        if lossy and self.chance(8):  # the reply is lost: it gives up, or asks again
            actor.state = "waiting"
            if self.chance(40):
                self.give_up(actor)
        elif granted and got.again:
            actor.fence = got.fence
            self.confirm(actor)
        elif granted:
            self.granted(actor, got, began)
        elif got.word == "HELD" and actor.waits:
            actor.state = "waiting"
        else:
            history.must(got.word in ("HELD", "LATE"), "test", got)
            self.give_up(actor)

    def granted(self, actor, got, began):
        end = self.end_of(actor, began)
        if time.monotonic() >= end or self.chance(10):  # too late, or its caller has gone
            self.put_backs[actor.name] += 1
            self.node.rel(actor.name, actor.lease, actor.att, actor.shared, ended=ATTEMPT,
                          fence=got.fence, found=got.found)
            self.idle(actor)
            return
        actor.fence, actor.state = got.fence, "holding"
        self.histories[actor.name].obtains(actor.lease, actor.att, got.fence, actor.shared, end,
                                           actor.invoked)

    def end_of(self, actor, began):
        return began + actor.ttl / 1000 * 0.99 - 0.002

    def keep(self, actor):
        """HOLD or SHARE; what it said, and until when it is good."""
        began = time.monotonic()
        call = self.node.share if actor.shared else self.node.hold
        got = call(actor.name, actor.lease, actor.fence, actor.att, actor.ttl + LOCK_DELAY_MS,
                   deadline=self.deadline())
        self.hear()
        return got, self.end_of(actor, began)

    def confirm(self, actor):
        got, end = self.keep(actor)
        if got == "OK" and time.monotonic() < end:
            actor.state = "holding"
            self.histories[actor.name].obtains(actor.lease, actor.att, actor.fence, actor.shared,
                                               end, actor.invoked)
        else:
            self.release(actor)

    def renew(self, actor):
        got, end = self.keep(actor)
        history = self.histories[actor.name]
        if got == "OK":
            history.renewed(actor.lease, actor.att, end)
        else:
            history.counts["refused"] += 1
            history.ends(actor.lease, actor.att)
            self.release(actor)

    def release(self, actor):
        self.histories[actor.name].ends(actor.lease, actor.att)
        self.node.rel(actor.name, actor.lease, actor.att, actor.shared, RELEASED, actor.fence)
        self.over[actor.lease, actor.att, actor.fence] = self.put_backs[actor.name]
        self.idle(actor)

    def give_up(self, actor):
        self.histories[actor.name].leaves(actor.lease)
        self.node.rel(actor.name, actor.lease, actor.att, actor.shared, ended=ATTEMPT)
        self.idle(actor)

    def idle(self, actor):
        actor.state = "idle"
        self.hear()

    def bury(self, actor):
        """It crashed long ago: what it had ends by its ttl, its ticket is that of a dead one."""
        w = keys_of(actor.name).w
        record = self.redis("HGET", w, actor.lease)
        if record:
            words = record.split(" ", 1)
            self.redis("HSET", w, actor.lease, f"{int(words[0]) - SILENT_MS} {words[1]}")
        self.histories[actor.name].leaves(actor.lease)
        actor.state = "idle"

    # ---- What else happens -------------------------------------------------------------------

    def beat(self):
        waiters = {name: [a.lease for a in self.actors if a.name == name and a.state == "waiting"]
                   for name in NAMES}
        self.node.beat(waiters)
        self.hear()

    def break_one(self):
        name = self.random.choice(NAMES)
        seen = self.node.inspect(name)
        if not seen.holders:
            return
        lease, _, att = self.random.choice(seen.holders)[1].split(" ")[0].partition(":")
        self.histories[name].ends(lease, int(att))
        if self.node.end(name, lease) == "OK":
            self.over[lease, int(att), int(seen.f[:-2])] = self.put_backs[name]
        self.hear()

    def replay(self):
        """A message that was sent before comes once more; nobody waits for its reply."""
        script, keys, argv = self.random.choice(self.sent or [("break", (), ())])
        if script == "break":
            return
        reply = self.real_eval(script, keys, *argv)
        granted = None
        if script == "acq":
            lease = argv[3].partition(":")[0]
            actor = self.by_lease[lease]
            history = self.histories[actor.name]
            answer = only_answer(reply)
            if answer[0] == "GRANT" and answer[2] != "-" and lease in history.line:
                granted = lease
            elif answer[0] == "HELD" and answer[1] and actor.lease == lease and \
                    actor.state == "waiting":
                history.stands(lease)
        if script == "hold" and reply[0] == "OK" and reply[2] == "OK":
            lease, _, att = argv[4].partition(":")
            name = self.by_lease[lease].name
            if self.over.get((lease, int(att), argv[5])) == self.put_backs[name]:
                self.histories[name].must(False, "over", f"{argv[4]} came back after its end")
        if script == "rel" and int(argv[4]) != ATTEMPT:
            lease, _, att = argv[2].partition(":")
            if lease in self.by_lease:
                self.histories[self.by_lease[lease].name].ends(lease, att)
        self.hear(granted)

    def release_what_is_not_ours(self):
        name = self.random.choice(NAMES)
        before = self.redis("GET", keys_of(name).l)
        lease, att = before.split(" ")[0].split(":") if before else ("f" * 32, "1")
        wrong = (lease, int(att) - 1) if self.chance(50) else (lease[::-1], int(att))
        if wrong[0] in self.by_lease and wrong[1]:
            return
        done = self.node.rel(name, *wrong, fence=1).done
        self.histories[name].must(done == 0, "I11", f"{wrong} let go of {before}")
        self.hear()

    def lose_data(self):
        """The server restarts with nothing, or with an old F, and is let in after its wait."""
        self.losses += 1
        old = {name: self.redis("GET", keys_of(name).f) for name in NAMES}
        if self.chance(50):
            self.redis("FLUSHALL")
        for name, history in self.histories.items():
            k = keys_of(name)
            self.redis("DEL", k.l, k.q, k.w, k.r)
            if old[name] and self.chance(50):
                fence = int(old[name][:-2]) - self.random.randrange(1000)
                self.redis("SET", k.f, f"{fence}h0")
            history.believed.clear()  # the wait is longer than any lease
            history.line.clear()
        self.runs += 1
        self.node.run_id = f"run-{self.runs}"
        # Time passes during the wait; here it does not, so the clock's part of the floor is given.
        self.node.guard("wait")
        self.redis("HINCRBY", self.node.GUARD, "floor", 0)
        self.redis("HSET", self.node.GUARD, "floor",
                   max([int(raw[:-2]) for raw in old.values() if raw] +
                       [int(self.redis("HGET", self.node.GUARD, "floor"))]) + 1000)
        self.redis("HINCRBY", self.node.GUARD, "pending_since", -self.node.cap)
        if self.node.guard("wait").word != "ADMITTED":
            raise Violation("I12: not let in after its wait")
        for actor in self.actors:
            actor.state = "idle"

    def step(self):
        busy = [each for each in self.actors if each.state != "waiting"]
        actor = self.random.choice(busy if busy and self.chance(60) else self.actors)
        what = self.random.randrange(100)
        if what < 4:
            self.replay()
        elif what < 6:
            self.release_what_is_not_ours()
        elif what < 7:
            self.break_one()
        elif what < 8:
            self.beat()
        elif self.random.randrange(1500) == 0:
            self.lose_data()
        else:
            self.act(actor, self.random.randrange(100))

    def act(self, actor, what):
        if actor.state == "idle":
            self.start(actor)
        elif actor.state == "dead":
            if what < 30:
                self.bury(actor)
        elif what < 3:
            self.histories[actor.name].ends(actor.lease, actor.att)
            actor.state = "dead"
        elif actor.state == "waiting":
            self.ask(actor) if what < 60 else self.give_up(actor) if what < 70 else None
        elif actor.state == "told":
            self.confirm(actor) if what < 90 else self.give_up(actor)
        elif what < 40:
            self.renew(actor)
        elif what < 90:
            self.release(actor)

    # ---- The end: no more faults, and everybody gets it (I12) ----------------------------------

    def peace(self):
        self.chance = lambda percent: False
        for actor in self.actors:
            if actor.state == "dead":
                self.bury(actor)
        began = time.monotonic()
        while True:
            left = [a for a in self.actors if a.state in ("waiting", "told", "holding")]
            if not left:
                return
            if time.monotonic() - began > PEACE_S:
                raise Violation(f"I12: {len(left)} still wait or hold")
            self.beat()
            for actor in left:
                if actor.state == "waiting":
                    self.ask(actor, lossy=False)
                elif actor.state == "told":
                    self.confirm(actor)
                if actor.state == "holding":
                    self.release(actor)

    def go(self, steps):
        began = time.monotonic()
        for done in range(steps):
            self.step()
            if time.monotonic() - began > SECONDS:
                break
        self.peace()
        counts = {}
        for history in self.histories.values():
            for what, count in history.counts.items():
                counts[what] = counts.get(what, 0) + count
        return {"steps": done + 1, **counts, "data lost": self.losses}


def main(argv):
    seeds = [int(argv[1])] if len(argv) > 1 else range(1, SEEDS + 1)
    steps = int(argv[2]) if len(argv) > 2 else STEPS
    server = Server()
    try:
        for seed in seeds:
            run = Run(seed, server)
            try:
                counts = run.go(steps)
            except (Violation, RedisError) as error:
                print(f"seed {seed}: {error}\nlast: {run.sent[-1]}")
                raise
            finally:
                run.close()
            print(f"seed {seed}:", ", ".join(f"{count} {what}" for what, count in counts.items()))
            events = ("exclusive", "shared", "handed over", "renewed")
            if counts["steps"] >= 1000 and not all(counts[event] for event in events):
                raise Violation(f"seed {seed}: not everything happened")
    finally:
        server.destroy()


if __name__ == "__main__":
    skip_without_redis()
    main(sys.argv)
