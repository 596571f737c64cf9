//! The search: level after level, block after block, and what it comes to.

use std::ops::Range;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};
use std::time::Instant;

use super::expand::{BLOCK, CHUNK, Field, Job, Scratch, read, write};
use super::explorable::{Explorable, each};
use super::graph::{Edges, Graph};
use super::shard::{Candidate, Fresh, Origin, Visited, shard_of};
use super::trail::{NO_PARENT, STATES_MAX};

/// How a search is done, and what it may use.
#[derive(Clone, Debug)]
pub(in crate::check) struct Limits<'a> {
    /// How many threads work on it.
    pub(in crate::check) threads: usize,
    /// How states are told apart.
    pub(in crate::check) visited: Visited,
    /// Whether the graph is kept. Its states are told apart by the whole of them.
    pub(in crate::check) keeps_graph: bool,
    /// How many bytes it may take.
    pub(in crate::check) memory: u64,
    /// When it ends at the latest.
    pub(in crate::check) deadline: Option<Instant>,
    /// Set by whoever wants it to end before that.
    pub(in crate::check) stop: &'a AtomicBool,
    /// How many states there will be, if somebody knows: the table need not grow then.
    pub(in crate::check) expected: u64,
}

/// What a search came to.
pub(in crate::check) struct Search<M: Explorable> {
    /// How many different states were found.
    pub(in crate::check) states: u64,
    /// How many transitions were followed.
    pub(in crate::check) transitions: u64,
    /// All states that so many steps lead to were found, and none farther away where the search closed.
    pub(in crate::check) depth: u64,
    /// How many states were found and not expanded.
    pub(in crate::check) waiting: u64,
    /// How it ended.
    pub(in crate::check) end: End<M>,
    /// The graph, if it was to be kept.
    pub(in crate::check) graph: Option<Graph<M::State>>,
}

/// How a search ended.
pub(in crate::check) enum End<M: Explorable> {
    /// Every state was expanded, and none is broken.
    Closed,
    /// A state is broken: this is a shortest path to it.
    Broken(Path<M>),
    /// It ran out of something.
    Short(Short),
}

/// What a search can run out of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::check) enum Short {
    /// The memory that it may use.
    Memory,
    /// The time that it may take.
    Time,
    /// Numbers: there are more than 2³² states, or more than 2¹⁶ actions in one of them.
    Numbers,
    /// None of these: somebody wanted it to end.
    Interruption,
}

/// A way from a state at the start to another.
pub(in crate::check) struct Path<M: Explorable> {
    /// Each state on the way, with the action that is taken in it.
    pub(in crate::check) steps: Vec<(M::State, M::Action)>,
    /// The state at its end.
    pub(in crate::check) last: M::State,
}

/// Searches `model`; `progress` is told now and then how many states were found.
pub(in crate::check) fn search<M: Explorable>(
    model: &M,
    limits: &Limits<'_>,
    progress: &mut dyn FnMut(u64),
) -> Search<M> {
    let visited = if limits.keeps_graph { Visited::Exact } else { limits.visited };
    // Half of the memory at most: the states need some too.
    let expected = limits.expected.min(limits.memory / 32) as usize;
    let field = Field::new(model, visited, limits.keeps_graph, expected);
    let (counts, end, edges) = thread::scope(|scope| {
        let mut run = Run {
            field: &field,
            limits,
            forgets: visited == Visited::Fingerprints,
            team: Team::new(scope, &field, limits.threads),
            counts: Counts::default(),
            edges: Edges::default(),
            fresh: Arrangement::default(),
        };
        let end = run.all(progress);
        (run.counts, end, run.edges)
    });
    let trail = field.trail.into_inner().unwrap_or_else(PoisonError::into_inner);
    let states = trail.len() as u64;
    let end = match end {
        Ended::Closed => End::Closed,
        Ended::Short(short) => End::Short(short),
        Ended::Broken(index) => End::Broken(Path::new(model, &trail.way_to(index))),
    };
    Search {
        states,
        transitions: counts.transitions,
        depth: counts.depth,
        waiting: states - counts.expanded,
        end,
        graph: limits.keeps_graph.then(|| Graph::new(trail, edges)),
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    transitions: u64,
    expanded: u64,
    depth: u64,
}

/// As [`End`], with the number of the broken state.
enum Ended {
    Closed,
    Broken(usize),
    Short(Short),
}

struct Run<'f, 'm, M: Explorable> {
    field: &'f Field<'m, M>,
    limits: &'f Limits<'f>,
    forgets: bool,
    team: Team<'f, 'm, M>,
    counts: Counts,
    edges: Edges,
    fresh: Arrangement,
}

/// What a block has found, in the order of origins.
#[derive(Debug, Default)]
struct Arrangement {
    places: Vec<Place>,
    /// For each state of the block, where what comes of it begins.
    starts: Vec<u32>,
}

/// Where a new state stands: in which shard, in which place there; and which action led to it.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    at: u32,
    action: u16,
    shard: u8,
}

