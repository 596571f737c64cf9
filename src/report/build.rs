//! From the account of a run to its report: nothing is decided here but the order and the words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::known::Known;
use super::wire::{CaseVerdict, Followed, Report, RequirementVerdict, Selection, Side, Sighting, Subject, Totals};
use super::{layout, ratchet};
use crate::oracle::{self, Account, CaseOutcome, Finding, Stopped, Verdict};
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
    /// Nothing failed that was not known, and the run is not what was expected of it.
    pub const UNEXPECTED: u8 = 6;
    /// The run was stopped by Ctrl-C: what shells use for it, 128 and the number of the signal.
    pub const INTERRUPTED: u8 = 130;
    /// The run was stopped by SIGTERM.
    pub const TERMINATED: u8 = 143;
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

/// What a run is held to beside the rules, and what of it was chosen.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// What is known of the provider, and the day on which it is read.
    pub known: Option<(Known, Date)>,
    /// The report of a run that judged as much as this one has to.
    pub accepted: Option<Box<Report>>,
    /// What was chosen of the cases.
    pub selection: Selection,
    /// Whether the part that was chosen holds no case, as a shard may.
    pub nothing_chosen: bool,
}

impl Contract {
    /// Whether a case that has been judged fails the run; `findings` are its own.
    #[must_use]
    pub fn fails(&self, case: &CaseOutcome, findings: &[Finding]) -> bool {
        let verdict = findings.iter().map(|finding| finding.verdict).fold(case.verdict, Verdict::max);
        let findings: Vec<&Finding> = findings.iter().collect();
        let known = self.known.as_ref().map(|(known, today)| known.reckon(case, verdict, &findings, *today));
        let known = known.unwrap_or_default();
        let counts = known.counts_as.unwrap_or(verdict);
        matches!(counts, Verdict::Error | Verdict::Violation) || !known.unexpected.is_empty()
    }
}

impl Report {
    /// The report of a settled account.
    #[must_use]
    pub fn new(catalogue: &Catalogue, account: &Account, about: About) -> Self {
        Self::held_to(catalogue, account, about, &Contract::default())
    }

    /// The report of a settled account, for a run that is held to `contract`.
    #[must_use]
    pub fn held_to(catalogue: &Catalogue, account: &Account, about: About, contract: &Contract) -> Self {
        let mut report = Self::judged(catalogue, account, about, contract);
        if let Some((known, today)) = &contract.known {
            report.unexpected.extend(known.expired(*today));
        }
        if let Some(accepted) = &contract.accepted {
            let lost = ratchet::lost(&report, accepted);
            report.unexpected.extend(lost);
        }
        report.unexpected.sort_by_key(|it| it.kind);
        report.exit_code = exit_code(&report, account.unreadable, contract.nothing_chosen);
        report.summary = summary(&report);
        report
    }

    fn judged(catalogue: &Catalogue, account: &Account, about: About, contract: &Contract) -> Self {
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
        let mut unexpected = Vec::new();
        let mut cases = Vec::new();
        for case in &account.cases {
            let verdict = account.case_verdict(case);
            let own: Vec<&Finding> =
                account.ledger.findings.iter().filter(|it| it.case.as_ref() == Some(&case.id)).collect();
            let known = contract.known.as_ref().map(|(known, today)| known.reckon(case, verdict, &own, *today));
            let known = known.unwrap_or_default();
            unexpected.extend(known.unexpected);
            cases.push(CaseVerdict {
                id: case.id.clone(),
                verdict,
                reason: case.reason.clone(),
                requirements: case.requirements.clone(),
                trace: case.trace.clone(),
                again: about.again.as_ref().map(|again| again.replace("{case}", &case.id)),
                counts_as: known.counts_as,
                expected: known.expected,
            });
        }
        let declared = &about.subject.readings;
        let follows = account.ledger.follows().map(|seen| followed(catalogue, declared, &seen)).collect();
        Self {
            spoolproof_report: 1,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            command: about.command.to_owned(),
            verdict,
            exit_code: exit::CONFORMS,
            summary: String::new(),
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
            selection: contract.selection.clone(),
            stopped: account.stopped,
            unexpected,
        }
    }

    /// The verdict that decides the exit code: without what is known to fail. A part is not a pass.
    fn counts(&self) -> Verdict {
        let cases = self.cases.iter().map(CaseVerdict::counts);
        let ids: BTreeSet<&str> = self.cases.iter().map(|case| case.id.as_str()).collect();
        let of_no_case = |finding: &&Finding| finding.case.as_deref().is_none_or(|id| !ids.contains(id));
        let others = self.findings.iter().filter(of_no_case).map(|finding| finding.verdict);
        let partial = self.stopped.map(|_| Verdict::Inconclusive);
        cases.chain(others).chain(partial).max().unwrap_or(Verdict::NotExercised)
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
fn exit_code(report: &Report, unreadable: bool, nothing_chosen: bool) -> u8 {
    match report.stopped {
        Some(Stopped::Interrupted) => return exit::INTERRUPTED,
        Some(Stopped::Terminated) => return exit::TERMINATED,
        Some(Stopped::FirstFailure | Stopped::TimeLimit) | None => {}
    }
    if unreadable {
        return exit::UNREADABLE;
    }
    match report.counts() {
        Verdict::Violation => exit::VIOLATION,
        Verdict::Error => exit::FAILED,
        _ if !report.unexpected.is_empty() => exit::UNEXPECTED,
        Verdict::Inconclusive => exit::INCONCLUSIVE,
        Verdict::Pass | Verdict::Deviation => exit::CONFORMS,
        Verdict::NotExercised | Verdict::Unsupported if nothing_chosen => exit::CONFORMS,
        Verdict::NotExercised | Verdict::Unsupported => exit::NOTHING_RUN,
    }
}

fn summary(report: &Report) -> String {
    let count = |wanted: Verdict| report.requirements.iter().filter(|row| row.verdict == wanted).count();
    let exercised = report.requirements.iter().filter(|row| row.verdict != Verdict::NotExercised).count();
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
    let known = report.cases.iter().filter(|case| case.counts_as.is_some()).count();
    let claim = match report.verdict {
        Verdict::Violation => "NOT CONFORMANT",
        Verdict::Pass => "conforms",
        Verdict::Deviation => "conforms, with deviations",
        Verdict::Inconclusive => "no violation found, but not everything could be decided",
        Verdict::Error => "no verdict: the adapter or the tool failed",
        Verdict::NotExercised | Verdict::Unsupported if report.exit_code == exit::CONFORMS => "no case is in this part",
        Verdict::NotExercised | Verdict::Unsupported => "nothing was judged",
    };
    let mut claim = format!("{claim} ({})", report.provider.profile);
    match known {
        0 => {}
        _ if report.exit_code == exit::CONFORMS => claim.push_str("; whatever fails is known to"),
        known => claim.push_str(&format!("; {} known to fail", layout::count(known as u64, "case"))),
    }
    if !report.unexpected.is_empty() {
        claim.push_str("; not what was expected of the run");
    }
    let stopped = report.stopped.map(|stopped| format!("stopped {stopped}: ")).unwrap_or_default();
    format!("{stopped}{exercised} requirements exercised: {}. {claim}", parts.join(", "))
}
