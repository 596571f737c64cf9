//! The transports and preprocessors that a spooler has, and which recipients and messages they are for.

use arrayvec::ArrayVec;
use spoolproof_sdk::wire::{Preprocessor, Recipient, Transport};

use crate::model::{self, A11, Dim, Message, Rules, World};

/// Preprocessors by their numbers, in the order in which they run.
pub(crate) type Due = ArrayVec<u8, { model::Preprocessor::MAX }>;

/// Who is registered, in order.
#[derive(Clone, Debug)]
pub(crate) struct Roster {
    transports: Vec<Transport>,
    preprocessors: Vec<Preprocessor>,
}

impl Roster {
    /// `None` if there are more of them than the model follows.
    pub(crate) fn new(transports: Vec<Transport>, preprocessors: Vec<Preprocessor>) -> Option<Self> {
        let fits = transports.len() <= World::TRANSPORTS_MAX && preprocessors.len() <= model::Preprocessor::MAX;
        fits.then_some(Self { transports, preprocessors })
    }

    /// The place of the transport with this name.
    pub(crate) fn place(&self, name: &str) -> Option<u8> {
        let place = self.transports.iter().position(|transport| transport.name == name)?;
        u8::try_from(place).ok()
    }

    /// The recipients that each transport takes by their address types, as bits.
    pub(crate) fn fits(&self, rows: &[Recipient]) -> [u32; World::TRANSPORTS_MAX] {
        let mut fits = [0; World::TRANSPORTS_MAX];
        for (fits, transport) in fits.iter_mut().zip(&self.transports) {
            *fits = of_types(rows, &transport.addrtypes);
        }
        fits
    }

    /// The transport that has registered preprocessor `index`.
    pub(crate) fn registrar(&self, index: u8) -> Option<u8> {
        self.place(&self.preprocessors.get(usize::from(index))?.transport)
    }

    /// Whether a RemovePreprocessInfo function was registered with preprocessor `index` (RPP-10).
    pub(crate) fn removes(&self, index: u8) -> bool {
        self.preprocessors.get(usize::from(index)).is_some_and(|one| one.removes != Some(false))
    }

    /// The preprocessors that match a recipient whom their transport takes, in the order of registration.
    pub(crate) fn due(&self, rows: &[Recipient]) -> Due {
        let fits = self.fits(rows);
        let matches = |index: &u8| {
            let Some(one) = self.preprocessors.get(usize::from(*index)) else { return false };
            let theirs = one.addrtypes.as_ref().map_or(u32::MAX, |types| of_types(rows, types));
            self.registrar(*index).is_some_and(|place| theirs & fits[usize::from(place)] != 0)
        };
        self.numbers().filter(matches).collect()
    }

    /// The preprocessors that have to run by each of the readings in force (A11).
    pub(crate) fn dues(&self, rules: &Rules, rows: &[Recipient]) -> Vec<Due> {
        let matched = self.due(rows);
        let mut by_transport = matched.clone();
        by_transport.sort_by_key(|index| self.registrar(*index));
        let mut dues = Vec::new();
        for reading in rules.silent_readings(Dim::A11) {
            let due = match reading {
                A11::AllInRegistrationOrder => self.numbers().collect(),
                A11::MatchedInTransportOrder => by_transport.clone(),
                _ => matched.clone(),
            };
            if !dues.contains(&due) {
                dues.push(due);
            }
        }
        dues
    }

    fn numbers(&self) -> impl Iterator<Item = u8> + use<> {
        (0..).take(self.preprocessors.len())
    }
}

/// The recipients whose address type is one of `types`, as bits.
fn of_types(rows: &[Recipient], types: &[String]) -> u32 {
    let is_one = |row: &Recipient| {
        let addrtype = row.addrtype.as_deref().unwrap_or("SMTP");
        types.iter().any(|each| each.eq_ignore_ascii_case(addrtype))
    };
    rows.iter()
        .take(usize::from(Message::TRACKED))
        .enumerate()
        .fold(0, |bits, (index, row)| bits | u32::from(is_one(row)) << index)
}
