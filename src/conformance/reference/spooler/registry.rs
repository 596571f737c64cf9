//! The transports and preprocessors that the spooler was told of.

use spoolproof_sdk::wire::{Preprocessor, Recipient, Transport};

/// Who is registered, in order.
#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) transports: Vec<Transport>,
    pub(super) preprocessors: Vec<Preprocessor>,
}

impl Registry {
    /// Whether a transport has registered the recipient's address type.
    pub(super) fn takes(&self, transport: usize, row: &Recipient) -> bool {
        self.transports.get(transport).is_some_and(|one| has(&one.addrtypes, row))
    }

    /// The place of a transport.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.transports.iter().position(|transport| transport.name == name)
    }

    /// Whether a preprocessor is for a message with these recipients: one of them matches, and its transport takes him.
    pub(super) fn wants(&self, index: usize, rows: &[Recipient]) -> bool {
        let Some(one) = self.preprocessors.get(index) else { return false };
        let Some(transport) = self.place(&one.transport) else { return false };
        let matches = |row: &&Recipient| one.addrtypes.as_ref().is_none_or(|types| has(types, row));
        rows.iter().filter(matches).any(|row| self.takes(transport, row))
    }
}

fn has(types: &[String], row: &Recipient) -> bool {
    let addrtype = row.addrtype.as_deref().unwrap_or("SMTP");
    types.iter().any(|each| each.eq_ignore_ascii_case(addrtype))
}
