//! Handing a message round the transports, and reporting whom none of them takes.

use std::collections::BTreeSet;

use spoolproof_sdk::wire::{CallParams, LockState, Recipient};
use spoolproof_sdk::{CallError, HResult, Mapi};

use super::work::{Open, Spooler, has_open, of_handle};

/// What came of asking a transport.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Asked {
    /// Its turn is over.
    Through,
    /// It wants the message once more, now.
    Again,
    /// The recipients stay with it, for later.
    Later,
}

impl Spooler {
    /// Offers the message to one transport after the other, and reports whom none of them takes.
    pub(super) fn hand_round(&mut self, mapi: &mut dyn Mapi, open: &mut Open) -> Result<(), CallError> {
        let mut order: Vec<usize> = (0..self.registry.transports.len()).collect();
        if self.fault("hand-backwards") {
            order.reverse();
        }
        if self.fault("hand-to-first") {
            order.truncate(1);
        }
        // Recipients who stay with a transport that has to be waited for: no other is asked for them.
        let mut kept: BTreeSet<String> = BTreeSet::new();
        let serves_again = self.fault("sleeper-served-again-after-death") && self.past.has_inherited(&open.entry_id);
        // Who has been asked in this round.
        let mut turns = 0;
        for transport in order {
            let is_offered = |row: &Recipient| {
                let fits = self.registry.takes(transport, row) || self.fault("hand-to-first");
                let is_left = row.responsibility != Some(true) || serves_again;
                is_left && fits && !kept.contains(&row.address)
            };
            let offered: Vec<String> =
                open.rows.iter().filter(|row| is_offered(row)).map(|row| row.address.clone()).collect();
            if offered.is_empty() {
                continue;
            }
            let errand = self.errands.entry(open.entry_id.clone()).or_default();
            if errand.waits.contains(&transport) || errand.deferred.contains(&transport) {
                kept.extend(offered);
                continue;
            }
            if turns > 0 && self.fault("sleeper-unlock-between-transports") {
                self.lock(mapi, open, LockState::Unlocked)?;
            }
            loop {
                match self.ask(mapi, open, (transport, turns), &offered)? {
                    Asked::Again => continue,
                    Asked::Later => kept.extend(offered),
                    Asked::Through => {}
                }
                break;
            }
            turns += 1;
            if self.fault("finish-after-first") || (self.fault("report-after-first-refusal") && has_open(open)) {
                break;
            }
        }
        let mut left: Vec<Recipient> = open
            .rows
            .iter()
            .filter(|row| row.responsibility != Some(true) && !kept.contains(&row.address))
            .cloned()
            .collect();
        if self.fault("sleeper-report-names-first-alone") {
            left.truncate(1);
        }
        if self.fault("report-served") {
            let served: Vec<Recipient> =
                open.rows.iter().filter(|row| row.responsibility == Some(true)).cloned().collect();
            self.report(mapi, open, &served)?;
        }
        if self.fault("record-untrue") {
            let all: Vec<Recipient> = left.clone();
            self.record(mapi, open, &all)?;
        } else if !left.is_empty() && !self.fault("report-never") && !self.fault("finish-after-first") {
            self.report(mapi, open, &left)?;
        }
        Ok(())
    }

    /// Hands the message to one transport.
    fn ask(
        &mut self,
        mapi: &mut dyn Mapi,
        open: &mut Open,
        (transport, turns): (usize, u32),
        offered: &[String],
    ) -> Result<Asked, CallError> {
        let everybody =
            self.fault("hand-shows-everybody") || (self.fault("sleeper-second-transport-sees-everybody") && turns > 0);
        let view = |row: &Recipient| Recipient {
            responsibility: Some(!everybody && !offered.contains(&row.address)),
            ..row.clone()
        };
        let errand = self.errands.entry(open.entry_id.clone()).or_default();
        let announced = errand.announced.remove(&transport);
        let to = CallParams {
            entry_id: Some(open.entry_id.clone()),
            transport: Some(self.registry.transports[transport].name.clone()),
            ..CallParams::default()
        };
        let params = CallParams {
            recipients: Some(open.rows.iter().map(view).collect()),
            flags: announced.then(|| vec!["BEGIN_DEFERRED".to_owned()]),
            ..to.clone()
        };
        let result = self.call(mapi, "transport.submit_message", params)?;
        let code = result.hresult.unwrap_or(HResult::MAPI_E_CALL_FAILED);
        if !code.is_success() {
            return self.refused(mapi, open, (transport, &to), code);
        }
        if self.fault("unlock-under-way") {
            self.lock(mapi, open, LockState::Unlocked)?;
        }
        let served = result.recipients.unwrap_or_default();
        if self.fault("end-never") || (self.fault("sleeper-no-end-for-second-transport") && turns > 0) {
            self.record(mapi, open, &served)?;
            return Ok(Asked::Through);
        }
        let end = self.call(mapi, "transport.end_message", CallParams { message_ref: result.message_ref, ..to })?;
        self.record(mapi, open, &served)?;
        let has = |flag: &str| end.flags.iter().flatten().any(|each| each == flag);
        if has("END_DONT_RESEND") {
            if self.fault("hand-ignores-deferral") {
                return Ok(Asked::Again);
            }
            let again = self.past.puts_off_again(&open.entry_id, HResult::S_OK);
            if self.fault("sleeper-second-deferral-taken-for-sent") && again {
                self.mark(open, offered);
                return Ok(Asked::Through);
            }
            self.errands.entry(open.entry_id.clone()).or_default().deferred.insert(transport);
            return Ok(Asked::Later);
        }
        if has("END_RESEND_LATER") {
            if self.fault("finish-takes-resend-later-for-sent") {
                self.mark(open, offered);
                return Ok(Asked::Through);
            }
            if !self.fault("hand-resend-later-at-once") {
                self.errands.entry(open.entry_id.clone()).or_default().waits.insert(transport);
            }
            return Ok(Asked::Later);
        }
        if has("END_RESEND_NOW") {
            if self.fault("finish-takes-resend-now-for-sent") {
                self.mark(open, offered);
                return Ok(Asked::Through);
            }
            return Ok(Asked::Again);
        }
        Ok(Asked::Through)
    }

