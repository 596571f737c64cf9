//! From the account of a run to its report: nothing is decided here but the order and the words.

use std::collections::BTreeMap;

use super::wire::{CaseVerdict, Followed, Report, RequirementVerdict, Side, Sighting, Subject, Totals};
use crate::oracle::{self, Account, Verdict};
use crate::spec::{Catalogue, RequirementStatus, Stance};

/// Exit codes, by what they say of a run.
pub mod exit {
    /// Every case that ran conforms.
    pub const CONFORMS: u8 = 0;
    /// A violation was found.
    pub const VIOLATION: u8 = 1;
    /// The command line is wrong, or an input could not be read to its end.
    pub const UNREADABLE: u8 = 2;
    /// The adapter or the tool failed.
    pub const FAILED: u8 = 3;
    /// Nothing was run.
    pub const NOTHING_RUN: u8 = 4;
    /// No violation, but something is undecided.
    pub const INCONCLUSIVE: u8 = 5;
}

/// What the report is about, beside the account.
#[derive(Clone, Debug)]
pub struct About {
    /// `conform`, `replay` or `audit`.
    pub command: &'static str,
    /// Who was judged.
    pub subject: Subject,
    /// The command line that repeats one case, with `{case}` where its id stands.
    pub again: Option<String>,
    /// Wall-clock milliseconds.
    pub elapsed_ms: u64,
}

impl Report {
    /// The report of a settled account.
    #[must_use]
    pub fn new(catalogue: &Catalogue, account: &Account, about: About) -> Self {
        let verdict = account.verdict();
        let requirements: Vec<RequirementVerdict> = catalogue
            .requirements()
            .iter()
            .filter(|row| row.status == RequirementStatus::Modelled)
            .map(|row| {
                let (verdict, exercised) = account.requirement_verdict(&row.id);
                RequirementVerdict { id: row.id.clone(), verdict, exercised }
            })
            .collect();
        let cases: Vec<CaseVerdict> = account
            .cases
            .iter()
            .map(|case| CaseVerdict {
                id: case.id.clone(),
                verdict: account.case_verdict(case),
                reason: case.reason.clone(),
                requirements: case.requirements.clone(),
                trace: case.trace.clone(),
                again: about.again.as_ref().map(|again| again.replace("{case}", &case.id)),
            })
            .collect();
        let declared = &about.subject.readings;
        let follows = account.ledger.follows().map(|seen| followed(catalogue, declared, &seen)).collect();
        Self {
            spoolproof_report: 1,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            command: about.command.to_owned(),
            verdict,
            exit_code: exit_code(account, verdict),
            summary: summary(&requirements, verdict, &about.subject),
            follows,
            not_observed: account.not_observed.iter().cloned().collect(),
            totals: Totals {
                cases: cases.len() as u64,
                events: account.ledger.events,
                messages: account.ledger.messages,
                skipped: account.skipped,
                elapsed_ms: about.elapsed_ms,
            },
            provider: about.subject,
            findings: account.ledger.findings.clone(),
            small: account.small.clone(),
            requirements,
            cases,
        }
    }
}

/// Who is not shown to follow a rejected reading is presumed to follow another.
fn followed(catalogue: &Catalogue, declared: &BTreeMap<String, String>, seen: &oracle::Followed) -> Followed {
    let row = catalogue.ambiguity(seen.ambiguity);
    let is_rejected =
        |name: &str| row.and_then(|row| row.reading(name)).is_some_and(|it| it.stance == Stance::Rejected);
    let owned = |names: &[&str], with_rejected: bool| -> Vec<String> {
        names.iter().filter(|name| with_rejected || !is_rejected(name)).map(|name| (*name).to_owned()).collect()
    };
    let innocent = owned(&seen.readings, false);
    let rejected = innocent.is_empty() && !seen.readings.is_empty();
    let sighting = |at: &oracle::Sighting| Sighting { case: at.case.clone(), seq: at.seq };
    let side = |side: &oracle::Side| {
        let innocent = owned(&side.readings, false);
        let readings = if innocent.is_empty() { owned(&side.readings, true) } else { innocent };
        Side { readings, at: sighting(&side.at) }
    };
    Followed {
        ambiguity: seen.ambiguity.to_owned(),
        readings: if rejected { owned(&seen.readings, true) } else { innocent },
        events: seen.events,
        excluded: owned(&seen.excluded, false),
        rejected,
        declared: declared.get(seen.ambiguity).cloned(),
        decided: seen.differs.is_none().then(|| sighting(&seen.decided)),
        differs: seen.differs.iter().flat_map(|(here, there)| [side(here), side(there)]).collect(),
    }
}

/// The one place where a verdict becomes an exit code.
fn exit_code(account: &Account, verdict: Verdict) -> u8 {
    if account.unreadable {
        return exit::UNREADABLE;
    }
    match verdict {
        Verdict::Violation => exit::VIOLATION,
        Verdict::Error => exit::FAILED,
        Verdict::Inconclusive => exit::INCONCLUSIVE,
        Verdict::Pass | Verdict::Deviation => exit::CONFORMS,
        Verdict::NotExercised | Verdict::Unsupported => exit::NOTHING_RUN,
    }
}

fn summary(requirements: &[RequirementVerdict], verdict: Verdict, subject: &Subject) -> String {
    let count = |wanted: Verdict| requirements.iter().filter(|row| row.verdict == wanted).count();
    let exercised = requirements.iter().filter(|row| row.verdict != Verdict::NotExercised).count();
    let mut parts = vec![format!("{} hold", count(Verdict::Pass))];
    for (wanted, word) in [
        (Verdict::Violation, "violated"),
        (Verdict::Deviation, "not followed (SHOULD)"),
        (Verdict::Inconclusive, "undecided"),
    ] {
        if count(wanted) > 0 {
            parts.push(format!("{} {word}", count(wanted)));
        }
    }
    let claim = match verdict {
        Verdict::Violation => "NOT CONFORMANT",
        Verdict::Pass => "conforms",
        Verdict::Deviation => "conforms, with deviations",
        Verdict::Inconclusive => "no violation found, but not everything could be decided",
        Verdict::Error => "no verdict: the adapter or the tool failed",
        Verdict::NotExercised | Verdict::Unsupported => "nothing was judged",
    };
    format!("{exercised} requirements exercised: {}. {claim} ({})", parts.join(", "), subject.profile)
}
