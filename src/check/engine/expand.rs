//! The two parts of a block that threads share: expanding chunks of states, and settling what is new in the shards.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::explorable::Explorable;
use super::graph::Edge;
use super::shard::{Candidate, Origin, SHARDS, Shard, Visited, shard_of};
use super::trail::Trail;

/// How many states a thread takes at a time.
pub(super) const CHUNK: usize = 256;

/// How many chunks make a block. It is the same for any number of threads: where a budget ends a search depends on it.
const CHUNKS: usize = 128;

/// How many states a block has at most.
pub(super) const BLOCK: usize = CHUNK * CHUNKS;

/// How many successors are looked up together, so that waiting for memory is done for all of them at once.
const BATCH: usize = 256;

/// All that the threads of a search share. A lock is never waited for: in each part of a block, either all read or each
/// writes what no other touches. They are there to tell the compiler.
pub(super) struct Field<'m, M: Explorable> {
    pub(super) model: &'m M,
    pub(super) keeps_graph: bool,
    visited: Visited,
    pub(super) trail: RwLock<Trail<M::State>>,
    pub(super) shards: Vec<RwLock<Shard<M::State>>>,
    pub(super) chunks: Vec<RwLock<Chunk<M::State>>>,
    /// The first chunk, or shard, that nobody has taken yet.
    next: AtomicUsize,
}

/// What some states of a block lead to.
#[derive(Debug)]
pub(super) struct Chunk<S> {
    /// The successors that were not in the table, for each shard.
    pub(super) candidates: [Vec<Candidate<S>>; SHARDS],
    pub(super) transitions: u64,
    /// All edges, and for each state how many, where a graph is kept.
    pub(super) edges: Vec<Edge>,
    pub(super) counts: Vec<u32>,
    /// A state has more actions than can be numbered.
    pub(super) crowded: bool,
}

/// Something to do for all threads.
#[derive(Clone, Debug)]
pub(super) enum Job {
    /// Expand these states.
    Expand(Range<usize>),
    /// Settle what so many chunks have found.
    Settle(usize),
}

/// The memory of one thread.
pub(super) struct Scratch<M: Explorable> {
    actions: Vec<M::Action>,
    batch: Vec<Candidate<M::State>>,
    /// What stands in the table where each of the batch belongs.
    near: Vec<u64>,
    /// Fingerprints that this thread met of late, each in its place: they are in the table, or on their way there.
    recent: Vec<u64>,
}

/// How many fingerprints a thread keeps at hand: as many as fit the cache of its core. States are generated again and again
/// within a short time, and most need not be looked for in memory.
const RECENT: usize = 1 << 14;

/// Whether a thread has met `print` of late; from now on it has.
///
/// What it leaves out was generated before by the same thread, and from an earlier state: numbers do not change.
#[inline]
fn is_recent(recent: &mut [u64], print: u64) -> bool {
    let place = &mut recent[print as usize % RECENT];
    std::mem::replace(place, print) == print && print != 0
}

impl<M: Explorable> Default for Scratch<M> {
    fn default() -> Self {
        Self { actions: Vec::new(), batch: Vec::new(), near: Vec::new(), recent: vec![0; RECENT] }
    }
}