impl Arrangement {
    /// Arranges what comes of so many states, with these origins by shard and place: each finds its place by counting how
    /// many come before it.
    fn arrange(&mut self, states: usize, shards: impl Iterator<Item = impl Iterator<Item = Origin> + Clone> + Clone) {
        let Self { places, starts } = self;
        starts.clear();
        starts.resize(states + 1, 0);
        shards.clone().flatten().for_each(|origin| starts[usize::from(origin.offset) + 1] += 1);
        for offset in 0..states {
            starts[offset + 1] += starts[offset];
        }
        places.clear();
        places.resize(starts[states] as usize, Place::default());
        for (shard, origins) in (0..).zip(shards) {
            for (at, Origin { offset, action }) in (0..).zip(origins) {
                let next = &mut starts[usize::from(offset)];
                places[*next as usize] = Place { at, action, shard };
                *next += 1;
            }
        }
        // By now each start is where the next one began. What comes of one state is little.
        let mut start = 0;
        for end in starts[..states].iter().map(|end| *end as usize) {
            places[start..end].sort_unstable_by_key(|place| place.action);
            start = end;
        }
    }
}

impl<M: Explorable> Run<'_, '_, M> {
    fn all(&mut self, progress: &mut dyn FnMut(u64)) -> Ended {
        if let Err(ended) = self.begin() {
            return ended;
        }
        let mut level = 0..self.found();
        loop {
            for start in level.clone().step_by(BLOCK) {
                if let Err(ended) = self.block(start..level.end.min(start + BLOCK)) {
                    return ended;
                }
                progress(self.found() as u64);
            }
            level = level.end..self.found();
            if level.is_empty() {
                return Ended::Closed;
            }
            self.counts.depth += 1;
        }
    }

    fn found(&self) -> usize {
        read(&self.field.trail).len()
    }

    /// Finds the states that the model starts in, as if one state before them led there.
    fn begin(&mut self) -> Result<(), Ended> {
        {
            let mut chunk = write(&self.field.chunks[0]);
            for (action, state) in self.field.model.init_states().into_iter().enumerate() {
                let action = u16::try_from(action).map_err(|_| Ended::Short(Short::Numbers))?;
                if self.field.model.within_boundary(&state) {
                    let state = self.field.model.canonical(state);
                    let (print, origin) = (self.field.model.print(&state), Origin { offset: 0, action });
                    let edge = chunk.edges.len() as u32;
                    // It is dropped again: nothing has room for it, and nothing asks for it.
                    chunk.candidates[shard_of(print)].push(Candidate { print, state, origin, edge });
                }
            }
        }
        self.team.work(&Job::Settle(1), Threads::One);
        self.number(None)
    }

    /// Expands some states of a level, and takes in what they lead to.
    fn block(&mut self, block: Range<usize>) -> Result<(), Ended> {
        if self.limits.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Ended::Short(Short::Time));
        }
        if self.limits.stop.load(Ordering::Relaxed) {
            return Err(Ended::Short(Short::Interruption));
        }
        // To wake the others for one chunk costs more than it brings.
        let threads = if block.len() > CHUNK { Threads::All } else { Threads::One };
        let chunks = block.len().div_ceil(CHUNK);
        self.team.work(&Job::Expand(block.clone()), threads);
        self.admit(chunks, block.len())?;
        self.team.work(&Job::Settle(chunks), threads);
        for chunk in &self.field.chunks[..chunks] {
            self.counts.transitions += read(chunk).transitions;
        }
        self.counts.expanded += block.len() as u64;
        self.number(Some(block.clone()))?;
        if self.field.keeps_graph {
            self.link(chunks);
        }
        if self.forgets {
            write(&self.field.trail).forget_states_before(block.end);
        }
        Ok(())
    }

    /// Whether there is room for what the first `chunks` chunks have found.
    fn admit(&self, chunks: usize, states: usize) -> Result<(), Ended> {
        let trail = read(&self.field.trail);
        let (mut bytes, mut candidates, mut edges) = (trail.bytes() + self.edges.bytes(), 0, 0);
        for chunk in &self.field.chunks {
            bytes += read(chunk).bytes();
        }
        let found: Vec<_> = self.field.chunks[..chunks].iter().map(read).collect();
        for (number, shard) in self.field.shards.iter().enumerate() {
            let more = found.iter().map(|chunk| chunk.candidates[number].len()).sum();
            let shard = read(shard);
            bytes += shard.bytes() + shard.bytes_for(more);
            candidates += more;
        }
        for chunk in &found {
            edges += chunk.edges.len();
        }
        if found.iter().any(|chunk| chunk.crowded) || trail.len() + candidates > STATES_MAX {
            return Err(Ended::Short(Short::Numbers));
        }
        bytes += trail.bytes_for(candidates);
        if self.field.keeps_graph {
            bytes += self.edges.bytes_for(states, edges);
        }
        if bytes > self.limits.memory { Err(Ended::Short(Short::Memory)) } else { Ok(()) }
    }

    /// Numbers what comes of the states with the numbers `parents`, in the order of origins; without any, what the model
    /// starts in.
    fn number(&mut self, parents: Option<Range<usize>>) -> Result<(), Ended> {
        let mut shards: Vec<_> = self.field.shards.iter().map(write).collect();
        let states = parents.as_ref().map_or(1, Range::len);
        self.fresh.arrange(states, shards.iter().map(|shard| shard.fresh().iter().map(|fresh| fresh.origin)));
        let mut trail = write(&self.field.trail);
        for Place { shard, at, .. } in &self.fresh.places {
            let (shard, number) = (&mut shards[usize::from(*shard)], trail.len());
            let Fresh { state, origin, .. } = shard.fresh()[*at as usize];
            let parent = |parents: &Range<usize>| (parents.start + usize::from(origin.offset)) as u32;
            let parent = parents.as_ref().map_or(NO_PARENT, parent);
            trail.push(state, parent, origin.action);
            shard.give(*at as usize, number as u32);
            if self.field.model.broken(&state).is_some() {
                return Err(Ended::Broken(number));
            }
        }
        Ok(())
    }

    /// Completes the edges of the chunks, and keeps them.
    fn link(&mut self, chunks: usize) {
        let mut chunks: Vec<_> = self.field.chunks[..chunks].iter().map(write).collect();
        for shard in self.field.shards.iter().map(read) {
            for (link, number) in shard.links() {
                chunks[link.chunk].edges[link.edge as usize].target = number;
            }
        }
        for chunk in chunks {
            self.edges.extend(&chunk.edges, &chunk.counts);
        }
    }
}

