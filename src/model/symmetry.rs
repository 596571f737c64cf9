//! Which messages of an instance, and which recipients of each, differ in nothing but their names.
//!
//! States that are equal but for such names can do the same, but for these names, and break the same properties. So a
//! search need see one state for all of them, and finds every failure as soon as it would without.

use arrayvec::ArrayVec;

use super::entry::Entry;
use super::message::{Message, Place};
use super::preprocessor::Preprocessed;
use super::scope::{Composed, Scope};
use super::store::World;

/// What is interchangeable in a scope.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Symmetry {
    /// Messages that are made alike, as their places in order; two or more in each group.
    messages: ArrayVec<ArrayVec<usize, { World::MESSAGES_MAX }>, { World::MESSAGES_MAX / 2 }>,
    /// For each message its recipients that are alike, as bits; two or more in each group.
    recipients: [Groups; World::MESSAGES_MAX],
}

/// Groups of recipients.
type Groups = ArrayVec<u32, { World::RECIPIENTS_MAX as usize / 2 }>;

impl Symmetry {
    /// What is interchangeable in `scope`, by every reading.
    #[must_use]
    pub fn of(scope: &Scope) -> Self {
        let mut messages = ArrayVec::new();
        let mut left: ArrayVec<usize, { World::MESSAGES_MAX }> = (0..scope.messages.len()).collect();
        while let Some(first) = left.first().copied() {
            let alike = |at: &usize| scope.messages[*at] == scope.messages[first];
            let group: ArrayVec<_, { World::MESSAGES_MAX }> = left.iter().copied().filter(alike).collect();
            left.retain(|at| !group.contains(at));
            if group.len() > 1 {
                messages.push(group);
            }
        }
        let groups = |at| scope.messages.get(at).map(|composed| recipients(scope, composed)).unwrap_or_default();
        Self { messages, recipients: std::array::from_fn(groups) }
    }

    /// Whether nothing is interchangeable.
    #[must_use]
    pub fn is_trivial(&self) -> bool {
        self.messages.is_empty() && self.recipients.iter().all(ArrayVec::is_empty)
    }

    /// The one state that stands for all those that are equal to `world` but for the names of interchangeable things.
    ///
    /// It need not be one that can come about: whoever created a message first, say, may have it in the second place.
    /// One that stands for the same can.
    #[must_use]
    pub fn canonical(&self, world: &World) -> World {
        let mut canonical = *world;
        for (entry, groups) in canonical.entries.iter_mut().zip(&self.recipients) {
            groups.iter().for_each(|group| sort_recipients(entry, *group));
        }
        for group in &self.messages {
            // Messages come to be in the order of their places, so those that do not exist stay last.
            let exists = |at: &&usize| canonical.entries[**at].message.place != Place::Absent;
            let places = group.iter().take_while(exists);
            let mut entries: ArrayVec<_, { World::MESSAGES_MAX }> =
                places.map(|at| (rank(&canonical.entries[*at]), canonical.entries[*at])).collect();
            entries.sort_unstable_by_key(|(rank, _)| *rank);
            for (at, (_, entry)) in group.iter().zip(entries) {
                canonical.entries[*at] = entry;
            }
        }
        canonical
    }
}

/// A number that tells a message from every other one, the same on every machine: what it is, and its order.
fn rank(entry: &Entry) -> (u128, u8, u8) {
    (entry.alone().pack(), entry.message.position, entry.message.time)
}

/// The recipients of a message that are alike.
///
/// With transports there are none. The spooler then takes the first recipient that is left to record and to report, a
/// transport may serve the first that it is offered, and so the places in the table have a meaning: after a crash
/// between two records it matters which of the rows was written first. So it does where a preprocessor finds the first
/// undeliverable.
fn recipients(scope: &Scope, composed: &Composed) -> Groups {
    let finds_first = scope.preprocessors.iter().any(|each| each.results.contains(&Preprocessed::Undeliverable));
    let mut groups = Groups::new();
    if finds_first || !scope.transports.is_empty() {
        return groups;
    }
    let mut left = (1_u32 << World::RECIPIENTS_MAX) - 1;
    while left != 0 {
        let first = left.trailing_zeros() as u8;
        let alike = |other: &u8| left & (1 << other) != 0 && is_alike(scope, composed, first, *other);
        let group = (first..World::RECIPIENTS_MAX).filter(alike).fold(0, |group, other| group | 1 << other);
        left &= !group;
        if group.count_ones() > 1 && is_ever_there(composed, first) {
            groups.push(group);
        }
    }
    groups
}

/// Whether a message has a recipient with this place at any time.
fn is_ever_there(composed: &Composed, recipient: u8) -> bool {
    let counts = composed.drafts.iter().map(|draft| draft.recipients).chain(composed.expands_to);
    counts.max().is_some_and(|most| recipient < most)
}

/// Whether nothing in `scope` tells two recipients of a message apart.
fn is_alike(scope: &Scope, composed: &Composed, one: u8, other: u8) -> bool {
    let both = |set: u32| (set >> one) & 1 == (set >> other) & 1;
    let come_together = |count: u8| (one < count) == (other < count);
    let resends = composed.drafts.iter().any(|draft| draft.resend);
    composed.drafts.iter().all(|draft| both(draft.known) && come_together(draft.recipients))
        && composed.expands_to.is_none_or(come_together)
        && composed.fits.iter().all(|fits| both(*fits))
        && (!resends || both(scope.resent))
}

/// Puts the recipients in `group` in the order of all that is noted of each.
fn sort_recipients(entry: &mut Entry, group: u32) {
    let mut sets = sets(entry);
    let places = || (0..World::RECIPIENTS_MAX).filter(|recipient| group & (1 << recipient) != 0);
    let noted = |recipient: u8| sets.iter().fold(0_u8, |noted, set| noted << 1 | ((**set >> recipient) & 1) as u8);
    let mut columns: ArrayVec<u8, { World::RECIPIENTS_MAX as usize }> = places().map(noted).collect();
    if columns.is_sorted() {
        return;
    }
    columns.sort_unstable();
    for (recipient, noted) in places().zip(columns) {
        for (index, set) in sets.iter_mut().rev().enumerate() {
            **set = **set & !(1 << recipient) | u32::from(noted >> index & 1) << recipient;
        }
    }
}

/// Everything about a message that names recipients. All other fields are listed, so that none is forgotten.
fn sets(entry: &mut Entry) -> [&mut u32; 7] {
    let Entry {
        message,
        handles: _,
        sent,
        reported,
        excused,
        owed: _,
        unprocessed: _,
        processed: _,
        memory,
        errand: _,
    } = entry;
    let Message {
        place: _,
        queued: _,
        submit: _,
        unsent: _,
        resend: _,
        preprocess: _,
        pr_preprocess: _,
        preprocessed: _,
        needs_spooler: _,
        completing: _,
        sentmail: _,
        delete: _,
        copied: _,
        was_submitted: _,
        finished: _,
        doubled: _,
        timed: _,
        lock: _,
        recipients: _,
        responsible,
        unsure,
        known,
        position: _,
        time: _,
    } = message;
    [responsible, unsure, known, sent, reported, excused, memory]
}
