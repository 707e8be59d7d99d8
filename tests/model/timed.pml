/* Exclusion in time: I4. Time goes in ticks. N nodes keep an L for TTL + DELAY ticks of their
   clock; a client believes in its lease for VALID ticks of its own, from the sending of its
   ACQ, or of the HOLD round that q nodes said OK to. There is no F here: HOLD takes any L that is
   free. Nodes are more generous than the scripts so, and what holds here rests on clocks alone.
   (That grants must be equal, and the write-back, is about F: see fence.pml.)

   Messages: an ACQ or HOLD is executed at any time after it was sent, or never, HOLD also again in a
   later round; replies come at once, or at any time, or never. A client gives back by a REL that
   reaches any of the nodes.
   STEPS: how often the clock of a node steps forward by STEP ticks; backward only makes an L last.
   SLOW: the clock of a client loses one tick each time it counts VALID.
   RESTARTS: a node forgets all; then it does not vote for TTL + DELAY ticks of its clock.

   Must fail: FROM_REPLY, RENEW_FROM_REPLY, ANY_OWNER, NO_QUARANTINE, STEP above DELAY, SLOW with no
   reserve, more liars than 2Q-N-1. */
#ifndef N
#define N 3
#endif
#ifndef Q
#define Q (N/2+1)
#endif
#define A 2
#ifndef TTL
#define TTL 3
#endif
#ifndef DELAY
#define DELAY 0
#endif
#ifndef VALID
#define VALID TTL
#endif
#ifndef STEP
#define STEP 1
#endif
#ifndef STEPS
#define STEPS 0
#endif
#ifndef RESTARTS
#define RESTARTS 0
#endif
#ifndef RENEWALS
#define RENEWALS 0
#endif
#define AT(a,n) ((a)*N+(n))
#define EACH_LEASE(step) step(0) step(1)
#if N == 3
#define NODES_OF(step, a) step(a, 0) step(a, 1) step(a, 2)
#define EACH_NODE(step) step(0) step(1) step(2)
#else
#define NODES_OF(step, a) step(a, 0) step(a, 1) step(a, 2) step(a, 3)
#define EACH_NODE(step) step(0) step(1) step(2) step(3)
#endif
#define EACH_PAIR(step) NODES_OF(step, 0) NODES_OF(step, 1)

byte owner[N], left[N];  /* L, and the ticks until it runs out */
byte silent[N];          /* ticks in which it does not vote */
byte phase[A];           /* 0 not yet, 1 asked, 2 holds, 3 over */
byte valid[A];           /* ticks left: of the attempt, then of the lease */
byte fresh[A];           /* ticks left of the lease if the round that is on succeeds */
bit acq[A*N], hold[A*N]; /* on the way */
bit got[A*N];            /* the reply is on the way, or here */
bit lost[A];             /* SLOW: the clock has lost its tick */
byte steps, restarts, renewals;
hidden byte i, c;

