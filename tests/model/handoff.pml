/* One server with a queue: I1, I2, I4, I12, I15. Clients ask (and stand in the queue), are handed a
   claim, confirm it, hold, release, leave or crash. The last READERS of them want it shared.

   Time: L and an entry of R may run out at any moment, but not while their holder believes in them
   (that is what timed.pml shows); a claim of a live waiter so LAPSES times in all.
   Messages: ACQ is executed at any time, `COPIES` times; HOLD also once more after its sender gave up;
   REL at any time, again and again. A client is told of its claim once, or never. A reply comes, or
   is lost, or is too late to count from its sending, which is the same.
   Timers: who is free to ask again does so in the end, where it would change something; a beat comes
   in the end, where something is free. Who crashed or left is dropped when it is in front, or is
   given one more claim. Not here: that a live waiter is dropped, BREAK, a lost queue, px of a claim
   against the timers.

   Stuck is a state in which nothing can happen any more although somebody waits.

   Must fail: NO_CONFIRM, REL_BY_NAME, NEW_ATT, NO_TIMERS, PASSES, CLAIM_KEEPS_F, SHARED_KEEPS_F. */
#ifndef A
#define A 3
#endif
#ifndef READERS
#define READERS 0
#endif
#ifndef COPIES
#define COPIES 1
#endif
#ifndef LAPSES
#define LAPSES 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef LEAVES
#define LEAVES 1
#endif
#define NOBODY 255
#define SHARED(a) ((a) >= A - READERS)

byte owner;          /* L: 0 missing, else client + 1 */
byte F, state;       /* h, c, o */
byte queue[A], line; /* Q, and how many are in it */
bit R[A];
byte phase[A];       /* 0 not yet, 1 waits, 2 confirms, 3 holds, 4 over, 5 crashed, 6 gave up */
byte acqs[A];        /* ACQ on the way */
byte told[A];        /* the message "grant", with its fence */
byte m[A];           /* the fence that it has, or confirms */
byte late[A];        /* HOLD that is still on the way */
byte best, lapses, crashes, leaves;
hidden byte i, j, place, readers, got, fence;
#define h 1
#define c 2
#define o 0

inline where(a) { /* place: its index in the queue, or line */
  place = 0; do :: place < line && queue[place] != a -> place++ :: else -> break od
}
inline leave(a) {
  where(a);
  if :: place < line -> line--;
        do :: place < line -> queue[place] = queue[place+1]; place++ :: else -> break od;
        queue[line] = 0
     :: else fi
}
inline count_readers() {
  readers = 0; i = 0; do :: i < A -> readers = readers + R[i]; i++ :: else -> break od
}
inline passes_nobody(a) {
  where(a); i = 0;
  do :: i < place -> assert(phase[queue[i]] != 1); i++ :: else -> break od
}
inline grant_shared(a) {
#ifndef SHARED_KEEPS_F
  if :: state != o -> F++; state = o :: else fi;
#endif
  R[a] = 1
}
inline grant(a, its_state) {
  passes_nobody(a); leave(a);
  if :: SHARED(a) -> grant_shared(a)
     :: else -> owner = a + 1;
#ifdef CLAIM_KEEPS_F
        if :: its_state == h -> F++ :: else fi;
#else
        F++;
#endif
        state = its_state
  fi
}
inline hand_over(me) { /* got: `me` was granted it */
  got = 0;
  do
  :: line == 0 -> break
  :: line > 0 && phase[queue[0]] > 2 -> j = queue[0]; leave(j) /* dropped */
  :: line > 0 -> j = queue[0]; count_readers();
     if :: owner != 0 || (readers > 0 && !SHARED(j)) -> break
        :: else ->
           if :: j == me -> grant(j, h); got = 1
              :: else -> grant(j, c); told[j] = F
           fi
     fi
  od;
  j = 0
}
inline obtains(a) {
  phase[a] = 3; m[a] = F; told[a] = 0;
  if :: !SHARED(a) -> assert(F > best); best = F        /* I1 I2 */
     :: else -> assert(F >= best); best = F
  fi
}
inline answered_grant(a) { /* in time, or not: then it has it, and does not know */
  if :: phase[a] == 1 -> obtains(a) :: true fi
}
inline acq(a) {
  acqs[a]--; count_readers();
  if
#ifdef NEW_ATT
  :: owner == a + 1 -> F++; state = h; answered_grant(a)
#else
  :: owner == a + 1 || R[a] -> if :: phase[a] == 1 -> confirms(a, F) :: true fi
#endif
#ifdef PASSES
  :: owner == 0 && readers == 0 -> grant(a, h); answered_grant(a)
#else
  :: owner == 0 && line == 0 && (readers == 0 || SHARED(a)) && !R[a] -> grant(a, h); answered_grant(a)
#endif
  :: else -> where(a);
     if :: place == line -> queue[line] = a; line++ :: else fi;
     hand_over(a);
     if :: got -> answered_grant(a) :: else fi
  fi
}
inline confirms(a, number) {
  phase[a] = 2; m[a] = number; told[a] = 0; late[a] = 0
}
inline hears(a) {
#ifdef NO_CONFIRM
  phase[a] = 3; m[a] = told[a]; told[a] = 0
#else
  confirms(a, told[a])
#endif
}
#define MAY_HOLD(a, number) (SHARED(a) -> R[a] : ((owner == 0 || owner == (a)+1) && F <= (number)))
inline hold(a, number) {
  if :: SHARED(a)
     :: else -> owner = a + 1; F = number; state = h
  fi
}
inline confirm(a) {
  if :: MAY_HOLD(a, m[a]) -> hold(a, m[a]); if :: obtains(a) :: late[a] = m[a] fi
     :: else -> phase[a] = 1; m[a] = 0
  fi
}
#define IS_LEFT(a) (phase[a] == 4 && owner == 0 && F == m[a] && state != o)
inline rel(a) {
  where(a);
  if :: SHARED(a) -> R[a] = 0
     :: else ->
        if :: owner == a + 1 && phase[a] == 6 -> state = o
           :: (owner == a + 1 && phase[a] == 4) || IS_LEFT(a) -> F++; state = o
           :: else fi;
#ifdef REL_BY_NAME
        owner = 0
#else
        if :: owner == a + 1 -> owner = 0 :: else fi
#endif
  fi;
  leave(a); hand_over(NOBODY)
}
#ifdef REL_BY_NAME
#define HAS(a) (owner != 0)
#else
#define HAS(a) (owner == (a)+1 || R[a])
#endif
#define STANDS(a) ((line > 0 && queue[0] == a) || (line > 1 && queue[1] == a) || \
                   (line > 2 && queue[2] == a))
