//! Preprocessors: which of them run on a message, in which order, and what may come of it (RPP, SEED1-33, A11, F2).

use arrayvec::ArrayVec;

use super::entry::Entry;
use super::reading::{A11, Dim, Need, Rules};
use super::scope::Scope;

/// A preprocessor of a bounded instance.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Preprocessor {
    /// The transport that registered it, by its place in the transport order.
    pub transport: u8,
    /// What may come of running it.
    pub results: Vec<Preprocessed>,
}

/// What comes of running a preprocessor.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Preprocessed {
    /// It returns S_OK.
    Done,
    /// It returns S_OK, and finds the first recipient undeliverable (RPP-18).
    Undeliverable,
    /// It fails.
    Fails,
}

impl Preprocessor {
    /// How many there can be.
    pub const MAX: usize = 2;
}

/// The preprocessors that have to run on message `at`, in their order.
pub(super) fn due(rules: &Rules, scope: &Scope, at: usize) -> ArrayVec<u8, { Preprocessor::MAX }> {
    let follows = |mask| rules.silent(Need { dim: Dim::A11, mask });
    let matched = if follows(A11::AllInRegistrationOrder) { u8::MAX } else { scope.messages[at].matched };
    let mut due: ArrayVec<_, { Preprocessor::MAX }> =
        (0..scope.preprocessors.len() as u8).filter(|index| matched & (1 << index) != 0).collect();
    if follows(A11::MatchedInTransportOrder) {
        due.sort_by_key(|index| scope.preprocessors[usize::from(*index)].transport);
    }
    due
}

/// What becomes of the message when preprocessor `index` of `transport` has run on it.
pub(super) fn run(mut entry: Entry, index: u8, transport: u8, result: Preprocessed) -> Entry {
    match result {
        Preprocessed::Done => entry.errand.ran |= 1 << index,
        Preprocessed::Undeliverable => {
            entry.errand.ran |= 1 << index;
            let open = entry.unresolved();
            let first = open & open.wrapping_neg();
            entry.reported |= first;
            entry.memory |= first;
        }
        // The message goes back, and the spooler tries again later (F2).
        Preprocessed::Fails => entry.errand.waits |= 1 << transport,
    }
    entry
}