inline count(condition) {
  c = 0; i = 0; do :: i < N -> c = c + (condition); i++ :: else -> break od
}
inline forget(what) { i = 0; do :: i < N -> what = 0; i++ :: else -> break od }
inline exclusive() {
  assert(!(phase[0] == 2 && phase[1] == 2)) /* I4 */
}
inline asks(a) {
  phase[a] = 1; valid[a] = VALID; i = 0;
  do :: i < N -> acq[AT(a,i)] = 1; i++ :: else -> break od
}
inline take(a, n) {
  owner[n] = a + 1; left[n] = TTL + DELAY;
  if :: got[AT(a,n)] = 1 :: true fi
}
inline obtains(a) {
  phase[a] = 2; exclusive(); forget(got[AT(a,i)]);
#ifdef FROM_REPLY
  valid[a] = VALID;
#endif
}
inline begins_round(a) {
  renewals++; fresh[a] = VALID; forget(got[AT(a,i)]); i = 0;
  do :: i < N -> hold[AT(a,i)] = 1; i++ :: else -> break od
}
inline is_renewed(a) {
#ifdef RENEW_FROM_REPLY
  valid[a] = VALID;
#else
  if :: fresh[a] > valid[a] -> valid[a] = fresh[a] :: else fi;
#endif
  fresh[a] = 0; lost[a] = 0; forget(got[AT(a,i)])
}
inline is_over(a) {
  phase[a] = 3; valid[a] = 0; fresh[a] = 0; lost[a] = 0; forget(got[AT(a,i)])
}
inline gives_back(a) {
  is_over(a); i = 0;
  do :: i < N ->
        if :: owner[i] == a + 1 -> owner[i] = 0; left[i] = 0 :: true fi; i++
     :: else -> break od
}
inline ages(n, ticks) {
  if :: left[n] > ticks -> left[n] = left[n] - ticks :: else -> left[n] = 0; owner[n] = 0 fi;
  silent[n] = (silent[n] > ticks -> silent[n] - ticks : 0)
}
inline client_ages(a) {
  if
#ifdef SLOW
     :: valid[a] > 0 && !lost[a] -> lost[a] = 1
#endif
     :: valid[a] == 0
     :: valid[a] > 0 -> valid[a]--; fresh[a] = (fresh[a] > 0 -> fresh[a] - 1 : 0);
        if :: valid[a] == 0 -> is_over(a) :: else fi
  fi
}
inline tick() {
  n = 0; do :: n < N -> ages(n, 1); n++ :: else -> break od; n = 0;
  client_ages(0); client_ages(1)
}
inline restart(n) {
  restarts++; owner[n] = 0; left[n] = 0;
#ifndef NO_QUARANTINE
  silent[n] = TTL + DELAY
#endif
}
#ifdef ANY_OWNER
#define MAY_HOLD(a,n) (silent[n] == 0)
#else
#define MAY_HOLD(a,n) (silent[n] == 0 && (owner[n] == 0 || owner[n] == (a)+1))
#endif

#define ASKS(a) :: atomic { phase[a] == 0 && (a == 0 || phase[0] != 0) -> asks(a) }
#define ACQ(a,n) :: atomic { acq[AT(a,n)] && silent[n] == 0 && owner[n] == 0 -> \
                             acq[AT(a,n)] = 0; take(a, n) }
#define OBTAINS(a) :: atomic { phase[a] == 1 -> count(got[AT(a,i)]); \
                               if :: c >= Q -> obtains(a) :: else fi }
#define ROUND(a) :: atomic { phase[a] == 2 && fresh[a] == 0 && renewals < RENEWALS -> begins_round(a) }
#define HOLD(a,n) :: atomic { hold[AT(a,n)] && MAY_HOLD(a, n) -> hold[AT(a,n)] = 0; take(a, n) }
#define RENEWED(a) :: atomic { phase[a] == 2 && fresh[a] > 0 -> count(got[AT(a,i)]); \
                               if :: c >= Q -> is_renewed(a) :: else fi }
#define GIVES_BACK(a) :: atomic { phase[a] == 1 || phase[a] == 2 -> gives_back(a) }
#define CLOCK_STEP(n) :: atomic { steps < STEPS && (left[n] > 0 || silent[n] > 0) -> \
                                  steps++; ages(n, STEP) }
#define RESTART(n) :: atomic { restarts < RESTARTS -> restart(n) }

active proctype world() {
  byte n;
end:
  do
  EACH_LEASE(ASKS) EACH_PAIR(ACQ) EACH_LEASE(OBTAINS)
  EACH_LEASE(ROUND) EACH_PAIR(HOLD) EACH_LEASE(RENEWED) EACH_LEASE(GIVES_BACK)
  :: atomic { tick() }
  EACH_NODE(CLOCK_STEP) EACH_NODE(RESTART)
  od
}