#define IS_FREE (owner == 0 && line > 0)

#define BELIEF(a) (SHARED(a) -> R[a] && owner == 0 : owner == (a)+1 && F == m[a])

proctype client(byte a) {
end:
  do
  :: atomic { phase[a] == 0 -> phase[a] = 1; acqs[a] = COPIES }
  :: atomic { acqs[a] > 0 -> acq(a) }
  :: atomic { told[a] != 0 -> if :: phase[a] == 1 -> hears(a) :: told[a] = 0 fi }
  :: atomic { phase[a] == 2 -> confirm(a) }
  :: atomic { late[a] != 0 && phase[a] != 2 ->
       if :: MAY_HOLD(a, late[a]) -> hold(a, late[a]) :: else fi; late[a] = 0 }
  :: atomic { phase[a] == 1 && leaves < LEAVES -> phase[a] = 6; leaves++ }
  :: atomic { phase[a] == 2 || phase[a] == 3 -> phase[a] = 4 }
  :: atomic { phase[a] > 0 && phase[a] < 4 && crashes < CRASHES -> phase[a] = 5; crashes++ }
  :: atomic { (phase[a] == 4 || phase[a] == 6) && (HAS(a) || STANDS(a) || IS_LEFT(a)) -> rel(a) }
#ifndef NO_TIMERS
  :: atomic { phase[a] == 1 && acqs[a] == 0 &&
              (HAS(a) || !STANDS(a) || (IS_FREE && queue[0] == a)) -> acqs[a] = 1 }
  :: atomic { phase[a] == 1 && STANDS(a) && IS_FREE -> hand_over(NOBODY) }
#endif
  /* L and R run out. */
  :: atomic { (owner == a + 1 || R[a]) && phase[a] > 3 ->
       if :: owner == a + 1 -> owner = 0 :: else -> R[a] = 0 fi }
  :: atomic { (owner == a + 1 || R[a]) && (phase[a] == 1 || phase[a] == 2) && lapses < LAPSES ->
       lapses++; if :: owner == a + 1 -> owner = 0 :: else -> R[a] = 0 fi }
  :: atomic { phase[a] == 3 && !BELIEF(a) -> assert(false) } /* I4 I15: it has what it believes in */
  od
}

proctype patience() {
  byte a;
end:
  timeout -> atomic {
    do :: a < A -> assert(phase[a] != 1 && phase[a] != 2); a++ /* I12: stuck */ :: else -> break od
  }
}

init { atomic { byte a; for (a : 0 .. (A-1)) { run client(a) }; a = 0; run patience() } }
