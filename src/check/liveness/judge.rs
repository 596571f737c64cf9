//! Whether every fair run meets an obligation at last.

use fixedbitset::FixedBitSet;

use super::fairness::Fairness;
use super::graph::{Edge, Graph};
use super::lasso::Lasso;
use super::region::Region;
use super::search::Search;
use super::tour::{Tour, tour};

/// What must come about at last, and when that is still to come.
///
/// "Every p is at last followed by q": it is open in the states where a p has been and no q since, and a step that is
/// itself a q closes it, even if the next p opens it again at once.
pub trait Obligation {
    /// Whether it is open in `state`.
    fn is_open(&self, state: u32) -> bool;

    /// Whether the step `edge` from the state `from` closes it, wherever it leads.
    fn closes(&self, from: u32, edge: &Edge) -> bool {
        let _ = (from, edge);
        false
    }
}

/// What was found of an obligation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No fair run of the graph leaves it open for ever.
    Holds,
    /// This one does.
    Fails(Lasso),
}

/// Looks for a fair run of `graph` that leaves `obligation` open for ever.
///
/// A run that stops is found before one that goes round, and the nearest one first.
///
/// ```
/// use spoolproof::check::liveness::{Edge, Fairness, Graph, Obligation, Verdict, judge};
///
/// /// To reach the last of two states.
/// struct Arrive;
///
/// impl Obligation for Arrive {
///     fn is_open(&self, state: u32) -> bool {
///         state == 0
///     }
/// }
///
/// let mut graph = Graph::default();
/// graph.expand([Edge { to: 0, action: 0, classes: 0 }, Edge { to: 1, action: 1, classes: 0b1 }]);
/// graph.expand([]);
/// let fair = Fairness { weak: 0b1, ..Fairness::default() };
/// assert_eq!(judge(&graph, fair, &Arrive), Verdict::Holds);
/// assert!(matches!(judge(&graph, Fairness::default(), &Arrive), Verdict::Fails(_)));
/// ```
pub fn judge(graph: &Graph, fairness: Fairness, obligation: &impl Obligation) -> Verdict {
    match witness(graph, fairness, obligation) {
        None => Verdict::Holds,
        Some(lasso) => {
            debug_assert_eq!(lasso.verify(graph, fairness, obligation), Ok(()), "{lasso:?}");
            Verdict::Fails(lasso)
        }
    }
}

fn witness(graph: &Graph, fairness: Fairness, obligation: &impl Obligation) -> Option<Lasso> {
    if !graph.is_expanded(0) {
        return None;
    }
    let mut search = Search::new(graph.states());
    search.spread(graph, 0);
    let mut open = FixedBitSet::with_capacity(graph.states());
    for state in search.order().iter().copied().filter(|state| obligation.is_open(*state)) {
        if fairness.lets_stop(graph, state) {
            return Some(Lasso { stem: edges(graph, &search.way(graph, state)), cycle: Vec::new() });
        }
        open.insert(state as usize);
    }
    let mut region = Region::new(graph, open, |from, place| !obligation.closes(from, &graph.edge(place)));
    let fair = fair_components(graph, fairness, &mut region)?;
    let Tour { stem, cycle } = tour(graph, fairness, &region, search, |component| fair.contains(component as usize))?;
    Some(Lasso { stem: edges(graph, &stem), cycle: edges(graph, &cycle) })
}

fn edges(graph: &Graph, places: &[usize]) -> Vec<Edge> {
    places.iter().map(|place| graph.edge(*place)).collect()
}

/// The components of `region` of which a fair run can visit all again and again, if there are any, among those of its
/// last split.
///
/// Each round throws away what no fair run keeps visiting. A class for which a component shrinks has no step in what is
/// left of it, so that there are at most as many rounds as classes, and one more.
fn fair_components(graph: &Graph, fairness: Fairness, region: &mut Region<'_>) -> Option<FixedBitSet> {
    loop {
        let components = region.split();
        if components.is_empty() {
            return None;
        }
        let mut fair = FixedBitSet::with_capacity(components.len());
        for (number, states) in components.iter().enumerate() {
            let footprint = region.footprint(number as u32, states);
            let starved = footprint.starved(fairness);
            if footprint.neglected(fairness) != 0 {
                region.drop_states(states, |_| true);
            } else if starved != 0 {
                region.drop_states(states, |state| graph.enabled(state) & starved != 0);
            } else {
                fair.insert(number);
            }
        }
        if !fair.is_clear() {
            return Some(fair);
        }
    }
}
