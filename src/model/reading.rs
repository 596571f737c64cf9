//! The readings of contradictory pages that change what a store may do.
//!
//! `models/readings.toml` says of every reading what stance the project takes; this file only names those that the
//! step function tells apart. A test holds the names here and there together.

use std::fmt;

use arrayvec::ArrayVec;

/// A set of readings of one ambiguity, as bits in the order of [`AMBIGUITIES`].
pub type Mask = u8;

macro_rules! ambiguities {
    ($($dim:ident: $($reading:ident),+;)+) => {
        /// An ambiguity of the register that the step function knows.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Dim { $(#[doc = concat!("Entry ", stringify!($dim), ".")] $dim),+ }

        /// Every ambiguity with the names of its readings.
        pub const AMBIGUITIES: &[(Dim, &str, &[&str])] = &[$((Dim::$dim, stringify!($dim), &[$(stringify!($reading)),+])),+];

        $(#[expect(non_snake_case, reason = "the register's own id")]
        pub(crate) mod $dim {
            #[allow(clippy::enum_variant_names, reason = "the register's own names")]
            enum Bit { $($reading),+ }
            $(#[expect(non_upper_case_globals, reason = "the register's own names")]
            #[allow(dead_code, reason = "a default that no clause needs to name")]
            pub(crate) const $reading: super::Mask = 1 << Bit::$reading as u8;)+
        })+
    };
}

ambiguities! {
    A1: PartialThenSpool, NotReturned, Literal;
    A2: ExclusiveBranches, BothFire;
    A3: DeMorgan, FirstMatch, Free, BothFire;
    A4: Artefact, AppliesToPartial;
    A5: AlwaysNoopUnlessResend, Always, ResendOnly;
    A6: P1Delivers, PrepareSubmitLiteral, StoreTasksLiteral;
    A7: ResetThenPrepare, ResetAll;
    A9: ContinueOnly, Refuse, Idempotent, RerunExpand, RerunAll, TreatAsSpooler;
    A10: PreprocessFirst, SpoolerOverrides;
    A11: MatchedInRegistrationOrder, AllInRegistrationOrder, MatchedInTransportOrder;
    A13: SeparateObject, SameObject;
    B1: AnyRefusal, LockDominates, RegardlessOfLock, NothingButAbort, SampleStore;
    B2: WriteRefused, StaleHandle, OpenTimeOnly;
    B3: HolderExempt, SpoolerExempt, CallerObject;
    C1: HolderIdempotent, Idempotent, StrictError;
    C2: OnSetLockState, OnEnqueue;
    C3: Either, LockLost, LockPersists;
    C5: UnlockWhileWaiting, HoldWhileWaiting;
    C7: OutsideContract, NotInQueue, LockAnyMessage;
    D2: MoveSemantics, ClientErrorUnspecified, GoneEntirely, SentCopyKept, CopySemantics;
    D3: FlagsCleared, FlagsKept;
    D4: DequeueAndClear, DequeueOnly, Nothing;
    D5: OutsideContract, Proceed, Refuse;
    D6: SpoolerRunsSeed2, PostprocessOnly, StoreFinishes;
    D7: NeverResent, RowKept;
    D8: AfterAllResolved, AfterFirstPass;
    D9: StoreViaFinishedMsg, ClientFiles;
    E1: PerTransportFIFO, StrictFIFO, BestEffort;
    E3: Eventually, BeforeReturn, AddRemoveOnly, AlsoModify;
    E5: OneRowPositionKept, DuplicateRow;
    E6: RefuseAny, RefuseSubmitted, RefuseNoAccess, Idempotent, SendTwice;
    F1: Atomic, PartialEffects;
    F2: UnlockAndReport, LeftLocked;
    F4: StaysQueuedUnlocked, Finished, Removed;
    F5: UnspecifiedWhileQueued, UnsentWhileQueued, ClearedAtSubmit, ClearedWhenSent, SetAgain, Cleared;
    F6: RowGoneSubmitClear, EverythingUndone, RowOnly;
    F7: LockedAnyFailure, LockedUnableToAbort, SampleStore;
    F8: ValidUntilFinished, InvalidForOpenOnly, NewIdOnSubmit;
    G3: PerRecipient, PerMessage;
    G4: OneReport, TrueAfterAttempt;
    G5: PerTransportView, OneGlobalFlag;
    G14: NotMeMeansUntouched, NotMeMayHavePartial;
    G15: SpoolerKeepsAndResubmits, TransportHasCopy;
    G16: RowsWin, FlagWins;
    G17: DeferredIsUnlocked, DeferredIsLocked;
    H1: ShownLockBlocks, NoLockBlocksAfterReopen, HiddenLockBlocks;
    H2: EitherRow, RowKept, RowRemoved;
    H3: FoundAfterReopen, RequeueOnReopen, RowKept, Lost;
    H4: QueueWhenInDoubt, FinishWithUnknown;
    H6: StoreMoves, CheckerMoves;
    H7: SurvivesCleanStop, SurvivesCrash, LostOnStop;
    H8: ShouldSucceedWhenIdle, NeverGuaranteed;
    H11: EitherNothingLost, ReturnError, QueueInstead;
    H12: EitherHandle, HandleSurvives, HandleDead;
    H13: EitherHandle, HandleRevived, HandleStaysDead;
    H14: HookDecides, DeleteAnyway, HookKeeps;
    H15: ServeOrRefuse, Refuse, Serve;
}