impl<M: Explorable> Path<M> {
    /// Takes the actions of a way again. Where states stand for others, each action is one that leads to a state for which
    /// the next one on the way stands.
    fn new(model: &M, way: &[u16]) -> Self {
        let (first, way) = way.split_first().expect("a way begins with the state that the model starts in");
        let mut real = model.init_states().swap_remove(usize::from(*first));
        let (mut standing, mut steps) = (model.canonical(real), Vec::with_capacity(way.len()));
        for action in way {
            let after = successors(model, &standing);
            let (_, next) = after.iter().find(|(index, _)| *index == usize::from(*action)).expect(SAME);
            standing = model.canonical(*next);
            let after = successors(model, &real);
            let (index, next) = after.iter().find(|(_, next)| model.canonical(*next) == standing).expect(SAME);
            let mut actions = Vec::new();
            model.actions(&real, &mut actions);
            steps.push((real, actions.swap_remove(*index)));
            real = *next;
        }
        Self { steps, last: real }
    }
}

/// What can be relied on of every model that can be searched.
const SAME: &str = "equal states, and those that stand for each other, can do the same";

fn successors<M: Explorable>(model: &M, state: &M::State) -> Vec<(usize, M::State)> {
    let mut all = Vec::new();
    each(model, state, &mut Vec::new(), |index, next| all.push((index, next)));
    all
}

/// The threads of a search: this one, and others that wait for a job.
struct Team<'f, 'm, M: Explorable> {
    others: Vec<(Sender<Job>, Receiver<()>)>,
    scratch: Scratch<M>,
    field: &'f Field<'m, M>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Threads {
    One,
    All,
}

impl<'f, 'm, M: Explorable> Team<'f, 'm, M> {
    fn new<'s>(scope: &'s Scope<'s, 'f>, field: &'f Field<'m, M>, threads: usize) -> Self {
        let others = (1..threads).map_while(|_| {
            let ((jobs, todo), (done, ended)) = (channel::<Job>(), channel());
            let work = move || {
                let mut scratch = Scratch::default();
                for job in todo {
                    field.work(&job, &mut scratch);
                    if done.send(()).is_err() {
                        break;
                    }
                }
            };
            // Where there can be no more threads, fewer do.
            thread::Builder::new().spawn_scoped(scope, work).ok().map(|_| (jobs, ended))
        });
        Self { others: others.collect(), scratch: Scratch::default(), field }
    }

    /// Does `job`, and returns when all of it is done.
    fn work(&mut self, job: &Job, threads: Threads) {
        self.field.rewind();
        let others = if threads == Threads::All { &self.others[..] } else { &[] };
        for (jobs, _) in others {
            jobs.send(job.clone()).expect(ALIVE);
        }
        self.field.work(job, &mut self.scratch);
        for (_, ended) in others {
            ended.recv().expect(ALIVE);
        }
    }
}

/// Were it wrong, this thread would panic like the other, rather than wait for it for ever.
const ALIVE: &str = "a thread of the search ends after it, as the model does not panic";
