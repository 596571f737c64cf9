/*
 * The instance of lifecycle.toml in Promela: the same states and the same transitions, one for one.
 *
 * Each transition is one d_step, and all of the world is one process: interleaved processes would have states that we do
 * not have. A call that is refused and changes nothing is a transition too, back to the same state. What follows from
 * something else is left out of the state: a store without a transport marks a message exactly while it is queued, and
 * its place in the queue is the rank of its time.
 *
 * Smaller instances: -DMESSAGES=1, -DRECIPIENTS=1 or 2, -DCRASHES=0. A second crash would take more than a number: it may
 * find two locks, one that the first has left and one that is new, and each may outlive it or not.
 */

#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef RECIPIENTS
#define RECIPIENTS 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define EVERYONE ((1 << RECIPIENTS) - 1)

/* Where a message is in its life. */
#define ABSENT 0
#define DRAFT 1
#define QUEUED 2
#define FINISHED 3

/* SUBMITFLAG_LOCKED, and for whom. After a crash it is shown or not, held by nobody. */
#define FREE 0
#define HELD 1
#define ORPHAN 2
#define LOST 3

/* An open object: what it has become, and whether it gives write access. */
#define NONE 0
#define FRESH 1
#define STALE 2 /* the message was submitted since */
#define SPENT 3 /* it was submitted through this object */
#define WRITE 4

typedef Message {
	unsigned phase : 2;
	unsigned lock : 2;
	unsigned position : 2;             /* in the queue, from 1 */
	bit unsent;                        /* MSGFLAG_UNSENT is set for certain: it was taken back */
	bit submitted;                     /* it was submitted at least once */
	bit refused;                       /* a submission has failed, which leaves PR_PREPROCESS open for good */
	unsigned responsible : RECIPIENTS; /* whose PR_RESPONSIBILITY is TRUE */
	unsigned unsure : RECIPIENTS;      /* whose PR_RESPONSIBILITY may be either */
	unsigned sent : RECIPIENTS;        /* who has the message */
	unsigned memory : RECIPIENTS;      /* whom the spooler remembers to have served */
	unsigned excused : RECIPIENTS;     /* who may get it once more: the crash came after the delivery */
	unsigned client1 : 3;              /* open objects */
	unsigned client2 : 3;
	unsigned spooler : 2
};

Message all[MESSAGES];
unsigned crashes : 1 = CRASHES;

#define bit_of(r) (1 << (r))
#define life(h) ((h) & 3)
#define is_writable(h) (h == (FRESH | WRITE))
#define is_live(m) (all[m].phase == DRAFT || all[m].phase == QUEUED)
#define is_queued(m) (all[m].phase == QUEUED)
#define is_shown(m) (all[m].lock == HELD || all[m].lock == ORPHAN)
#define may_open(m, h) (is_live(m) && (h == NONE || life(h) == SPENT))
#define may_submit(m, h) (all[m].phase == DRAFT && h != NONE)
#define works_on(m) (all[m].lock == HELD && all[m].spooler != NONE)
#define unserved(m) (all[m].unsure | ~all[m].responsible)

#if MESSAGES > 1
#define other(m) (1 - (m))
#define is_next(m) \
	(all[other(m)].lock != HELD && (!is_queued(other(m)) || all[other(m)].position > all[m].position))
#define last_position(m) (all[other(m)].position + 1)
#else
#define is_next(m) true
#define last_position(m) 1
#endif
#define takes_up(m) (is_queued(m) && all[m].lock != HELD && is_next(m))

/* Only messages in the queue are locked; what was submitted is in the queue until it is taken back or sent. */
#define is_sound(m) ((!is_shown(m) || is_queued(m)) && is_queued(m) == (all[m].position != 0))

inline check()
{
#if MESSAGES > 1
	assert(is_sound(0) && is_sound(1) && (!is_queued(0) || all[0].position != all[1].position))
#else
	assert(is_sound(0))
#endif
}

inline create(m, h)
{
	all[m].phase = DRAFT;
	all[m].unsure = EVERYONE;
	h = FRESH | WRITE
}

inline open_modify(m, h)
{
	may_open(m, h) ->
	if
	:: all[m].phase == DRAFT -> h = FRESH | WRITE
	:: else
	fi;
	assert(!is_queued(m) || life(h) != FRESH)
}

inline open_best_access(m, h)
{
	may_open(m, h) ->
	if
	:: all[m].phase == DRAFT -> h = FRESH | WRITE
	:: is_queued(m) && !is_shown(m) -> h = FRESH
	:: else
	fi;
	assert(!is_queued(m) || (is_shown(m) -> life(h) != FRESH : h == FRESH))
}

inline outdate(h)
{
	h = (life(h) == FRESH -> h + (STALE - FRESH) : h)
}

