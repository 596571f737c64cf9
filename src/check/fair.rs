//! What happens at last within bounds: the explored graph with the fairness classes of every step, and each obligation
//! judged on it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::bounds::Bounds;
use super::course::Course;
use super::engine;
use super::liveness::{self, Edge, Fairness, Graph, Verdict};
use super::machine::{Machine, Node};
use super::plan::Plan;
use super::run::{NotJudged, Tested};
use crate::model::{Assumption, FairClasses, OBLIGATIONS, Obligation, Rules, Subject};

/// What was found of one obligation.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The obligation.
    pub obligation: &'static Obligation,
    /// Whether it is kept.
    pub tested: Tested<Course>,
}

/// What judging takes beside the graph, at most, for each edge and for each state: the classes and the ends of edges, and
/// the region in which a run may stay.
const BYTES_FOR_EDGE: u64 = (size_of::<Edge>() + size_of::<u32>() + 1) as u64;
const BYTES_FOR_STATE: u64 = 80;

/// Judges every obligation on the whole graph of `machine`, in which no state is broken.
///
/// The states stand for themselves alone: were interchangeable messages taken for one another, a class would change its
/// message along the way.
pub(super) fn judge(
    (bounds, rules): (&Bounds, &Rules),
    assumptions: &BTreeSet<Assumption>,
    machine: &Machine,
    explored: engine::Graph<Node>,
    plan: &Plan,
) -> Result<Vec<Promise>, NotJudged> {
    let (states, edges) = (explored.len() as u64, explored.edge_count() as u64);
    if explored.bytes() + states * BYTES_FOR_STATE + edges * BYTES_FOR_EDGE > plan.memory {
        return Err(NotJudged::Memory(plan.memory));
    }
    let asked: Vec<Vec<Subject>> = OBLIGATIONS.iter().map(|obligation| obligation.subjects(&bounds.scope)).collect();
    let labelled = Labelled::new(machine, explored, &asked);
    let expected = *rules == Rules::defaults();
    let mut promises = Vec::new();
    let mut bit = 0;
    for (obligation, subjects) in OBLIGATIONS.iter().zip(&asked) {
        let mut broken = None;
        for (subject, place) in subjects.iter().zip(bit..) {
            if plan.stop.load(Ordering::Relaxed) {
                return Err(NotJudged::Interruption);
            }
            let fair = FairClasses::of(assumptions, subject.without);
            broken = broken.or_else(|| {
                let lasso = labelled.lasso(fair, 1 << place)?;
                let course = Course::replay((bounds, rules), fair, (obligation, *subject), &lasso);
                Some(course.expect("what the search has found is what the step function lists"))
            });
        }
        let bits = (bit..bit + subjects.len()).fold(0, |bits, place| bits | 1 << place);
        bit += subjects.len();
        let states = labelled.pending.iter().filter(|pending| **pending & bits != 0).count() as u64;
        let tested = Tested::new(broken, states, bounds.untested.get(obligation.name), expected);
        promises.push(Promise { obligation, tested });
    }
    Ok(promises)
}

/// The graph with the classes of every step, and with what is pending in every state: a bit for each subject.
struct Labelled {
    graph: Graph,
    pending: Vec<u64>,
}

impl Labelled {
    fn new(machine: &Machine, explored: engine::Graph<Node>, asked: &[Vec<Subject>]) -> Self {
        let subjects: Vec<_> = OBLIGATIONS
            .iter()
            .zip(asked)
            .flat_map(|(of, subjects)| subjects.iter().map(move |one| (of, *one)))
            .collect();
        debug_assert!(subjects.len() <= u64::BITS as usize, "there is a bit for each of {} subjects", subjects.len());
        let mut graph = Graph::with_capacity(explored.len(), explored.edge_count());
        let mut pending = Vec::with_capacity(explored.len());
        let mut classes = Vec::new();
        for index in 0..explored.len() {
            let state = explored.state(index);
            machine.classes(&state, &mut classes);
            graph.expand(explored.edges(index).map(|edge| {
                let action = edge.action;
                Edge { to: edge.target, action: action.into(), classes: classes[usize::from(action)] }
            }));
            let world = machine.world(&state);
            pending.push(subjects.iter().zip(0..).fold(0, |bits, ((obligation, subject), place)| {
                bits | u64::from(obligation.is_pending(*subject, &world)) << place
            }));
        }
        Self { graph, pending }
    }

    /// A fair run along which what has that bit is pending for ever.
    fn lasso(&self, fair: FairClasses, bit: u64) -> Option<liveness::Lasso> {
        let FairClasses { weak, strong } = fair;
        // Nobody else must go on: clients may be done, and nothing need fail.
        let fairness = Fairness { weak, strong, progress: false };
        match liveness::judge(&self.graph, fairness, &Open { pending: &self.pending, bit }) {
            Verdict::Holds => None,
            Verdict::Fails(lasso) => Some(lasso),
        }
    }
}

/// An obligation to one subject, as the judgement asks for it.
struct Open<'a> {
    pending: &'a [u64],
    bit: u64,
}

impl liveness::Obligation for Open<'_> {
    fn is_open(&self, state: u32) -> bool {
        self.pending[state as usize] & self.bit != 0
    }
}
