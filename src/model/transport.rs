//! Transports: what may become of a message that the spooler hands over (MSM, XPS, XPE, XPT, RSP, G3, G4, G14..G16).

use super::entry::{Ending, Entry};
use super::reading::{D8, Dim, F4, G3, G4, G5, G14, G15, G16, Need, Rules};

/// A transport of a bounded instance.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Transport {
    /// What it may answer when it is there.
    pub results: Vec<Handed>,
}

/// What comes of handing a message to a transport.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Handed {
    /// It serves everybody whom it was offered; EndMessage returns no flag (XPE-02).
    Sends,
    /// It serves the first, and leaves the others FALSE although EndMessage returns no flag (RSP-05, F4, G16).
    Part,
    /// It has failed for good with everybody: rows TRUE, and StatusRecips once (RSP-04, XPT-02, G4).
    Fails,
    /// It keeps the message for later: END_DONT_RESEND (XPE-03, G15).
    Defers,
    /// END_RESEND_LATER (XPE-04).
    ResendLater,
    /// END_RESEND_NOW (XPE-05).
    ResendNow,
    /// MAPI_E_BUSY (XPS-04).
    Busy,
    /// MAPI_E_WAIT (XPS-08).
    Wait,
    /// MAPI_E_NETWORK_ERROR (XPS-06).
    NetworkError,
    /// MAPI_E_NOT_ME (XPS-07).
    NotMe,
    /// MAPI_E_CANCEL (XPS-05, F4).
    Cancel,
    /// The spooler finds that it is not there, and does not call it.
    Unavailable,
}

impl Handed {
    /// Whether the message gets nearer to its end by it: a transport that is fair does it at last.
    #[must_use]
    pub const fn serves(self) -> bool {
        matches!(self, Self::Sends | Self::Fails)
    }
}

/// What becomes of the message, and who gets it: the spooler offers `offered` of its recipients to transport `at`.
pub(super) fn hand(rules: &Rules, mut entry: Entry, at: u8, offered: u32, result: Handed) -> (Entry, u32) {
    let follows = |dim, mask| rules.silent(Need { dim, mask });
    let bit = 1 << at;
    let first = 1 << offered.trailing_zeros();
    let everyone = entry.message.everyone();
    if follows(Dim::G5, G5::OneGlobalFlag) && result != Handed::Unavailable {
        // Rows of the others are set TRUE before the call, and nobody remembers why (RSP-02).
        entry.memory |= everyone & !offered;
    }
    let mut delivered = 0;
    let ends = |entry: &mut Entry, ending| entry.errand.with = Some((at, ending));
    match result {
        Handed::Sends | Handed::Part => {
            delivered = if result == Handed::Sends { offered } else { first };
            entry.memory |= delivered;
            if follows(Dim::G3, G3::PerMessage) {
                entry.memory |= everyone;
            }
            ends(&mut entry, Ending::Sent);
        }
        Handed::Fails => {
            entry.memory |= offered;
            if !follows(Dim::G4, G4::TrueAfterAttempt) {
                entry.reported |= offered;
            }
            ends(&mut entry, Ending::Sent);
        }
        Handed::Defers => ends(&mut entry, Ending::DontResend),
        Handed::ResendLater => ends(&mut entry, Ending::ResendLater),
        Handed::ResendNow => ends(&mut entry, Ending::ResendNow),
        Handed::Busy | Handed::Wait | Handed::NetworkError | Handed::Unavailable => entry.errand.waits |= bit,
        Handed::Cancel => {
            entry.errand.waits |= bit;
            if follows(Dim::F4, F4::Finished) {
                entry.memory = everyone;
            }
        }
        Handed::NotMe => {
            entry.errand.tried |= bit;
            if follows(Dim::G14, G14::NotMeMayHavePartial) {
                delivered = first; // What it set TRUE is not saved after an error (XPS-17).
            }
        }
    }
    entry.sent |= delivered;
    (entry, delivered)
}

/// What EndMessage of transport `at` leads to; `fits` are the recipients whose address types it has registered.
pub(super) fn end(rules: &Rules, mut entry: Entry, at: u8, ending: Ending, fits: u32) -> Entry {
    let follows = |dim, mask| rules.silent(Need { dim, mask });
    let bit = 1 << at;
    entry.errand.with = None;
    match ending {
        Ending::Sent => {
            entry.errand.tried |= bit;
            if follows(Dim::G16, G16::FlagWins) {
                entry.memory |= fits;
            }
        }
        Ending::DontResend => {
            entry.errand.deferred |= bit;
            if follows(Dim::G15, G15::TransportHasCopy) {
                entry.errand.deferred &= !bit;
                entry.memory |= fits;
            }
        }
        Ending::ResendLater => entry.errand.waits |= bit,
        Ending::ResendNow => {}
    }
    if follows(Dim::D8, D8::AfterFirstPass) && ending != Ending::ResendNow {
        entry.memory |= fits;
    }
    entry
}
