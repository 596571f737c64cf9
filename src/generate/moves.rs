//! What may follow a state, as a caller meets it: each call with each of its answers, and what a case has to say so that it
//! is this one.

use super::steering::{Steering, steering};
use crate::check::Bounds;
use crate::model::{
    Action, Aspect, Buffers, Call, Clause, Codes, Handle, Message, Place, Reply, Rules, Session, Step, Support, Times,
    Tri, World, bears_on, notification, queue_table, steps,
};
use crate::oracle::owes;

/// A call with one of its answers.
#[derive(Clone, Debug)]
pub struct Move {
    /// Who does what.
    pub stimulus: Stimulus,
    /// What comes back.
    pub reply: Reply,
    /// Which of the answers it is, from 0: the first is the one that a case goes on from unless it says otherwise.
    pub place: usize,
    /// What the case says so that this answer is the one that it goes on from.
    pub steering: Steering,
    /// The requirements that it decides, each with the clause that states it.
    pub decides: Vec<Stated>,
}

/// A requirement, and the clause that states it.
pub type Stated = (&'static Clause, &'static str);

/// What a caller does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stimulus {
    /// A call on one message, or the end of the store's process.
    Act(Action),
    /// The spooler reads the outgoing queue.
    ReadQueue,
}

/// Why no case brings something about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LeftOut {
    /// The pages let the store answer in this way too, and nothing that a caller can do makes it.
    StoresChoice,
    /// It takes a kill in the middle of a call, which a case cannot place.
    Cut,
    /// It takes the death of a session alone, which is not a call on the store.
    SessionDies,
    /// It takes one of these first.
    Behind,
    /// A clause of a store applies in no state of the bounds.
    NotEnabled,
    /// It is about callers, and the cases for stores have these keep their rules.
    OfCallers,
    /// Only a store that does not follow a SHOULD answers so.
    Deviation,
    /// A case has one answer to each call that it goes on from, and these two states differ in none.
    Alike,
}

impl LeftOut {
    /// The reason, as a sentence goes on after a colon.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::StoresChoice => "the store may answer so, and may answer otherwise: no call makes it choose",
            Self::Cut => "it takes a kill between two writes of one call, which no case can place",
            Self::SessionDies => "it takes the death of a session that the store outlives, which is no call",
            Self::Behind => "every way there leads through an answer that is the store's choice, or through no call",
            Self::NotEnabled => "no call in any state of these bounds makes it apply",
            Self::OfCallers => "it says what clients, spoolers or transports do, and here these keep their rules",
            Self::Deviation => "only a store that does not follow a SHOULD answers so",
            Self::Alike => "no calls within these bounds tell the two states apart",
        }
    }
}

/// Something that may follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    /// What is done, if the store takes part in it.
    pub(super) stimulus: Option<Stimulus>,
    pub(super) reply: Reply,
    pub(super) place: usize,
    pub(super) steering: Result<Steering, LeftOut>,
    pub(super) after: World,
}

/// Lists in `out` what may follow `world`, in the order of the model, and then what is asked in passing: the queue is read,
/// new mail is announced, and open objects are read.
pub(super) fn following(world: &World, bounds: &Bounds, rules: &Rules, buffers: &mut Buffers, out: &mut Vec<Next>) {
    out.clear();
    let (mut last, mut earlier) = (None, Vec::new());
    world.transitions(&bounds.scope, rules, buffers, |transition| {
        let (action, reply, after) = (transition.action, transition.reply, transition.after);
        if last != Some(action) {
            last = Some(action);
            earlier.clear();
        }
        earlier.push(reply);
        let steering = match action {
            Action::Cut { .. } => Err(LeftOut::Cut),
            Action::SpoolerDies(_) => Err(LeftOut::SessionDies),
            _ => steering(&earlier).ok_or(LeftOut::StoresChoice),
        };
        let is_seen =
            matches!(action, Action::Call { .. } | Action::Restart(_) | Action::Cut { .. } | Action::SpoolerDies(_));
        let stimulus = is_seen.then_some(Stimulus::Act(action));
        out.push(Next { stimulus, reply, place: earlier.len() - 1, steering, after });
    });
    // Whether it makes the support call that fails is the store's choice, where it may do without it.
    for at in 0..out.len() {
        let alone = !out.iter().any(|other| other.stimulus == out[at].stimulus && other.reply != out[at].reply);
        if !alone && fails_by_choice(&out[at]) {
            out[at].steering = Err(LeftOut::StoresChoice);
        }
    }
    in_passing(world, bounds, rules, out);
}

