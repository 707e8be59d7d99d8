/* The fence without time: I1, I2, I9, I11. Clients acquire by ACQ, and by HOLD (write-back) where
   grants differ; renew by HOLD; release. A lease runs out at any moment, also while its holder
   believes in it: nothing here rests on a clock.

   Messages: ACQ, HOLD and REL are executed at any time after they were sent, or never; HOLD and REL
   any number of times, ACQ `COPIES` times. Any reply may be lost. A node that says no is no step:
   it changes nothing, and the client might as well have heard nothing.
   A client that gives up goes no further: its REL of a failed attempt deletes L, as running out
   does. (What it does to F is in putback.pml.)
   HINTS: a lease asks with none, or with one above all fences that there were.
   RESTARTS: a node comes back with its F, an older one or none, and a floor above all fences that
   there were. That the floor is so high rests on clocks; here it is taken for granted.

   I11, what is over stays over: after a REL took effect at a node, no HOLD of that lease does. It is
   looked at where the switch I11 says so. A REL raises F above the lease's own fence: F of a node may
   be so far below it that one more (REL_BY_ONE) is not enough.

   Must fail: NO_WRITE_BACK, ANY_OWNER, ANY_F, FREE_EQUAL, OWNER_ONLY, REL_KEEPS_F, REL_BY_ONE,
   NO_FLOOR. */
#include "node.inc"
#define LISTENS(a) (phase[a] == 1)
#define TAKES(a,n) skip
#define IS_LOST(a,n) (granted[AT(a,n)] != 0) /* or it was never executed */
#define GRANTED(a,n) skip
#include "lease.inc"
#ifndef RESTARTS
#define RESTARTS 0
#endif

byte restarts;

inline restart(n) {
  restarts++;
  if :: owner[n] = 0 :: true fi;
  if :: F[n] = 0 :: F[n]-- :: true fi;
#ifndef NO_FLOOR
  floor[n] = top + 1; sees(floor[n])
#endif
}

#define REL(a,n) :: atomic { phase[a] == 4 && MAY_END(a, n, m[a]) -> \
                             end_lease(n, m[a]); gone[AT(a,n)] = 1 }
#define RUNS_OUT(n) :: owner[n] != 0 -> owner[n] = 0
#define RESTART(n) :: atomic { restarts < RESTARTS && F[n] != 0 -> restart(n) }

active proctype world() {
end:
  do
  EACH_LEASE(ASKS) EACH_PAIR(ACQ) EACH_PAIR(DECIDES) EACH_PAIR(WRITE)
  EACH_LEASE(ROUND) EACH_PAIR(RENEW) EACH_LEASE(RELEASES) EACH_PAIR(REL)
  EACH_NODE(RUNS_OUT) EACH_NODE(RESTART)
  od
}