impl<'m, M: Explorable> Field<'m, M> {
    pub(super) fn new(model: &'m M, visited: Visited, keeps_graph: bool, expected: usize) -> Self {
        Self {
            model,
            keeps_graph,
            visited,
            trail: RwLock::default(),
            shards: (0..SHARDS).map(|_| RwLock::new(Shard::new(visited, expected / SHARDS))).collect(),
            chunks: (0..CHUNKS).map(|_| RwLock::default()).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Lets the next job begin at its first part.
    pub(super) fn rewind(&self) {
        self.next.store(0, Ordering::Relaxed);
    }

    /// Does parts of `job` until none is left.
    pub(super) fn work(&self, job: &Job, scratch: &mut Scratch<M>) {
        match job {
            Job::Expand(block) => {
                let (trail, shards) = (read(&self.trail), self.shards.iter().map(read).collect::<Vec<_>>());
                let shards: Vec<&Shard<M::State>> = shards.iter().map(|shard| &**shard).collect();
                while let Some(at) = self.take(block.len().div_ceil(CHUNK)) {
                    let start = block.start + at * CHUNK;
                    let states = start..block.end.min(start + CHUNK);
                    self.expand(states, at * CHUNK, &trail, &shards, &mut write(&self.chunks[at]), scratch);
                }
            }
            Job::Settle(chunks) => {
                let (trail, chunks) = (read(&self.trail), self.chunks[..*chunks].iter().map(read).collect::<Vec<_>>());
                while let Some(at) = self.take(SHARDS) {
                    let mut shard = write(&self.shards[at]);
                    shard.start();
                    shard.reserve(chunks.iter().map(|chunk| chunk.candidates[at].len()).sum());
                    for (number, chunk) in chunks.iter().enumerate() {
                        let linked_to = self.keeps_graph.then_some(number);
                        for candidate in &chunk.candidates[at] {
                            shard.settle(candidate, &trail, linked_to);
                        }
                    }
                }
            }
        }
    }

    fn take(&self, parts: usize) -> Option<usize> {
        let part = self.next.fetch_add(1, Ordering::Relaxed);
        (part < parts).then_some(part)
    }

    /// Expands a chunk of states, the first of which is at `offset` in its block.
    fn expand(
        &self,
        states: Range<usize>,
        offset: usize,
        trail: &Trail<M::State>,
        shards: &[&Shard<M::State>],
        chunk: &mut Chunk<M::State>,
        scratch: &mut Scratch<M>,
    ) {
        chunk.start();
        // Where states are told apart by more than fingerprints, or edges lead to them, each is looked for.
        let forgetful = self.visited == Visited::Fingerprints && !self.keeps_graph;
        for (offset, index) in (offset..).zip(states) {
            let (state, before) = (trail.state(index), chunk.transitions);
            let Scratch { actions, batch, recent, .. } = scratch;
            self.model.successors(&state, actions, |action, print, state| {
                let Ok(action) = u16::try_from(action) else {
                    chunk.crowded = true;
                    return;
                };
                let edge = chunk.transitions as u32;
                chunk.transitions += 1;
                if !(forgetful && is_recent(recent, print)) {
                    batch.push(Candidate { print, state, origin: Origin { offset: offset as u16, action }, edge });
                }
            });
            if self.keeps_graph {
                chunk.counts.push((chunk.transitions - before) as u32);
            }
            if scratch.batch.len() >= BATCH {
                self.look_up(scratch, trail, shards, chunk);
            }
        }
        self.look_up(scratch, trail, shards, chunk);
    }

    /// Keeps those candidates of a batch that are not in the table.
    fn look_up(
        &self,
        Scratch { batch, near, .. }: &mut Scratch<M>,
        trail: &Trail<M::State>,
        shards: &[&Shard<M::State>],
        chunk: &mut Chunk<M::State>,
    ) {
        // None of these reads waits for another, so the processor does many of them at once. Most find what they look for.
        near.clear();
        near.extend(batch.iter().map(|candidate| shards[shard_of(candidate.print)].home(candidate.print)));
        for (candidate, home) in batch.drain(..).zip(near.iter()) {
            let shard = shard_of(candidate.print);
            let found = shards[shard].find(&candidate, *home, trail);
            if self.keeps_graph {
                // What has no number yet gets one before anybody reads this.
                chunk.edges.push(Edge { target: found.unwrap_or_default(), action: candidate.origin.action });
            }
            if found.is_none() {
                chunk.candidates[shard].push(candidate);
            }
        }
    }
}

impl<S> Default for Chunk<S> {
    fn default() -> Self {
        Self {
            candidates: std::array::from_fn(|_| Vec::new()),
            transitions: 0,
            edges: Vec::new(),
            counts: Vec::new(),
            crowded: false,
        }
    }
}

impl<S> Chunk<S> {
    pub(super) fn start(&mut self) {
        self.candidates.iter_mut().for_each(Vec::clear);
        self.edges.clear();
        self.counts.clear();
        (self.transitions, self.crowded) = (0, false);
    }

    pub(super) fn bytes(&self) -> u64 {
        let candidates: usize = self.candidates.iter().map(Vec::capacity).sum();
        let edges = self.edges.capacity() * size_of::<Edge>() + self.counts.capacity() * size_of::<u32>();
        (candidates * size_of::<Candidate<S>>() + edges) as u64
    }
}

/// A lock is poisoned when a thread has panicked; the search is over then, and its result is never seen.
pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// As [`read`].
pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
