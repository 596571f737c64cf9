//! Which readings one event fits: what would the store have done under another one?
//!
//! The event is put to the step function once for each reading of each ambiguity on which an answer hung. The readings
//! that come closest to what was seen remain, and where some fall behind, the event has told readings apart.

use super::judge::{Match, Question, closest};
use crate::model::{AMBIGUITIES, Dim, Dims, Mask, Message, Rules, Step};

/// One event's choice among the readings of one ambiguity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Told {
    pub(super) dim: Dim,
    /// The readings that the event fits; never all of them.
    pub(super) fits: Mask,
}

/// All readings of an ambiguity.
pub(super) fn every(dim: Dim) -> Mask {
    let (_, _, readings) = AMBIGUITIES[dim as usize];
    (0..readings.len()).fold(0, |mask, bit| mask | 1 << bit)
}

/// What the event says of the readings in `asked`; `all`: its steps by the rules in force, already held against it.
///
/// Other ambiguities stay as open as they are for this provider, so that no reading is ruled out for what another
/// ambiguity may explain. What none of them explains may be the work of one reading that is not in force; where
/// several could have done it, nothing is told.
pub(super) fn infer(
    candidates: &[Message],
    question: &Question<'_>,
    (all, asked): (&[Match], Dims),
    buffer: &mut Vec<Step>,
) -> Vec<Told> {
    let rules = *question.rules;
    let in_force = all.iter().filter_map(Match::departure).min();
    let mut tries = Tries { candidates, question, buffer };
    let tried: Vec<(Dim, Reach)> = asked.iter().map(|dim| (dim, tries.readings(&rules, dim))).collect();
    let nearest = tried.iter().filter_map(|(_, reach)| reach.nearest).chain(in_force).min();
    let Some(nearest) = nearest else { return Vec::new() };
    if in_force == Some(nearest) {
        return told(&tried, nearest).collect();
    }
    // No reading in force explains it as well as some other one does.
    let mut out: Vec<Told> = told(&tried, nearest).filter(|told| told.fits != 0).collect();
    let [alone] = *out else { return Vec::new() };
    if alone.fits.count_ones() == 1 {
        let rules = rules.held(alone.dim, alone.fits);
        let (_, asked) = tries.under(&rules);
        let others = asked.iter().filter(|dim| *dim != alone.dim);
        let tried: Vec<(Dim, Reach)> = others.map(|dim| (dim, tries.readings(&rules, dim))).collect();
        if tried.iter().all(|(_, reach)| reach.nearest.is_none_or(|reached| reached >= nearest)) {
            out.extend(told(&tried, nearest));
        }
    }
    out
}

/// How close the readings of one ambiguity come to what was seen.
struct Reach {
    /// The departure of each; `None` if it has no such answer.
    departures: Vec<Option<u32>>,
    nearest: Option<u32>,
}

/// The ambiguities of which not every reading comes as close as `nearest`.
fn told(tried: &[(Dim, Reach)], nearest: u32) -> impl Iterator<Item = Told> {
    tried.iter().filter_map(move |(dim, reach)| {
        let reached = reach.departures.iter().enumerate().filter(|(_, departure)| **departure == Some(nearest));
        let fits = reached.fold(0, |mask, (bit, _)| mask | 1 << bit);
        (fits != every(*dim)).then_some(Told { dim: *dim, fits })
    })
}

/// Puts one event to the step function under other rules.
struct Tries<'a, 'q> {
    candidates: &'a [Message],
    question: &'a Question<'q>,
    buffer: &'a mut Vec<Step>,
}

impl Tries<'_, '_> {
    fn under(&mut self, rules: &Rules) -> (Option<u32>, Dims) {
        closest(self.candidates, &Question { rules, ..*self.question }, self.buffer)
    }

    fn readings(&mut self, rules: &Rules, dim: Dim) -> Reach {
        let (_, _, readings) = AMBIGUITIES[dim as usize];
        let departures: Vec<Option<u32>> =
            (0..readings.len()).map(|bit| self.under(&rules.held(dim, 1 << bit)).0).collect();
        let nearest = departures.iter().flatten().min().copied();
        Reach { departures, nearest }
    }
}