/// How many ambiguities the step function knows.
pub(crate) const DIMS: usize = AMBIGUITIES.len();

const _: () = assert!(DIMS <= 64, "a set of ambiguities is 64 bits");

/// A set of ambiguities.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Dims(u64);

impl Dims {
    /// With `dim`.
    #[must_use]
    pub(crate) const fn with(self, dim: Dim) -> Self {
        Self(self.0 | 1 << dim as u8)
    }

    /// With all of `other`.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// One by one, in the register's order.
    pub fn iter(self) -> impl Iterator<Item = Dim> {
        AMBIGUITIES.iter().map(|(dim, ..)| *dim).filter(move |dim| self.0 & 1 << *dim as u8 != 0)
    }
}

/// A step is open only to a provider that follows one of these readings.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Need {
    /// The ambiguity.
    pub dim: Dim,
    /// Its readings, any of them.
    pub mask: Mask,
}

impl Need {
    /// The readings by name, as `B1=SampleStore`.
    pub fn names(self) -> impl Iterator<Item = String> {
        let (_, id, readings) = AMBIGUITIES[self.dim as usize];
        readings
            .iter()
            .enumerate()
            .filter(move |(bit, _)| self.mask & (1 << bit) != 0)
            .map(move |(_, reading)| format!("{id}={reading}"))
    }
}

/// The needs of one step.
pub(crate) type Needs = ArrayVec<Need, 4>;

/// Which readings are in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rules {
    /// Followed by anyone without a word.
    silent: [Mask; DIMS],
    /// Backed by a page against another page: undecided until it is declared.
    open: [Mask; DIMS],
}

impl Rules {
    /// No reading is in force; fill with [`Rules::permit`] and [`Rules::leave_open`].
    #[must_use]
    pub const fn none() -> Self {
        Self { silent: [0; DIMS], open: [0; DIMS] }
    }

    /// The register's defaults alone: the first reading of each ambiguity in [`AMBIGUITIES`].
    ///
    /// Of a second submission without effect nothing depends on what it returns, so that either answer is explored (E6).
    #[must_use]
    pub const fn defaults() -> Self {
        Self { silent: [1; DIMS], open: [0; DIMS] }.held(Dim::E6, E6::RefuseAny | E6::Idempotent)
    }

    /// Permits `reading` of `ambiguity` to anyone.
    pub fn permit(&mut self, ambiguity: &str, reading: &str) {
        if let Some((dim, mask)) = find(ambiguity, reading) {
            self.silent[dim as usize] |= mask;
        }
    }

