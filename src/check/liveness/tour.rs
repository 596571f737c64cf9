//! A way round that is fair, and short.

use std::collections::BTreeSet;

use super::fairness::{Fairness, Footprint};
use super::graph::Graph;
use super::region::Region;
use super::search::Search;

/// How far one search for the shortest way round goes, in places with what is owed there, and all of them together.
const VISITS_MAX: usize = 1 << 12;
const ALL_VISITS_MAX: usize = 1 << 18;

/// A way from state 0 to a cycle, and around it, as places of edges.
#[derive(Debug)]
pub(super) struct Tour {
    pub(super) stem: Vec<usize>,
    pub(super) cycle: Vec<usize>,
}

/// Finds a short tour of `region`, from which no state has been dropped where a fair cycle passes.
///
/// It is a shortest one, stem and cycle together, unless that takes too many visits: then the shortest of those found,
/// and if there is none, the nearest of the fair components is toured from one need to the next. `search` has spread
/// from 0.
pub(super) fn tour(
    graph: &Graph,
    fairness: Fairness,
    region: &Region<'_>,
    search: Search,
    is_fair: impl Fn(u32) -> bool,
) -> Option<Tour> {
    let mut best: Option<Tour> = None;
    let mut visits = 0;
    for (distance, anchor) in search.distances().filter(|(_, state)| region.component(*state).is_some()) {
        let longest = best.as_ref().map_or(usize::MAX, |best| best.stem.len() + best.cycle.len() - 1);
        if distance >= longest || visits >= ALL_VISITS_MAX {
            break;
        }
        if let Some(cycle) = shortest(graph, fairness, region, anchor, longest - distance, &mut visits) {
            best = Some(Tour { stem: search.way(graph, anchor), cycle });
        }
    }
    best.or_else(|| {
        let is_fair = |state: &u32| region.component(*state).is_some_and(&is_fair);
        let anchor = search.order().iter().copied().find(is_fair)?;
        let stem = search.way(graph, anchor);
        Some(Tour { stem, cycle: greedy(graph, fairness, region, search, anchor) })
    })
}

/// A state on a way round, with what the way means to the classes so far.
#[derive(Clone, Copy, Debug)]
struct Visit {
    state: u32,
    footprint: Footprint,
    length: usize,
    /// The visit before, and the place of the edge that leads on from it.
    via: (usize, usize),
}

/// The shortest fair way round from `anchor`, if it has at most `longest` steps and is found in time.
fn shortest(
    graph: &Graph,
    fairness: Fairness,
    region: &Region<'_>,
    anchor: u32,
    longest: usize,
    visits: &mut usize,
) -> Option<Vec<usize>> {
    let footprint = Footprint::empty().then(0, graph.enabled(anchor)).relevant(fairness);
    let mut queue = vec![Visit { state: anchor, footprint, length: 0, via: (0, 0) }];
    let mut seen = BTreeSet::from([(anchor, footprint)]);
    let mut done = 0;
    let found = 'search: loop {
        let visit = match queue.get(done) {
            Some(visit) if visit.length < longest && done < VISITS_MAX => *visit,
            _ => break None,
        };
        for place in graph.places(visit.state).filter(|place| region.keeps(*place)) {
            let edge = graph.edge(place);
            let footprint = visit.footprint.then(edge.classes, graph.enabled(edge.to)).relevant(fairness);
            if edge.to == anchor && footprint.owed(fairness) == 0 {
                break 'search Some((done, place));
            }
            if seen.insert((edge.to, footprint)) {
                queue.push(Visit { state: edge.to, footprint, length: visit.length + 1, via: (done, place) });
            }
        }
        done += 1;
    };
    *visits += done + 1;
    let (mut at, place) = found?;
    let mut way = vec![place];
    while at != 0 {
        let (before, place) = queue[at].via;
        way.push(place);
        at = before;
    }
    way.reverse();
    Some(way)
}

/// A fair way round from `anchor` within its component, by going to the nearest step that settles something owed.
///
/// The component is fair: each class that is owed something finds it there. Each part of the way either settles a
/// class for good or leads back to the anchor, so that it ends.
fn greedy(graph: &Graph, fairness: Fairness, region: &Region<'_>, mut search: Search, anchor: u32) -> Vec<usize> {
    let component = region.component(anchor);
    let along = |place: usize| region.keeps(place) && region.component(graph.edge(place).to) == component;
    let mut footprint = Footprint::empty().then(0, graph.enabled(anchor));
    let (mut at, mut tour) = (anchor, Vec::new());
    loop {
        let owed = footprint.owed(fairness);
        let settles = |place: usize| {
            let edge = graph.edge(place);
            owed & !footprint.then(edge.classes, graph.enabled(edge.to)).owed(fairness) != 0
        };
        let way = if owed != 0 {
            search.nearest(graph, at, along, settles)
        } else if tour.is_empty() || at != anchor {
            search.nearest(graph, at, along, |place| graph.edge(place).to == anchor)
        } else {
            return tour;
        };
        for place in way.expect("a component is strongly connected, and a fair one has what is owed") {
            let edge = graph.edge(place);
            footprint = footprint.then(edge.classes, graph.enabled(edge.to));
            at = edge.to;
            tour.push(place);
        }
    }
}
