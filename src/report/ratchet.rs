//! What was judged in an accepted report, and is not in this one: a suite must not go quiet without anybody noticing.

use std::collections::BTreeMap;

use super::wire::{Report, Unexpected, UnexpectedKind};
use crate::oracle::Verdict;

/// Everything that `accepted` judged and `now` does not, case by case and then requirement by requirement.
///
/// What a run that was stopped has left out is no loss: such a run never passes for another reason.
pub(super) fn lost(now: &Report, accepted: &Report) -> Vec<Unexpected> {
    if now.stopped.is_some() {
        return Vec::new();
    }
    cases(now, accepted).chain(requirements(now, accepted)).collect()
}

fn cases<'a>(now: &'a Report, accepted: &'a Report) -> impl Iterator<Item = Unexpected> + 'a {
    let present: BTreeMap<&str, _> = now.cases.iter().map(|case| (case.id.as_str(), case)).collect();
    accepted.cases.iter().filter_map(move |before| {
        let (kind, what) = match present.get(before.id.as_str()) {
            None => (UnexpectedKind::CaseGone, format!("{} is not there any more", before.id)),
            Some(case) if is_judged(before.verdict) && !is_judged(case.verdict) => {
                let why = case.reason.as_deref().unwrap_or("no reason was given");
                (UnexpectedKind::CaseNotJudged, format!("{} is not judged any more: {why}", before.id))
            }
            Some(_) => return None,
        };
        Some(Unexpected { kind, case: Some(before.id.clone()), requirement: None, what })
    })
}

fn requirements<'a>(now: &'a Report, accepted: &'a Report) -> impl Iterator<Item = Unexpected> + 'a {
    let exercised: BTreeMap<&str, u64> = now.requirements.iter().map(|row| (row.id.as_str(), row.exercised)).collect();
    accepted.requirements.iter().filter(|row| row.exercised > 0).filter_map(move |row| {
        let now = exercised.get(row.id.as_str()).copied();
        let what = match now {
            Some(0) => format!("no event exercises {} any more", row.id),
            None => format!("{} is not judged by this version any more", row.id),
            Some(_) => return None,
        };
        let kind = UnexpectedKind::RequirementNotExercised;
        Some(Unexpected { kind, case: None, requirement: Some(row.id.clone()), what })
    })
}

const fn is_judged(verdict: Verdict) -> bool {
    match verdict {
        Verdict::NotExercised | Verdict::Unsupported => false,
        Verdict::Deviation | Verdict::Error | Verdict::Inconclusive | Verdict::Pass | Verdict::Violation => true,
    }
}
