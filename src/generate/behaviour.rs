//! What a caller can do to a store within bounds, as a graph: states of the messages, and the calls between them.
//!
//! An explored instance has more states than a store: it knows what transports have sent, what a spooler remembers, and
//! how often something may still fail. States that a store cannot tell apart are one state here, and what no store sees
//! is no transition.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::{Bfs, EdgeRef as _};
use rustc_hash::FxHashMap;

use super::steering::{Steering, steering};
use crate::check::{Bounds, Budget, Explored, Scribe};
use crate::model::{
    Action, Buffers, Call, Clause, Handle, Place, Profile, Reply, Rules, Session, Step, Transition, World, queue_table,
    steps,
};

/// What a caller can do to a store within bounds.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// The name of the bounds.
    pub name: String,
    /// The states of the messages and of the objects that are open on them, and the calls that lead from one to another.
    /// Every state can be reached from the first by the calls that are there.
    pub graph: DiGraph<World, Move>,
    /// The empty store.
    pub start: NodeIndex,
    /// What can come about within the bounds, and no case can bring about: how often, by the reason.
    pub left_out: BTreeMap<LeftOut, Vec<String>>,
    pub(super) scribe: Scribe,
}

/// A call with one of its answers.
#[derive(Clone, Debug)]
pub struct Move {
    /// Who does what.
    pub stimulus: Stimulus,
    /// What comes back.
    pub reply: Reply,
    /// What the case says so that this answer is the one that it goes on from.
    pub steering: Steering,
    /// What the answer rests on.
    pub clauses: Vec<&'static Clause>,
}

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
}

impl LeftOut {
    /// The reason, as a sentence goes on after a colon.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::StoresChoice => "the store may answer so, and may answer otherwise: no call makes it choose",
            Self::Cut => "it takes a kill between two writes of one call, which no case can place",
            Self::SessionDies => "it takes the death of a session that the store outlives, which is no call",
            Self::Behind => "every way there leads through one of those",
        }
    }
}

impl Behaviour {
    /// Explores `bounds` under `rules`, in so many bytes.
    ///
    /// # Errors
    ///
    /// What the exploration ran out of.
    pub fn new(bounds: &Bounds, rules: &Rules, memory: u64) -> Result<Self, Budget> {
        let explored = Explored::new(bounds, rules, memory)?;
        let mut draft = Draft::default();
        let mut buffers = Buffers::default();
        for number in 0..explored.states() {
            let world = with_live_objects(&explored.world(number));
            let here = draft.node(&world);
            let mut answers = Answers { last: None, earlier: Vec::new() };
            world.transitions(&bounds.scope, rules, &mut buffers, |transition| {
                answers.take(transition);
                draft.add(here, transition, &answers, (rules, bounds.scope.profile));
            });
            if bounds.scope.spoolers > 0 {
                draft.reads(here);
            }
        }
        Ok(draft.finish(bounds))
    }

    /// The state in which a move begins.
    #[must_use]
    pub fn before(&self, at: EdgeIndex) -> &World {
        let (from, _) = self.graph.edge_endpoints(at).expect("the edge is of this graph");
        &self.graph[from]
    }
}

/// The answers to one action, in the order of the model.
struct Answers {
    last: Option<Action>,
    earlier: Vec<Reply>,
}

impl Answers {
    fn take(&mut self, transition: &Transition<'_>) {
        if self.last != Some(transition.action) {
            self.last = Some(transition.action);
            self.earlier.clear();
        }
        self.earlier.push(transition.reply);
    }

    /// The place of the last answer.
    const fn place(&self) -> usize {
        self.earlier.len() - 1
    }
}

#[derive(Default)]
struct Draft {
    graph: DiGraph<World, Move>,
    numbers: FxHashMap<World, NodeIndex>,
    /// For each state, which answers to which actions it has.
    known: Vec<Vec<(Action, usize)>>,
    left_out: BTreeMap<LeftOut, Vec<String>>,
}

impl Draft {
    /// The state that a store is in.
    fn node(&mut self, world: &World) -> NodeIndex {
        let state = as_the_store(world);
        let Self { graph, numbers, known, .. } = self;
        *numbers.entry(state).or_insert_with(|| {
            known.push(Vec::new());
            graph.add_node(state)
        })
    }

