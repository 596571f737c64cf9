//! What a run adds up to: which requirements were exercised, which readings the evidence permits, what was found.

use std::collections::BTreeMap;

use spoolproof_sdk::wire::Observation;

use super::following::{Followed, Following};
use super::observe::present;
use super::verdict::{Finding, Verdict, Who};
use crate::model::{AMBIGUITIES, Dim, Mask};

/// How many findings are kept one by one; those beyond are counted with the first of their kind.
const FINDINGS: usize = 10_000;

/// The evidence for one ambiguity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// The readings that every event permits; 0 when no reading permits them all.
    pub(super) permitted: Mask,
}

/// The running account of a whole run; it survives from case to case.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Requirement id → how many events exercised it.
    pub exercised: BTreeMap<&'static str, u64>,
    /// What was found, in the order in which it was seen.
    pub findings: Vec<Finding>,
    /// Events judged.
    pub events: u64,
    /// Messages seen.
    pub messages: u64,
    /// Member of `observe` → whether it was ever there.
    pub shown: BTreeMap<&'static str, bool>,
    /// The members that were there, as bits: what `shown` says, to be asked at each observation.
    looked: u16,
    /// The readings that the provider was seen to follow.
    pub(super) following: Following,
    /// Ambiguity → the evidence that decides what is undecided, in the register's order.
    evidence: BTreeMap<Dim, Evidence>,
    /// Key of a finding → its index in `findings`.
    seen: BTreeMap<String, usize>,
}

impl Ledger {
    /// Counts that the requirements were exercised.
    pub(super) fn exercise(&mut self, ids: impl Iterator<Item = &'static str>) {
        for id in ids {
            *self.exercised.entry(id).or_default() += 1;
        }
    }

    /// Notes that an event permits only the readings in `mask`.
    pub(super) fn note(&mut self, dim: Dim, mask: Mask) {
        let evidence = self.evidence.entry(dim).or_insert(Evidence { permitted: Mask::MAX });
        evidence.permitted &= mask;
    }

    /// Notes which members an observation has.
    pub(super) fn look(&mut self, seen: &Observation) {
        // A list of copies tells how many there are.
        let counts = |member| if member == "sentmail_copies" { "copies" } else { member };
        let members = present(seen).map(|(member, there)| (counts(member), there));
        let there = members.iter().enumerate().fold(0, |bits, (bit, (_, there))| bits | u16::from(*there) << bit);
        if !self.shown.is_empty() && there & !self.looked == 0 {
            return; // Nothing that was not there before.
        }
        self.looked |= there;
        for (member, there) in members {
            *self.shown.entry(member).or_default() |= there;
        }
    }

    /// Adds another account to this one.
    pub(super) fn absorb(&mut self, other: Self) {
        for (id, times) in other.exercised {
            *self.exercised.entry(id).or_default() += times;
        }
        for (dim, evidence) in other.evidence {
            let mine = self.evidence.entry(dim).or_insert(Evidence { permitted: Mask::MAX });
            mine.permitted &= evidence.permitted;
        }
        for (member, there) in other.shown {
            *self.shown.entry(member).or_default() |= there;
        }
        self.following.absorb(other.following);
        self.looked |= other.looked;
        self.events += other.events;
        self.messages += other.messages;
        for finding in other.findings {
            self.find(finding);
        }
    }

    /// Turns violations into what could not be decided, and says why.
    pub(super) fn excuse(&mut self, why: &str) {
        self.forget_evidence();
        for finding in self.findings.iter_mut().filter(|finding| finding.verdict == Verdict::Violation) {
            finding.verdict = Verdict::Inconclusive;
            finding.what.push_str("; ");
            finding.what.push_str(why);
        }
    }

    /// Leaves out which readings were followed: it depends on what cannot be told.
    pub(super) fn forget_evidence(&mut self) {
        self.evidence.clear();
        self.following = Following::default();
    }

    /// The same, if another order of the same events says otherwise.
    pub(super) fn agree_with(&mut self, other: &Self) {
        if self.following != other.following {
            self.following = Following::default();
        }
    }

    /// Adds a finding; in a log without cases, one of a kind that is there already is only counted.
    pub(super) fn find(&mut self, finding: Finding) {
        let key = format!(
            "{:?}|{}|{:?}|{:?}|{}",
            finding.verdict,
            finding.who.name(),
            finding.requirements,
            finding.readings,
            finding.what
        );
        let merge = finding.case.is_none() || self.findings.len() >= FINDINGS;
        match self.seen.get(&key) {
            Some(index) if merge => self.findings[*index].times += 1,
            known => {
                if known.is_none() {
                    self.seen.insert(key, self.findings.len());
                }
                self.findings.push(finding);
            }
        }
    }

    /// Adds a failure of the adapter, of the tool, or of an input.
    pub(crate) fn fail(&mut self, case: Option<String>, seq: Option<u64>, what: String, expected: &str) {
        self.find(Finding {
            case,
            seq,
            verdict: Verdict::Error,
            who: Who::Adapter,
            requirements: Vec::new(),
            readings: Vec::new(),
            observed: what.clone(),
            what,
            expected: expected.to_owned(),
            message: None,
            log: None,
            times: 1,
            history: Vec::new(),
        });
    }

    /// What was seen of each ambiguity of which some event told readings apart, in the register's order.
    pub fn follows(&self) -> impl Iterator<Item = Followed> + '_ {
        self.following.summary()
    }

    /// Turns what was undecided into a violation where the whole run leaves no reading that permits all of it.
    ///
    /// Each event alone is permitted by some reading, but a provider follows one of them, and none permits every event.
    pub fn settle(&mut self) {
        for (dim, evidence) in &self.evidence {
            if evidence.permitted != 0 {
                continue;
            }
            let (_, id, _) = AMBIGUITIES[*dim as usize];
            let prefix = format!("{id}=");
            for finding in &mut self.findings {
                if finding.verdict == Verdict::Inconclusive
                    && finding.readings.iter().any(|name| name.starts_with(&prefix))
                {
                    finding.verdict = Verdict::Violation;
                    finding.what.push_str(&format!("; no reading of {id} permits both this and what it did elsewhere"));
                }
            }
        }
    }
}