    /// A transport has refused the message: for good, or for now.
    fn refused(
        &mut self,
        mapi: &mut dyn Mapi,
        open: &mut Open,
        (transport, to): (usize, &CallParams),
        code: HResult,
    ) -> Result<Asked, CallError> {
        if code == HResult::MAPI_E_NOT_ME {
            if self.fault("end-after-refusal") {
                self.call(mapi, "transport.end_message", to.clone())?;
            }
            if self.fault("hand-again-after-refusal") {
                self.call(mapi, "transport.submit_message", to.clone())?;
            }
            return Ok(Asked::Through);
        }
        let again = self.past.puts_off_again(&open.entry_id, code);
        let at_once = [
            (HResult::MAPI_E_BUSY, self.fault("sleeper-second-busy-not-waited-for") && again),
            (HResult::MAPI_E_BUSY, self.fault("hand-ignores-busy")),
            (HResult::MAPI_E_WAIT, self.fault("hand-ignores-wait")),
            (HResult::MAPI_E_NETWORK_ERROR, self.fault("hand-ignores-network-error")),
        ];
        if at_once.contains(&(code, true)) {
            return Ok(Asked::Again);
        }
        if self.fault("report-instead-of-waiting") && code == HResult::MAPI_E_BUSY {
            return Ok(Asked::Through);
        }
        if self.fault("finish-cancelled") && code == HResult::MAPI_E_CANCEL {
            let all: Vec<String> = open.rows.iter().map(|row| row.address.clone()).collect();
            self.mark(open, &all);
            return Ok(Asked::Through);
        }
        self.errands.entry(open.entry_id.clone()).or_default().waits.insert(transport);
        Ok(Asked::Later)
    }

    /// Notes in the table of the message who is seen to, so that it outlives us.
    fn record(&mut self, mapi: &mut dyn Mapi, open: &mut Open, rows: &[Recipient]) -> Result<(), CallError> {
        let done: Vec<String> = rows.iter().map(|row| row.address.clone()).collect();
        for recipient in &done {
            let is_first = done.first() == Some(recipient);
            if !self.fault("record-never") && (is_first || !self.fault("sleeper-record-first-alone")) {
                let params = CallParams { recipient: Some(recipient.clone()), value: Some(true), ..of_handle(open) };
                self.call(mapi, "set_responsibility", params)?;
            }
        }
        self.mark(open, &done);
        Ok(())
    }

    /// Takes recipients for seen to.
    #[expect(clippy::unused_self, reason = "it stands beside what records")]
    fn mark(&self, open: &mut Open, addresses: &[String]) {
        for row in open.rows.iter_mut().filter(|row| addresses.contains(&row.address)) {
            row.responsibility = Some(true);
        }
    }

    /// Reports recipients undeliverable.
    pub(super) fn report(&mut self, mapi: &mut dyn Mapi, open: &mut Open, rows: &[Recipient]) -> Result<(), CallError> {
        let times = if self.fault("report-twice") { 2 } else { 1 };
        for _ in 0..times {
            let params = CallParams {
                entry_id: Some(open.entry_id.clone()),
                recipients: Some(rows.to_vec()),
                ..CallParams::default()
            };
            self.call(mapi, "support.status_recips", params)?;
        }
        self.record(mapi, open, rows)
    }
}
