//! What stores that do nothing are let through with.

use std::collections::{BTreeMap, BTreeSet};

use super::mutant::{Silent, Suites, judge, plan};
use crate::conformance::in_process::{InProcess, InProcessError};
use crate::conformance::suite::run;
use crate::conformance::trivial::Trivial;
use crate::oracle::{Account, Verdict};
use crate::spec::{Catalogue, RequirementStatus, Strength, Who};
use spoolproof_sdk::CallError;
use spoolproof_sdk::wire::Role;

/// How a trivial store comes off.
#[derive(Clone, Debug)]
pub struct Score {
    /// Its name.
    pub name: String,
    /// The MUSTs that its run looked at: one that it broke, or one whose precondition came about and that held.
    pub exercised: usize,
    /// Those of them that have a violation.
    pub failed: usize,
    /// Those that it keeps, to be looked at one by one.
    pub kept: Vec<String>,
    /// The MUSTs that the right store's run looks at.
    pub of_right: usize,
    /// Those of them that this one does not pass: broken, or never come to.
    pub not_passed: usize,
}

impl Score {
    /// The share that it fails, in hundredths, rounded down.
    #[must_use]
    pub fn share(&self) -> usize {
        hundredths(self.failed, self.exercised)
    }

    /// The share of what the right store shows, in hundredths, rounded down.
    #[must_use]
    pub fn share_of_right(&self) -> usize {
        hundredths(self.not_passed, self.of_right)
    }
}

/// A share, rounded down. Of nothing, nothing is let through.
#[must_use]
pub fn hundredths(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or(100)
}

/// The verdict on every MUST of a store that the run looked at.
pub(super) fn musts(catalogue: &Catalogue, account: &Account) -> BTreeMap<String, Verdict> {
    let rows = catalogue.requirements().iter().filter(|row| {
        row.strength == Strength::Must && row.who.contains(&Who::Store) && row.status == RequirementStatus::Modelled
    });
    let looked_at = rows.map(|row| (row.id.clone(), account.requirement_verdict(&row.id).0));
    looked_at.filter(|(_, verdict)| *verdict != Verdict::NotExercised).collect()
}

/// The score of the trivial store of this name.
///
/// # Errors
///
/// When a store does not start.
pub fn score(
    catalogue: &Catalogue,
    suites: Suites<'_>,
    right: &BTreeSet<String>,
    name: &str,
) -> Result<Score, InProcessError> {
    let owned = name.to_owned();
    let start = move || Trivial::named(&owned).ok_or(CallError::Unsupported);
    let account = run(catalogue, &mut InProcess::start(start)?, &plan(suites.stores), &mut Silent);
    let musts = musts(catalogue, &account);
    let broken = |id: &String| musts.get(id) == Some(&Verdict::Violation);
    let kept: Vec<String> = musts.keys().filter(|id| !broken(id)).cloned().collect();
    let passed = |id: &&String| musts.get(*id).is_some_and(|verdict| *verdict != Verdict::Violation);
    Ok(Score {
        name: name.to_owned(),
        exercised: musts.len(),
        failed: musts.len() - kept.len(),
        kept,
        of_right: right.len(),
        not_passed: right.iter().filter(|id| !passed(id)).count(),
    })
}

/// The MUSTs that the right store's run looks at.
///
/// # Errors
///
/// When it does not start.
pub fn of_right(catalogue: &Catalogue, suites: Suites<'_>) -> Result<BTreeSet<String>, InProcessError> {
    Ok(musts(catalogue, &judge(catalogue, suites, Role::Store, &[])?).into_keys().collect())
}
