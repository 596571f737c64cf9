//! The transports and preprocessors of a case, as its script plays them.

use spoolproof_sdk::wire::{CallResult, Preprocessor, Recipient, Transport};
use spoolproof_sdk::{CallError, HResult};

use crate::scenario::{Handing, Preparing, SpoolerScenario};

/// How long a transport asks the spooler to wait.
const DELAY_S: u32 = 60;

/// The transports and preprocessors, and how far each has come in its script.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Parts<'a> {
    scenario: &'a SpoolerScenario,
    handed: Vec<usize>,
    run: Vec<usize>,
    /// The message that is between SubmitMessage and EndMessage, by transport.
    with: Vec<Option<Work>>,
    references: u32,
}

#[derive(Clone, Debug)]
struct Work {
    entry_id: String,
    reference: u32,
    handing: Handing,
}

/// What a transport made of a message.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    pub(super) result: CallResult,
    /// Whom it reports undeliverable by itself.
    pub(super) reported: Vec<Recipient>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(scenario: &'a SpoolerScenario) -> Self {
        let (transports, preprocessors) = (scenario.transports.len(), scenario.preprocessors.len());
        Self {
            scenario,
            handed: vec![0; transports],
            run: vec![0; preprocessors],
            with: vec![None; transports],
            references: 0,
        }
    }

    /// How calls name the transport with this place, from 1.
    pub(super) fn name(place: usize) -> String {
        format!("transport-{place}")
    }

    /// The transports as a spooler finds them registered.
    pub(in crate::conformance) fn transports(scenario: &SpoolerScenario) -> Vec<Transport> {
        let of = |(at, played): (usize, &crate::scenario::PlayedTransport)| Transport {
            name: Self::name(at + 1),
            addrtypes: played.addrtypes.clone(),
        };
        scenario.transports.iter().enumerate().map(of).collect()
    }

    /// The preprocessors as their transports have registered them.
    pub(super) fn preprocessors(scenario: &SpoolerScenario) -> Vec<Preprocessor> {
        let of = |played: &crate::scenario::PlayedPreprocessor| Preprocessor {
            transport: Self::name(played.transport),
            addrtypes: played.addrtypes.clone(),
            removes: (!played.removes).then_some(false),
        };
        scenario.preprocessors.iter().map(of).collect()
    }

    fn transport(&self, name: Option<&str>) -> Result<usize, CallError> {
        let name = name.ok_or_else(|| CallError::bad_params("`transport` is missing"))?;
        let place = (0..self.with.len()).find(|at| Self::name(at + 1) == name);
        place.ok_or_else(|| CallError::bad_params(format!("no transport is called `{name}`")))
    }

    /// `IXPLogon::SubmitMessage` on a message with these rows: who is FALSE there, and of its address types, is offered.
    pub(super) fn submit(
        &mut self,
        name: Option<&str>,
        entry_id: &str,
        rows: &[Recipient],
    ) -> Result<Handed, CallError> {
        let at = self.transport(name)?;
        let played = &self.scenario.transports[at];
        let takes = |row: &&Recipient| {
            let addrtype = row.addrtype.as_deref().unwrap_or("SMTP");
            row.responsibility != Some(true) && played.addrtypes.iter().any(|each| each.eq_ignore_ascii_case(addrtype))
        };
        let offered: Vec<Recipient> = rows.iter().filter(takes).map(done).collect();
        let handing = if offered.is_empty() {
            Handing::NotMe
        } else {
            self.handed[at] += 1;
            played.answers.get(self.handed[at] - 1).copied().unwrap_or(Handing::Sends)
        };
        let code = CallResult::from(handing.code());
        if !handing.code().is_success() {
            let waits = matches!(handing, Handing::Wait | Handing::NetworkError);
            let result = CallResult { delay_s: waits.then_some(DELAY_S), ..code };
            return Ok(Handed { result, reported: Vec::new() });
        }
        self.references += 1;
        let reference = self.references;
        self.with[at] = Some(Work { entry_id: entry_id.to_owned(), reference, handing });
        let (set, reported) = match handing {
            Handing::Sends => (offered, Vec::new()),
            Handing::SendsToFirst => (offered.into_iter().take(1).collect(), Vec::new()),
            Handing::Reports => (offered.clone(), offered),
            _ => (Vec::new(), Vec::new()),
        };
        let result = CallResult { message_ref: Some(reference), recipients: Some(set), ..code };
        Ok(Handed { result, reported })
    }

    /// `IXPLogon::EndMessage`.
    pub(super) fn end(
        &mut self,
        name: Option<&str>,
        entry_id: &str,
        reference: Option<u32>,
    ) -> Result<CallResult, CallError> {
        let at = self.transport(name)?;
        let is_it = |work: &Work| work.entry_id == entry_id && reference.is_none_or(|given| given == work.reference);
        if !self.with[at].as_ref().is_some_and(is_it) {
            return Ok(CallResult::from(HResult::MAPI_E_INVALID_PARAMETER));
        }
        let flag = self.with[at].take().and_then(|work| work.handing.flag());
        let flags = Some(flag.iter().map(|&flag| flag.to_owned()).collect());
        Ok(CallResult { flags, ..CallResult::from(HResult::S_OK) })
    }

    /// A preprocessor runs on a message with these rows.
    pub(super) fn preprocess(&mut self, index: Option<u32>, rows: &[Recipient]) -> Result<CallResult, CallError> {
        let at = self.preprocessor(index)?;
        self.run[at] += 1;
        let answer = self.scenario.preprocessors[at].answers.get(self.run[at] - 1);
        let code = |code| CallResult::from(code);
        Ok(match answer.copied().unwrap_or(Preparing::Succeeds) {
            Preparing::Succeeds => code(HResult::S_OK),
            Preparing::Undeliverable => {
                let first = rows.iter().find(|row| row.responsibility != Some(true));
                CallResult { recipients: Some(first.map(done).into_iter().collect()), ..code(HResult::S_OK) }
            }
            Preparing::Fails => code(HResult::MAPI_E_CALL_FAILED),
        })
    }

    /// Its RemovePreprocessInfo function.
    pub(super) fn remove_info(&self, index: Option<u32>) -> Result<CallResult, CallError> {
        let at = self.preprocessor(index)?;
        if self.scenario.preprocessors[at].removes {
            Ok(CallResult::from(HResult::S_OK))
        } else {
            Err(CallError::bad_params(format!("preprocessor {at} has no RemovePreprocessInfo function")))
        }
    }

    fn preprocessor(&self, index: Option<u32>) -> Result<usize, CallError> {
        let index = index.ok_or_else(|| CallError::bad_params("`index` is missing"))?;
        let at = usize::try_from(index).ok().filter(|at| *at < self.run.len());
        at.ok_or_else(|| CallError::bad_params(format!("there is no preprocessor {index}")))
    }

    /// The spooler died: what it had begun is over.
    pub(super) fn forsake(&mut self) {
        self.with.fill(None);
    }
}

/// A row whose recipient is seen to.
fn done(row: &Recipient) -> Recipient {
    Recipient { responsibility: Some(true), ..row.clone() }
}