    fn add(
        &mut self,
        here: NodeIndex,
        transition: &Transition<'_>,
        answers: &Answers,
        (rules, profile): (&Rules, Profile),
    ) {
        let Transition { action, reply, .. } = *transition;
        let unseen =
            !matches!(action, Action::Call { .. } | Action::Restart(_) | Action::Cut { .. } | Action::SpoolerDies(_));
        let known = &mut self.known[here.index()];
        if unseen || known.contains(&(action, answers.place())) {
            return;
        }
        known.push((action, answers.place()));
        let how = match action {
            Action::Cut { .. } => Err(LeftOut::Cut),
            Action::SpoolerDies(_) => Err(LeftOut::SessionDies),
            _ => steering(&answers.earlier).ok_or(LeftOut::StoresChoice),
        };
        match how {
            Ok(steering) => {
                let clauses = clauses(&self.graph[here], action, answers.place(), (rules, profile));
                let there = self.node(&transition.after);
                self.graph.add_edge(here, there, Move { stimulus: Stimulus::Act(action), reply, steering, clauses });
            }
            Err(why) => {
                let text = super::words::transition(&self.graph[here], &Stimulus::Act(action), reply);
                self.left_out.entry(why).or_default().push(text);
            }
        }
    }

    /// The spooler may read the queue at any time; it is of interest once there is a message.
    fn reads(&mut self, here: NodeIndex) {
        let is_empty = self.graph[here].entries[0].message.place == Place::Absent;
        let known = self.graph.edges(here).any(|edge| edge.weight().stimulus == Stimulus::ReadQueue);
        if !is_empty && !known {
            let (stimulus, reply, clauses) = (Stimulus::ReadQueue, Reply::Success, vec![queue_table()]);
            self.graph.add_edge(here, here, Move { stimulus, reply, steering: Steering::default(), clauses });
        }
    }

    /// Takes out what can only be reached by what is left out.
    fn finish(mut self, bounds: &Bounds) -> Behaviour {
        let start = self.numbers[&World::default()];
        let mut reached = vec![false; self.graph.node_count()];
        let mut search = Bfs::new(&self.graph, start);
        while let Some(node) = search.next(&self.graph) {
            reached[node.index()] = true;
        }
        let behind = self.graph.edge_references().filter(|edge| !reached[edge.source().index()]);
        let behind: Vec<String> = behind
            .map(|edge| {
                super::words::transition(&self.graph[edge.source()], &edge.weight().stimulus, edge.weight().reply)
            })
            .collect();
        if !behind.is_empty() {
            self.left_out.insert(LeftOut::Behind, behind);
        }
        let mut graph = DiGraph::new();
        let nodes: Vec<Option<NodeIndex>> = self
            .graph
            .node_indices()
            .map(|node| reached[node.index()].then(|| graph.add_node(self.graph[node])))
            .collect();
        for edge in self.graph.edge_references() {
            if let (Some(from), Some(to)) = (nodes[edge.source().index()], nodes[edge.target().index()]) {
                graph.add_edge(from, to, edge.weight().clone());
            }
        }
        let start = nodes[start.index()].expect("the start is reached from itself");
        let scribe = Scribe::new(bounds.scope.profile);
        Behaviour { name: bounds.name.clone(), graph, start, left_out: self.left_out, scribe }
    }
}

/// What a store knows of a state: its messages, and the objects that it has given out.
fn as_the_store(world: &World) -> World {
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
fn with_live_objects(world: &World) -> World {
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

/// What the answer in that place rests on.
fn clauses(before: &World, action: Action, place: usize, (rules, profile): (&Rules, Profile)) -> Vec<&'static Clause> {
    let mut answers = Vec::new();
    let mut plain = |at: usize, session: Session, call: Call, place: usize| -> Vec<&'static Clause> {
        let entry = &before.entries[at];
        let handle = if let Call::Restart(_) = call { None } else { entry.handle(session) };
        steps(rules, profile, (session, handle, true), entry.message, call, &mut answers);
        let found = answers.iter().filter(|step: &&Step| step.is_plain(rules)).nth(place);
        found.map(|step| step.clauses.to_vec()).unwrap_or_default()
    };
    match action {
        Action::Call { session, message, call } => plain(usize::from(message), session, call, place),
        Action::Restart(stop) => {
            let messages = before.entries.iter().enumerate().filter(|(_, entry)| entry.message.place != Place::Absent);
            let places: Vec<usize> = messages.map(|(at, _)| at).collect();
            places.into_iter().flat_map(|at| plain(at, Session::Client(1), Call::Restart(stop), 0)).collect()
        }
        _ => Vec::new(),
    }
}