/// Whether a submission fails only if the store makes a support call that it need not make (A5, SPN-11).
fn fails_by_choice(next: &Next) -> bool {
    let Some(Stimulus::Act(Action::Call { call: Call::Submit(env), .. })) = next.stimulus else { return false };
    match next.reply {
        Reply::Refused(Codes::OfSupport) => env.prepare == Support::Fails,
        Reply::Refused(_) => env.notify == Support::Fails,
        Reply::Success | Reply::Opened(_) | Reply::OpenedInName => false,
    }
}

fn in_passing(world: &World, bounds: &Bounds, rules: &Rules, out: &mut Vec<Next>) {
    let Some(youngest) = world.entries.iter().rposition(|entry| entry.message.place != Place::Absent) else { return };
    let mut ask = |stimulus, reply| {
        let (steering, after) = (Ok(Steering::default()), *world);
        out.push(Next { stimulus: Some(stimulus), reply, place: 0, steering, after });
    };
    let mut answers = Vec::new();
    let mut call = |session: Session, at: usize, call: Call| {
        let entry = &world.entries[at];
        steps(rules, bounds.scope.profile, (session, entry.handle(session), true), entry.message, call, &mut answers);
        let first = answers.iter().find(|step: &&Step| step.is_plain(rules))?;
        (first.next == entry.message)
            .then_some((Stimulus::Act(Action::Call { session, message: at as u8, call }), first.reply))
    };
    for at in 0..=youngest {
        for session in SESSIONS.into_iter().filter(|session| world.handle(*session, at).is_some()) {
            if let Some((stimulus, reply)) = call(session, at, Call::GetProps) {
                ask(stimulus, reply);
            }
        }
    }
    if bounds.scope.spoolers > 0 {
        if let Some((stimulus, reply)) = call(Session::Spooler(1), youngest, Call::NotifyNewMail) {
            ask(stimulus, reply);
        }
        ask(Stimulus::ReadQueue, Reply::Success);
    }
}

impl Next {
    /// The move in the state `before`; `None` if no case makes it.
    pub(super) fn as_move(&self, before: &World, bounds: &Bounds, rules: &Rules) -> Option<Move> {
        let (stimulus, steering) = (self.stimulus?, self.steering.ok()?);
        let decides = match stimulus {
            Stimulus::ReadQueue => read(before),
            Stimulus::Act(action) => self.decides(action, before, bounds, rules),
        };
        Some(Move { stimulus, reply: self.reply, place: self.place, steering, decides })
    }

    /// What the answer decides, and the notifications that it owes.
    fn decides(&self, action: Action, before: &World, bounds: &Bounds, rules: &Rules) -> Vec<Stated> {
        let mut answers = Vec::new();
        let mut decided = |at: usize, (session, handle): (Session, Option<Handle>), call: Call, place: usize| {
            let message = before.entries[at].message;
            steps(rules, bounds.scope.profile, (session, handle, true), message, call, &mut answers);
            let found = answers.iter().filter(|step: &&Step| step.is_plain(rules)).nth(place);
            found.map(|step| pinned(step, &message)).unwrap_or_default()
        };
        let mut decides = match action {
            Action::Call { session, message, call } => {
                let at = usize::from(message);
                decided(at, (session, before.handle(session, at)), call, self.place)
            }
            Action::Restart(stop) => {
                let there = (0..before.entries.len()).filter(|at| before.entries[*at].message.place != Place::Absent);
                there.flat_map(|at| decided(at, (Session::Client(1), None), Call::Restart(stop), 0)).collect()
            }
            _ => Vec::new(),
        };
        // Nobody is told of what changes while the store is away.
        if !matches!(action, Action::Restart(_)) {
            let owed = before.entries.iter().zip(&self.after.entries);
            let owed = owed.filter_map(|(was, is)| owes(&was.message, &is.message));
            decides.extend(owed.map(notification).flat_map(|clause| stated(clause, |_| true)));
        }
        decides
    }
}

