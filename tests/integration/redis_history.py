"""What happened to one name, as its clients saw it, and the invariants that it must keep.

One process makes all calls, one after the other, so their order is the real one. Times are of the
monotonic clock, in seconds."""

import time


class Violation(AssertionError):
    pass


class Believed:
    """A lease that a client has reason to believe in, until `end` or its release."""

    def __init__(self, lease, att, fence, shared, end):
        self.lease, self.att, self.fence, self.shared, self.end = lease, att, fence, shared, end


class History:
    def __init__(self, name):
        self.name = name
        self.believed = {}  # (lease, att): Believed
        self.highest = 0  # of the exclusive fences that were obtained
        self.last_shared = 0  # the highest fence of the shared ones
        self.obtained = set()
        self.line = []      # who waits, in order; live ones only
        self.counts = {"exclusive": 0, "shared": 0, "handed over": 0, "renewed": 0, "refused": 0}

    def must(self, held, invariant, what):
        if not held:
            raise Violation(f"{invariant} {self.name}: {what}")

    # ---- Leases ------------------------------------------------------------------------------

    def obtains(self, lease, att, fence, shared, end, invoked):
        """Success, told to its caller just now. invoked: the highest fence when it first asked."""
        now = time.monotonic()
        self.must(now < end, "test", "what has ended already is not obtained")
        for other in list(self.believed.values()):
            conflicts = (other.lease, other.att) != (lease, att) and not (shared and other.shared)
            if conflicts and other.end > now:
                self.must(False, "I15" if shared or other.shared else "I4",
                          f"{lease}:{att} has it, and {other.lease}:{other.att} too")
        if (lease, att) not in self.believed:
            if shared:
                self.must(fence >= self.highest, "I2", f"shared {fence} after {self.highest}")
                self.last_shared = max(self.last_shared, fence)
            else:
                self.must(fence not in self.obtained, "I1", f"{fence} twice")
                self.must(fence > invoked, "I2", f"{fence} after {invoked}")
                self.must(fence > self.highest, "I2", f"{fence} after {self.highest}")
                self.must(fence > self.last_shared, "I2", f"{fence} after a shared one")
                self.obtained.add(fence)
                self.highest = fence
            self.must(0 < fence < 2**53, "I1", f"fence {fence}")
            self.counts["shared" if shared else "exclusive"] += 1
        self.believed[lease, att] = Believed(lease, att, fence, shared, end)

    def renewed(self, lease, att, end):
        """HOLD or SHARE said OK: nobody with a higher fence obtained it since (I9)."""
        mine = self.believed.get((lease, att))
        if not mine:
            return
        if not mine.shared:
            self.must(self.highest <= mine.fence, "I9",
                      f"{mine.fence} goes on after {self.highest}")
            self.must(self.last_shared < mine.fence, "I9",
                      f"{mine.fence} goes on after shared {self.last_shared}")
        now = time.monotonic()
        for other in self.believed.values():
            if other is not mine and other.end > now and not (mine.shared and other.shared):
                self.must(False, "I4", f"{lease} renewed while {other.lease} has it")
        if mine.end > now:  # else it was lost, for good
            mine.end = end
            self.counts["renewed"] += 1

    def ends(self, lease, att):
        """Before the release is sent, or once it is known to be gone."""
        return self.believed.pop((lease, att), None)

    # ---- The line ----------------------------------------------------------------------------

    def stands(self, lease):
        if lease not in self.line:
            self.line.append(lease)

    def leaves(self, lease):
        if lease in self.line:
            self.line.remove(lease)

    def served(self, lease, shared, shares):
        """Got the lock, or a claim. shares: those in the line who want it shared."""
        if lease not in self.line:
            self.must(not self.line, "FIFO", f"{lease} passed {self.line}")
            return
        before = self.line[:self.line.index(lease)]
        self.must(not before or (shared and all(other in shares for other in before)), "FIFO",
                  f"{lease} passed {before}")
        self.line.remove(lease)
