//! Walks through a bounded store by chance: one seed, the same walks on every machine.
//!
//! A walk likes some kinds of calls more than others, rather makes two calls in a row that no walk has made in a row
//! before, and so depends on all that came before it. It is in no graph: instances may be far too large for one.

use std::collections::BTreeSet;

use super::case::Case;
use super::moves::{Move, Next, Stimulus, as_the_store, following, with_live_objects};
use super::words;
use crate::check::{Actor, Bounds, Chance, Kind, Scribe};
use crate::model::{Buffers, Rules, World};

/// How many walks, and where chance begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Walking {
    /// What chance begins with.
    pub seed: u64,
    /// How many walks there are in each instance.
    pub walks: u64,
}

/// How many calls a walk makes at most.
const CALLS_MAX: usize = 80;

/// How many things may happen in a row that no store sees, before a walk is given up.
const UNSEEN_MAX: usize = 64;

/// Takes the walks; each is a case.
pub(super) fn walks(bounds: &Bounds, rules: &Rules, walking: Walking) -> Vec<Case> {
    let mut walker = Walker { bounds, rules, buffers: Buffers::default(), seen: BTreeSet::new() };
    let scribe = Scribe::new(bounds.scope.profile);
    let width = walking.walks.to_string().len();
    let mut cases = Vec::new();
    for number in 1..=walking.walks {
        let (way, new) = walker.walk(Chance::new(walking.seed, number));
        if way.is_empty() {
            break; // Nothing can happen at the start.
        }
        let id = format!("walks/{}-{number:0width$}", bounds.name);
        let title = format!("Walk {number} through `{}` from seed {}", bounds.name, walking.seed);
        let covers = vec![format!("{new} pairs of calls that no walk before it has made in a row")];
        cases.push(Case::new(&scribe, (id, title), way.iter().map(|(before, made)| (before, made)), covers));
    }
    cases
}

struct Walker<'a> {
    bounds: &'a Bounds,
    rules: &'a Rules,
    buffers: Buffers,
    /// The pairs of calls that were made in a row, in words.
    seen: BTreeSet<(String, String)>,
}

impl Walker<'_> {
    /// A walk, and how many pairs are new in it.
    fn walk(&mut self, mut chance: Chance) -> (Vec<(World, Move)>, usize) {
        let (mut world, mut way, mut nexts) = (World::new(&self.bounds.scope), Vec::new(), Vec::new());
        let (mut last, mut new, mut unseen) = (String::new(), 0, 0);
        while way.len() < CALLS_MAX && unseen < UNSEEN_MAX {
            following(&world, self.bounds, self.rules, &mut self.buffers, &mut nexts);
            nexts.retain(|next| next.steering.is_ok());
            if nexts.is_empty() {
                break;
            }
            let kinds: Vec<Kind> = nexts.iter().map(kind).collect();
            let before = as_the_store(&world);
            let named = |next: &Next| next.stimulus.map(|stimulus| words::transition(&before, &stimulus, next.reply));
            let is_new = |at: usize| named(&nexts[at]).is_some_and(|name| !self.seen.contains(&(last.clone(), name)));
            let next = nexts[chance.choose(&kinds, is_new)];
            unseen += 1;
            if let (Some(name), Some(made)) = (named(&next), next.as_move(&before, self.bounds, self.rules)) {
                new += usize::from(self.seen.insert((last, name.clone())));
                last = name;
                way.push((before, made));
                unseen = 0;
            }
            world = with_live_objects(&next.after);
        }
        (way, new)
    }
}

fn kind(next: &Next) -> Kind {
    match &next.stimulus {
        Some(Stimulus::Act(action)) => Kind::of(action),
        Some(Stimulus::ReadQueue) => Kind { actor: Actor::Spooler, what: "read the queue" },
        None => Kind { actor: Actor::Transport, what: "what no store sees" },
    }
}