/// The requirements that a clause states of the aspects that `count`.
fn stated(clause: &'static Clause, count: impl Fn(Aspect) -> bool) -> Vec<Stated> {
    let cites = clause.cites.iter().filter(|cite| count(cite.of));
    cites.flat_map(|cite| cite.ids.iter().map(|id| (clause, *id))).collect()
}

/// What an answer decides: what it leaves open decides nothing, nor does what has no bearing on the message.
fn pinned(step: &Step, before: &Message) -> Vec<Stated> {
    let open: Vec<Aspect> = left_open(step).collect();
    let all = step.clauses.iter().flat_map(|clause| stated(clause, |aspect| !open.contains(&aspect)));
    all.filter(|(_, id)| bears_on(id, before, &step.next)).collect()
}

/// What an answer leaves open.
fn left_open(step: &Step) -> impl Iterator<Item = Aspect> {
    let (m, calls) = (&step.next, &step.calls);
    let open = [
        (matches!(step.reply, Reply::Refused(_)), Aspect::Access),
        (calls.prepare == Times::Any, Aspect::Prepare),
        (calls.expand == Times::Any, Aspect::Expand),
        (calls.complete == Times::Any, Aspect::Complete),
        (calls.sent_mail == Times::Any, Aspect::SentMail),
        (m.timed == Tri::Free, Aspect::SubmitTime),
        (m.unsent == Tri::Free, Aspect::Unsent),
        (m.pr_preprocess == Tri::Free, Aspect::PrPreprocess),
        (m.unsure & m.everyone() != 0, Aspect::Responsibility),
    ];
    // What is gone shows nothing more.
    let gone = (!m.place.exists()).then_some(OF_THE_MESSAGE).into_iter().flatten();
    open.into_iter().filter(|(open, _)| *open).map(|(_, aspect)| aspect).chain(gone)
}

/// What is seen of a message that is there.
const OF_THE_MESSAGE: [Aspect; 11] = [
    Aspect::Folder,
    Aspect::Submit,
    Aspect::Unsent,
    Aspect::Locked,
    Aspect::Preprocess,
    Aspect::PrPreprocess,
    Aspect::SubmitTime,
    Aspect::Responsibility,
    Aspect::Recipients,
    Aspect::Content,
    Aspect::Copies,
];

/// What a look at the queue decides: nothing of rows that are not there, and no order of fewer than two. What a row shows of
/// preprocessing is decided where the message is queued.
fn read(before: &World) -> Vec<Stated> {
    let rows = before.queue().len();
    let all = stated(queue_table(), |aspect| match aspect {
        Aspect::Order => rows > 1,
        Aspect::Rows | Aspect::Columns | Aspect::Locked | Aspect::SubmitTime => rows > 0,
        Aspect::Preprocess => false,
        _ => true,
    });
    let of_rows: Vec<Stated> = stated(queue_table(), |aspect| aspect == Aspect::Rows);
    all.into_iter().filter(|(_, id)| rows > 0 || !of_rows.iter().any(|(_, of_rows)| of_rows == id)).collect()
}

/// What a store knows of a state: its messages, and the objects that it has given out.
pub(super) fn as_the_store(world: &World) -> World {
    let mut state = World::default();
    for (to, from) in state.entries.iter_mut().zip(&world.entries) {
        to.message = from.message;
        SESSIONS.into_iter().for_each(|session| to.set_handle(session, from.handle(session)));
    }
    with_live_objects(&state)
}

/// The same in a store whose objects go on as new ones would when their message has been submitted and taken back (H13).
///
/// In another store they stay dead, for which there is no call either: what follows is the store's choice.
pub(super) fn with_live_objects(world: &World) -> World {
    let mut state = *world;
    for entry in &mut state.entries {
        for session in SESSIONS {
            let handle = entry.handle(session).map(|handle| Handle { stale: false, ..handle });
            entry.set_handle(session, handle);
        }
    }
    state
}

const SESSIONS: [Session; World::CLIENTS_MAX + World::SPOOLERS_MAX] =
    [Session::Client(1), Session::Client(2), Session::Spooler(1), Session::Spooler(2)];
