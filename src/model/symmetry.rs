//! Which messages of an instance, and which recipients of each, differ in nothing but their names.
//!
//! States that are equal but for such names can do the same, but for these names, and break the same properties. So a
//! search need see one state for all of them, and finds every failure as soon as it would without.

use arrayvec::ArrayVec;

use super::entry::{ENTRY_BITS, Entry};
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
    /// One that it stands for can.
    #[must_use]
    pub fn canonical(&self, world: &World) -> World {
        let mut sorted = *world;
        for (at, entry) in sorted.entries.iter_mut().enumerate() {
            *entry = self.with_sorted_recipients(at, *entry);
        }
        let order = self.order(|at| {
            let Message { position, time, .. } = sorted.entries[at].message;
            (rank(&sorted.entries[at]), time, position)
        });
        World { entries: order.map(|at| sorted.entries[at]), ..sorted }
    }

    /// Message `at` with its recipients in the order that stands for any other.
    #[must_use]
    pub(crate) fn with_sorted_recipients(&self, at: usize, mut entry: Entry) -> Entry {
        self.recipients[at].iter().for_each(|group| sort_recipients(&mut entry, *group));
        entry
    }

    /// Whether recipients of message `at` are interchangeable.
    #[must_use]
    pub(crate) fn moves_recipients(&self, at: usize) -> bool {
        !self.recipients[at].is_empty()
    }

    /// Whether messages are interchangeable.
    #[must_use]
    pub(crate) fn moves_messages(&self) -> bool {
        !self.messages.is_empty()
    }

    /// For each place the first message that is like the one there.
    #[must_use]
    pub(crate) fn firsts(&self) -> [usize; World::MESSAGES_MAX] {
        let group = |at| self.messages.iter().find(|group| group.contains(&at));
        std::array::from_fn(|at| group(at).map_or(at, |group| group[0]))
    }

    /// For each place the message that moves there, when messages that are alike stand in the order of their keys.
    #[must_use]
    pub(crate) fn order<K: Ord>(&self, key: impl Fn(usize) -> K) -> [usize; World::MESSAGES_MAX] {
        let mut order = std::array::from_fn(|at| at);
        for group in &self.messages {
            let mut sorted = group.clone();
            sorted.sort_unstable_by_key(|at| key(*at));
            group.iter().zip(sorted).for_each(|(to, from)| order[*to] = from);
        }
        order
    }
}

/// A number that tells a message from every other one but for its order among them, the same on every machine.
///
/// Messages come to be in the order of their places, so one that does not exist comes last.
#[must_use]
pub(crate) fn rank(entry: &Entry) -> u128 {
    u128::from(entry.message.place == Place::Absent) << ENTRY_BITS | entry.alone().pack()
}

/// The recipients of a message that are alike.
///
/// With transports there are none: the spooler records and reports one recipient after the other, from the first on, and
/// a transport may serve the first alone. As long as all of it comes to an end, it is the same whoever came first. But
/// when the store or the spooler dies in between, or by a reading that has the rest be forgotten, it can be seen who did.
/// A preprocessor may find the first undeliverable.
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
