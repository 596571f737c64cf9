/*
 * The instance of lifecycle.toml as a Promela model: the same states and the same transitions, one for one.
 *
 * Each thing that can happen is one d_step, and the whole world is one process, so that nothing is interleaved that is one
 * step for us. A call that is refused and changes nothing is a step too, back to the same state. What follows from
 * something else is not in the state: a store without a transport marks a message exactly while it is queued, and queues
 * it where its time says.
 *
 * Smaller instances: -DMESSAGES=1, -DRECIPIENTS=1 or 2, -DCRASHES=0. More crashes than one would need more steps: then a
 * lock that one crash has left, and one that was taken since, may each outlive the next.
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
	unsigned position : 2;           /* in the queue, from 1 */
	bit unsent;                      /* MSGFLAG_UNSENT is set for certain: it was taken back */
	bit submitted;                   /* it was submitted once */
	bit refused;                     /* a submission of it has failed once, which leaves PR_PREPROCESS open */
	unsigned responsible : RECIPIENTS; /* recipients whose PR_RESPONSIBILITY is TRUE */
	unsigned unsure : RECIPIENTS;    /* those where it may be either */
	unsigned sent : RECIPIENTS;      /* those that have the message */
	unsigned memory : RECIPIENTS;    /* those that the spooler remembers to have served */
	unsigned excused : RECIPIENTS;   /* those that may get it once more, for the crash came after the delivery */
	unsigned client1 : 3;            /* open objects */
	unsigned client2 : 3;
	unsigned spooler : 2
};

Message all[MESSAGES];
unsigned crashes : 1 = CRASHES;
hidden byte queued;

#define bit_of(r) (1 << (r))
#define life(h) ((h) & 3)
#define is_live(m) (all[m].phase == DRAFT || all[m].phase == QUEUED)
#define is_shown(m) (all[m].lock == HELD || all[m].lock == ORPHAN)
#define may_open(m, h) (is_live(m) && (h == NONE || life(h) == SPENT))

#if MESSAGES > 1
#define other(m) (1 - (m))
#define is_next(m) (all[other(m)].lock != HELD && \
	(all[other(m)].phase != QUEUED || all[other(m)].position > all[m].position))
#define in_order (all[0].phase != QUEUED || all[0].position != all[1].position)
#else
#define is_next(m) true
#define in_order true
#endif
#define takes_up(m) (all[m].phase == QUEUED && all[m].lock != HELD && is_next(m))
#define works_on(m) (all[m].lock == HELD && all[m].spooler != NONE)
#define unrecorded(m) (all[m].memory & (all[m].unsure | ~all[m].responsible))

/* What holds of every state: only queued messages are locked, and the queue numbers its rows. */
#define is_sound(m) ((!is_shown(m) || all[m].phase == QUEUED) && (all[m].phase == QUEUED) == (all[m].position != 0))

inline sound()
{
#if MESSAGES > 1
	assert(is_sound(0) && is_sound(1) && in_order)
#else
	assert(is_sound(0))
#endif
}

inline create(m, h)
{
	all[m].phase = DRAFT;
	all[m].unsure = EVERYONE;
	h = FRESH | WRITE;
	sound()
}

inline open_modify(m, h)
{
	if
	:: all[m].phase == DRAFT -> h = FRESH | WRITE
	:: else
	fi;
	assert(all[m].phase == DRAFT || life(h) != FRESH);
	sound()
}

inline open_best_access(m, h)
{
	if
	:: all[m].phase == DRAFT -> h = FRESH | WRITE
	:: all[m].phase == QUEUED && !is_shown(m) -> h = FRESH
	:: else
	fi;
	assert(all[m].phase == DRAFT || (is_shown(m) && life(h) != FRESH) || (!is_shown(m) && h == FRESH));
	sound()
}

inline release(h)
{
	h = NONE;
	sound()
}

inline outdate(h)
{
	h = (life(h) == FRESH -> h + (STALE - FRESH) : h)
}

inline submit(m, h)
{
	all[m].phase = QUEUED;
	all[m].unsent = 0;
	all[m].submitted = 1;
	all[m].responsible = 0;
	all[m].unsure = 0;
#if MESSAGES > 1
	all[m].position = all[other(m)].position + 1;
#else
	all[m].position = 1;
#endif
	outdate(all[m].client1);
	outdate(all[m].client2);
	outdate(all[m].spooler);
	h = h | SPENT;
	sound()
}

