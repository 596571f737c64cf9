//! Makes a failure short: leaves steps out, and looks for shorter ways between what is left.
//!
//! First whatever can be left out is, in halves, quarters and so on down to single steps (delta debugging). Then from
//! each state of the run a search, breadth first and within a budget, looks for a shorter way to the broken property or
//! back to a later state of the run. Both are repeated until neither finds anything.

use rustc_hash::FxHashMap;
use stateright::Model;

use super::run::{Course, Run};
use crate::check::machine::{Machine, Node};
use crate::check::shorten::leave_out;
use crate::model::{Buffers, World};

/// A failure made short.
#[derive(Clone, Debug)]
pub(super) struct Shrunk {
    pub(super) run: Run,
    /// Whether the search from the start saw everything that is nearer: then no run is shorter.
    pub(super) shortest: bool,
}

/// How many states a search may find.
const STATES_MAX: usize = 100_000;

/// Makes `run` shorter. Equal runs are made equal ones, on every machine.
pub(super) fn shrink(course: &Course<'_>, run: Run) -> Shrunk {
    let mut buffers = Buffers::default();
    let machine = Machine::new(course.bounds.scope.clone(), *course.rules, 1 << course.property);
    let mut run = run;
    loop {
        run = leave_out(run, |without| course.take(without.into_iter(), &mut buffers));
        let mut shortest = false;
        let mut shorter = None;
        for at in 0..run.len() {
            match Search::new(&machine, &run, at).run() {
                Found::Shorter(path) => {
                    shorter = course.follow(path.into_iter(), &mut buffers).filter(|other| other.len() < run.len());
                }
                Found::Nothing { complete } => shortest |= complete && at == 0,
            }
            if shorter.is_some() || shortest {
                break;
            }
        }
        match shorter {
            Some(other) => run = other,
            None => return Shrunk { run, shortest },
        }
    }
}

/// What a search came to.
enum Found {
    /// A shorter way, from the start of the run.
    Shorter(Vec<(World, u16)>),
    /// None.
    Nothing {
        /// Whether everything was seen that would have been shorter.
        complete: bool,
    },
}

/// A search from one state of a run.
struct Search<'r> {
    machine: &'r Machine,
    run: &'r Run,
    at: usize,
    /// The later states of the run, each with its last place in it.
    later: FxHashMap<Node, usize>,
    /// What was found, in its order: each with where it was found from, and by which step.
    states: Vec<(Node, u32, u16)>,
}

impl<'r> Search<'r> {
    fn new(machine: &'r Machine, run: &'r Run, at: usize) -> Self {
        let later = (at + 1..run.len()).map(|at| (machine.node(&run[at].world), at)).collect();
        Self { machine, run, at, later, states: vec![(machine.node(&run[at].world), u32::MAX, 0)] }
    }

    fn run(mut self) -> Found {
        let mut known: FxHashMap<Node, ()> = FxHashMap::default();
        known.insert(self.states[0].0, ());
        let mut choices = Vec::new();
        let mut level = 0..1;
        // So many steps lead to the level, and the next must save at least one.
        for depth in 0..self.run.len() - self.at {
            if depth + 1 >= self.run.len() - self.at {
                break;
            }
            for from in level.clone() {
                let state = self.states[from].0;
                choices.clear();
                self.machine.actions(&state, &mut choices);
                for choice in choices.drain(..) {
                    if choice.next.broken().is_some() {
                        return Found::Shorter(self.path(from, choice.index, self.run.len()));
                    }
                    if known.insert(choice.next, ()).is_some() {
                        continue;
                    }
                    let joins = self.later.get(&choice.next).copied();
                    if let Some(joined) = joins.filter(|joined| joined - self.at > depth + 1) {
                        return Found::Shorter(self.path(from, choice.index, joined));
                    }
                    if self.states.len() == STATES_MAX {
                        return Found::Nothing { complete: false };
                    }
                    self.states.push((choice.next, from as u32, choice.index));
                }
            }
            level = level.end..self.states.len();
        }
        Found::Nothing { complete: true }
    }

    /// The run as it is up to where the search started, then the way that was found, then the rest of the run from `joined`.
    fn path(&self, from: usize, index: u16, joined: usize) -> Vec<(World, u16)> {
        let world = |from: usize| self.machine.world(&self.states[from].0);
        let mut found = vec![(world(from), index)];
        let mut from = from;
        while let (_, parent, index) = self.states[from]
            && parent != u32::MAX
        {
            from = parent as usize;
            found.push((world(from), index));
        }
        let own = |range: std::ops::Range<usize>| self.run[range].iter().map(|step| (step.world, step.index));
        own(0..self.at).chain(found.into_iter().rev()).chain(own(joined..self.run.len())).collect()
    }
}
