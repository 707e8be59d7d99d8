/* What a failed attempt leaves behind (rel.lua with `found`), without time: I1, I2, I6, I9. As
   fence.pml, and a client may give up before it has sent a HOLD. Its REL puts F back to what its ACQ found, if
   L is still its own and F still its grant. So the holder of a lease takes up a node that was away,
   by its next renewal, although others were granted something there in between: REPAIRED.

   Messages as in fence.pml. A REL is executed once, or never; one that is sent again has `found` -,
   and deletes L, as running out does. REPEATS_FOUND: it is sent again as it was.
   The reply to an ACQ that was repeated tells no `found` where L is its own already; AGAIN_MISSING:
   the client takes it for "F was missing".
   Nodes do not restart here: below the floor nothing is taken up, whatever F is put back to.

   Must fail: REPEATS_FOUND, AGAIN_MISSING, NO_PUT_BACK, and the conditions left out: NOT_ITS_L,
   NOT_ITS_GRANT. */
#include "node.inc"
#define LISTENS(a) (phase[a] == 1 || phase[a] == 5)
#define TAKES(a,n) takes(a, n)
#define IS_LOST(a,n) true
#define GRANTED(a,n) pending[AT(a,n)]++
#include "lease.inc"
#ifdef REPEATS_FOUND
#define RELS 2
#else
#define RELS 1
#endif
#ifdef AGAIN_MISSING
#define AGAIN 0
#else
#define AGAIN 255 /* unknown: not to be put back */
#endif

/* phase 5: gave up */
byte put_back[A*N]; /* F that its ACQ found, with the state in the lowest bit */
byte rels[A*N];     /* copies of its REL on the way */
byte pending[A*N];  /* grants here that no REL has undone */

inline takes(a, n) {
  if :: !again -> put_back[AT(a,n)] = found
     :: again && granted[AT(a,n)] == 0 -> put_back[AT(a,n)] = AGAIN
     :: else fi;
  if :: phase[a] == 5 -> rels[AT(a,n)] = RELS :: else fi
}
inline gives_up(a) {
  phase[a] = 5; before[a] = 0; i = 0;
  do :: i < N -> rels[AT(a,i)] = (granted[AT(a,i)] != 0 -> RELS : 0); i++ :: else -> break od
}

#define ITS_L(a,n) (owner[n] == (a)+1)
#define ITS_GRANT(a,n) (F[n] == granted[AT(a,n)] && !over[n])
#define WANTED(a,n) (put_back[AT(a,n)] != 255 && put_back[AT(a,n)] / 2 < F[n])
#ifdef NOT_ITS_GRANT
#define MAY_PUT_BACK(a,n) (ITS_L(a,n) && WANTED(a,n))
#else
#define MAY_PUT_BACK(a,n) (ITS_L(a,n) && ITS_GRANT(a,n) && WANTED(a,n))
#endif
inline let_go(a, n) {
  rels[AT(a,n)]--;
  if :: ITS_L(a,n) && ITS_GRANT(a,n) && pending[AT(a,n)] > 0 -> pending[AT(a,n)]-- :: else fi;
  if
#ifndef NO_PUT_BACK
     :: MAY_PUT_BACK(a,n) -> F[n] = put_back[AT(a,n)] / 2; over[n] = put_back[AT(a,n)] % 2
#endif
#ifdef NOT_ITS_L
     :: !ITS_L(a,n) -> F[n] = put_back[AT(a,n)] / 2; over[n] = put_back[AT(a,n)] % 2
#endif
     :: else -> over[n] = 1
  fi;
  if :: ITS_L(a,n) -> owner[n] = 0 :: else fi;
  if :: owner[n] != 0 && renews[owner[n]-1] != 0 -> assert(F[n] >= m[owner[n]-1]) /* I6 */ :: else fi
}
#ifdef NOT_ITS_L
#define MAY_LET_GO(a,n) (ITS_L(a,n) || (ITS_GRANT(a,n) && WANTED(a,n)))
#else
#define MAY_LET_GO(a,n) ITS_L(a,n)
#endif

/* The newest holder, a node where it has asked for nothing yet, and nobody who came there stayed. */
inline is_repaired(a, n) {
  c = 0; i = 0;
  do :: i < A -> c = c + (pending[i*N+n] > 0 || (i != a && phase[i] == 4)); i++ :: else -> break od;
  if :: c == 0 -> assert(F[n] <= m[a]) /* REPAIRED */ :: else fi
}

#define GIVES_UP(a) :: atomic { phase[a] == 1 -> gives_up(a) }
#define LET_GO(a,n) :: atomic { phase[a] == 5 && rels[AT(a,n)] > 0 && MAY_LET_GO(a, n) -> let_go(a, n) }
#define REPAIRED(a,n) :: atomic { phase[a] == 3 && m[a] == best && acqs[AT(a,n)] == COPIES -> \
                                  is_repaired(a, n) }
#define REL(a,n) :: atomic { phase[a] == 4 && MAY_END(a, n, m[a]) -> end_lease(n, m[a]) }
#define RUNS_OUT(n) :: owner[n] != 0 -> owner[n] = 0

active proctype world() {
end:
  do
  EACH_LEASE(ASKS) EACH_PAIR(ACQ) EACH_PAIR(DECIDES) EACH_PAIR(WRITE)
  EACH_LEASE(ROUND) EACH_PAIR(RENEW) EACH_LEASE(RELEASES) EACH_PAIR(REL)
  EACH_LEASE(GIVES_UP) EACH_PAIR(LET_GO) EACH_PAIR(REPAIRED) EACH_NODE(RUNS_OUT)
  od
}