/* A read-only object, or one from before an earlier submission, need not serve. */
inline submit_refused(m)
{
	all[m].unsent = 0;
	all[m].refused = 1;
	assert(all[m].phase == DRAFT && all[m].lock == FREE);
	sound()
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

inline abort(m)
{
	if
	:: all[m].phase == QUEUED && !is_shown(m) ->
		leave_queue(m);
		all[m].phase = DRAFT;
		all[m].unsent = 1;
		assert(all[m].lock == FREE)
	:: else
	fi;
	sound()
}

inline take_lock(m)
{
	all[m].lock = HELD;
	sound()
}

inline deliver(m, r)
{
	assert(!(all[m].sent & ~all[m].excused & bit_of(r)));
	all[m].sent = all[m].sent | bit_of(r);
	all[m].memory = all[m].memory | bit_of(r);
	sound()
}

inline record(m, r)
{
	all[m].responsible = all[m].responsible | bit_of(r);
	all[m].unsure = all[m].unsure & ~bit_of(r);
	sound()
}

inline finish(m)
{
	assert(all[m].sent == EVERYONE);
	leave_queue(m);
	all[m].phase = FINISHED;
	all[m].client1 = NONE;
	all[m].client2 = NONE;
	all[m].spooler = NONE;
	sound()
}

inline wake(m, left)
{
	queued = queued + (all[m].phase == QUEUED);
	all[m].lock = (all[m].lock == HELD -> left : FREE);
	all[m].unsure = all[m].unsure | all[m].responsible;
	all[m].excused = all[m].excused | all[m].sent;
	all[m].memory = 0;
	all[m].client1 = NONE;
	all[m].client2 = NONE;
	all[m].spooler = NONE;
	queued = queued - (all[m].phase == QUEUED)
}

/* What was locked is locked still, or not: `left` says which. */
inline crash(left)
{
	crashes = crashes - 1;
	queued = 0;
	wake(0, left);
#if MESSAGES > 1
	wake(1, left);
#endif
	assert(queued == 0);
	sound()
}

#define CLIENTS(m) \
	:: d_step { may_open(m, all[m].client1) -> open_modify(m, all[m].client1) } \
	:: d_step { all[m].phase == DRAFT && all[m].client1 != NONE -> submit(m, all[m].client1) } \
	:: d_step { all[m].phase == DRAFT && all[m].client1 != NONE && all[m].client1 != (FRESH | WRITE) -> submit_refused(m) } \
	:: d_step { is_live(m) -> abort(m) } \
	:: d_step { may_open(m, all[m].client2) -> open_best_access(m, all[m].client2) } \
	:: d_step { is_live(m) && all[m].client2 != NONE -> release(all[m].client2) } \
	:: d_step { all[m].phase == DRAFT && all[m].client2 != NONE -> submit(m, all[m].client2) } \
	:: d_step { all[m].phase == DRAFT && all[m].client2 != NONE && all[m].client2 != (FRESH | WRITE) -> submit_refused(m) }

#define SPOOLER(m) \
	:: d_step { all[m].spooler == NONE && takes_up(m) -> all[m].spooler = FRESH; sound() } \
	:: d_step { all[m].spooler != NONE && takes_up(m) -> take_lock(m) } \
	:: d_step { all[m].spooler != NONE && all[m].lock != HELD -> release(all[m].spooler) } \
	:: d_step { works_on(m) && all[m].responsible == EVERYONE && !unrecorded(m) -> finish(m) }

#define RECIPIENT(m, r) \
	:: d_step { works_on(m) && !(all[m].memory & bit_of(r)) && ((all[m].unsure | ~all[m].responsible) & bit_of(r)) -> deliver(m, r) } \
	:: d_step { works_on(m) && (unrecorded(m) & bit_of(r)) -> record(m, r) }

#if RECIPIENTS > 2
#define MESSAGE(m) CLIENTS(m) SPOOLER(m) RECIPIENT(m, 0) RECIPIENT(m, 1) RECIPIENT(m, 2)
#elif RECIPIENTS > 1
#define MESSAGE(m) CLIENTS(m) SPOOLER(m) RECIPIENT(m, 0) RECIPIENT(m, 1)
#else
#define MESSAGE(m) CLIENTS(m) SPOOLER(m) RECIPIENT(m, 0)
#endif

active proctype world()
{
end:
	do
	:: d_step { all[0].phase == ABSENT -> create(0, all[0].client1) }
	MESSAGE(0)
#if MESSAGES > 1
	:: d_step { all[0].phase != ABSENT && all[1].phase == ABSENT -> create(1, all[1].client2) }
	MESSAGE(1)
#endif
	:: d_step { all[0].phase != ABSENT && crashes -> crash(ORPHAN) }
#if MESSAGES > 1
	:: d_step { (is_shown(0) || is_shown(1)) && crashes -> crash(LOST) }
#else
	:: d_step { is_shown(0) && crashes -> crash(LOST) }
#endif
	od
}