    /// Leaves `reading` of `ambiguity` undecided.
    pub fn leave_open(&mut self, ambiguity: &str, reading: &str) {
        if let Some((dim, mask)) = find(ambiguity, reading) {
            self.open[dim as usize] |= mask;
        }
    }

    /// Holds the provider to `reading` of `ambiguity` alone, as its profile declares.
    ///
    /// An ambiguity that the step function does not know changes nothing.
    pub fn declare(&mut self, ambiguity: &str, reading: &str) {
        if let Some((dim, mask)) = find(ambiguity, reading) {
            *self = self.held(dim, mask);
        }
    }

    /// These rules for a provider that is held to the readings of `dim` in `mask`.
    #[must_use]
    pub const fn held(mut self, dim: Dim, mask: Mask) -> Self {
        self.silent[dim as usize] = mask;
        self.open[dim as usize] = 0;
        self
    }

    /// Takes away the readings of `dim` that are not in `mask`, where any remain.
    pub fn narrow(&mut self, dim: Dim, mask: Mask) {
        let index = dim as usize;
        if (self.silent[index] | self.open[index]) & mask != 0 {
            self.silent[index] &= mask;
            self.open[index] &= mask;
        }
    }

    /// The readings of `dim` that are in force in any way.
    #[must_use]
    pub const fn in_force(&self, dim: Dim) -> Mask {
        self.silent[dim as usize] | self.open[dim as usize]
    }

    /// The readings of `dim` that anyone may follow without a word, one by one.
    pub fn silent_readings(&self, dim: Dim) -> impl Iterator<Item = Mask> + use<> {
        let silent = self.silent[dim as usize];
        (0..Mask::BITS).map(|bit| 1 << bit).filter(move |reading| silent & reading != 0)
    }

    /// Whether the provider is held to readings in `need`, and no other reading is in force.
    ///
    /// What a reading does that the pages forbid, and what it leaves out that they permit, hangs on this: a provider that
    /// has declared nothing is held to no single reading, save that a search by the defaults is held to each of them.
    #[must_use]
    pub const fn held_to(&self, need: Need) -> bool {
        let in_force = self.in_force(need.dim);
        in_force != 0 && in_force & !need.mask == 0
    }

    /// Whether `need` is met without a word.
    #[must_use]
    pub const fn silent(&self, need: Need) -> bool {
        self.silent[need.dim as usize] & need.mask != 0
    }

    /// Whether `need` is met, if only by a reading that is undecided.
    #[must_use]
    pub const fn allows(&self, need: Need) -> bool {
        self.in_force(need.dim) & need.mask != 0
    }
}

/// Finds a reading by name.
fn find(ambiguity: &str, reading: &str) -> Option<(Dim, Mask)> {
    let (dim, _, readings) = AMBIGUITIES.iter().find(|(_, id, _)| *id == ambiguity)?;
    let bit = readings.iter().position(|name| *name == reading)?;
    Some((*dim, 1 << bit))
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::{D6, Dim, Need, Rules};

    #[test]
    fn who_declares_nothing_is_held_to_no_reading() {
        let need = Need { dim: Dim::D6, mask: D6::StoreFinishes | D6::PostprocessOnly };
        assert!(!Rules::none().held_to(need));
        assert!(!Rules::defaults().held_to(need));
        let mut rules = Rules::none();
        rules.permit("D6", "SpoolerRunsSeed2");
        rules.permit("D6", "StoreFinishes");
        assert!(!rules.held_to(need), "another reading is in force as well");
        rules.declare("D6", "StoreFinishes");
        assert!(rules.held_to(need));
        let mut rules = Rules::none();
        rules.permit("D6", "StoreFinishes");
        rules.leave_open("D6", "SpoolerRunsSeed2");
        assert!(!rules.held_to(need), "another reading is undecided");
    }
}