inline do_submit(m, h)
{
	may_submit(m, h) ->
	all[m].phase = QUEUED;
	all[m].position = last_position(m);
	all[m].unsent = 0;
	all[m].submitted = 1;
	all[m].responsible = 0;
	all[m].unsure = 0;
	outdate(all[m].client1);
	outdate(all[m].client2);
	outdate(all[m].spooler);
	h = h | SPENT
}

/* An object that is read-only, or older than an earlier submission, need not serve. */
inline refuse_submit(m, h)
{
	may_submit(m, h) && !is_writable(h) ->
	all[m].unsent = 0;
	all[m].refused = 1;
	assert(!is_queued(m) && !is_shown(m))
}

inline leave_queue(m)
{
#if MESSAGES > 1
	all[other(m)].position = all[other(m)].position - (all[other(m)].position > all[m].position);
#endif
	all[m].position = 0;
	all[m].lock = FREE;
	all[m].unsure = EVERYONE;
	all[m].sent = 0;
	all[m].memory = 0;
	all[m].excused = 0
}

inline do_abort(m)
{
	is_live(m) ->
	if
	:: is_queued(m) && !is_shown(m) ->
		leave_queue(m);
		all[m].phase = DRAFT;
		all[m].unsent = 1
	:: else
	fi;
	assert(is_queued(m) == is_shown(m))
}

inline take_lock(m)
{
	all[m].spooler != NONE && takes_up(m) ->
	all[m].lock = HELD
}

inline deliver(m, r)
{
	works_on(m) && (unserved(m) & ~all[m].memory & bit_of(r)) ->
	assert(!(all[m].sent & ~all[m].excused & bit_of(r)));
	all[m].sent = all[m].sent | bit_of(r);
	all[m].memory = all[m].memory | bit_of(r)
}

inline record(m, r)
{
	works_on(m) && (unserved(m) & all[m].memory & bit_of(r)) ->
	all[m].responsible = all[m].responsible | bit_of(r);
	all[m].unsure = all[m].unsure & ~bit_of(r)
}

inline close(m)
{
	all[m].client1 = NONE;
	all[m].client2 = NONE;
	all[m].spooler = NONE
}

inline finish(m)
{
	works_on(m) && all[m].responsible == EVERYONE && !(unserved(m) & all[m].memory) ->
	assert(all[m].sent == EVERYONE);
	leave_queue(m);
	close(m);
	all[m].phase = FINISHED
}

inline wake(m, left)
{
	all[m].lock = (all[m].lock == HELD -> left : FREE);
	all[m].unsure = all[m].unsure | all[m].responsible;
	all[m].excused = all[m].excused | all[m].sent;
	all[m].memory = 0;
	close(m)
}

/* A lock is shown afterwards, or not: `left` says which. */
inline crash(left)
{
	crashes = crashes - 1;
	wake(0, left);
#if MESSAGES > 1
	wake(1, left)
#endif
}

#define STEP(what) :: d_step { what; check() }

#define CLIENTS(m) \
	STEP(open_modify(m, all[m].client1)) \
	STEP(do_submit(m, all[m].client1)) \
	STEP(refuse_submit(m, all[m].client1)) \
	STEP(do_abort(m)) \
	STEP(open_best_access(m, all[m].client2)) \
	STEP(is_live(m) && all[m].client2 != NONE -> all[m].client2 = NONE) \
	STEP(do_submit(m, all[m].client2)) \
	STEP(refuse_submit(m, all[m].client2))

#define SPOOLER(m) \
	STEP(all[m].spooler == NONE && takes_up(m) -> all[m].spooler = FRESH) \
	STEP(take_lock(m)) \
	STEP(all[m].spooler != NONE && all[m].lock != HELD -> all[m].spooler = NONE) \
	STEP(finish(m))

#define RECIPIENT(m, r) \
	STEP(deliver(m, r)) \
	STEP(record(m, r))

#if RECIPIENTS > 2
#define RECIPIENTS_OF(m) RECIPIENT(m, 0) RECIPIENT(m, 1) RECIPIENT(m, 2)
#elif RECIPIENTS > 1
#define RECIPIENTS_OF(m) RECIPIENT(m, 0) RECIPIENT(m, 1)
#else
#define RECIPIENTS_OF(m) RECIPIENT(m, 0)
#endif

#define MESSAGE(m) CLIENTS(m) SPOOLER(m) RECIPIENTS_OF(m)

active proctype world()
{
end: /* It may rest when all is sent. */
	do
	STEP(all[0].phase == ABSENT -> create(0, all[0].client1))
	MESSAGE(0)
#if MESSAGES > 1
	STEP(all[0].phase != ABSENT && all[1].phase == ABSENT -> create(1, all[1].client2))
	MESSAGE(1)
	STEP((is_shown(0) || is_shown(1)) && crashes -> crash(LOST))
#else
	STEP(is_shown(0) && crashes -> crash(LOST))
#endif
	STEP(all[0].phase != ABSENT && crashes -> crash(ORPHAN))
	od
}
