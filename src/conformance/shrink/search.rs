//! The search for the least of a case that still fails: which failures, how often something is run, what counts as the same.

use std::collections::BTreeSet;

use spoolproof_sdk::trace::{Event, Header};

use crate::check::shorten;
use crate::conformance::stop::Stop;
use crate::oracle::{Account, Finding, Oracle, Setting, Small, Verdict, Who};
use crate::spec::Catalogue;

/// How much may be tried.
#[derive(Clone, Debug)]
pub struct ShrinkLimit {
    /// How often a scenario is run in all.
    pub runs: u64,
    /// How often for one failure.
    pub runs_each: u64,
    /// What ends it before that. It ends the adapter's calls too, so that nothing which fails then says anything.
    pub stop: Stop,
}

impl Default for ShrinkLimit {
    fn default() -> Self {
        Self { runs: 400, runs_each: 80, stop: Stop::default() }
    }
}

/// A case of which parts can be left out.
pub(super) trait Shrinkable: Clone + PartialEq {
    fn id(&self) -> &str;

    /// How many steps it has.
    fn size(&self) -> usize;

    /// The case as its file would be read, if that is a case at all.
    fn legal(self) -> Option<Self>;

    /// Leaves out what the failure does not need: once through all that could be.
    fn round(best: &mut Self, search: &mut Search<'_, Self>);

    /// The case with what it shows now.
    fn about(self, title: String, requirements: Vec<String>) -> Self;
}

/// How long a run waits for what may be late.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    /// As long as the case itself did.
    Fully,
    /// Much less: there are many candidates.
    Briefly,
}

/// What a run of a case showed.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) header: Header,
    pub(super) events: Vec<Event>,
    pub(super) findings: Vec<Finding>,
}

/// Where cases run: the provider, with all that is played around it.
pub(super) trait Bench<C> {
    fn catalogue(&self) -> &Catalogue;

    /// Who is judged.
    fn judged(&self) -> Who;

    /// The parties that the checker plays.
    fn played(&self) -> &'static [Who];

    /// Runs a case; `None` if the adapter failed in it, which says nothing of the provider.
    fn run(&mut self, case: &C, wait: Wait) -> Option<Ran>;
}

/// Makes the failures of `account` small, the first of each kind; each with what is left of its case.
///
/// Where the limit ends the search, what is left is not the least. A case in which the adapter failed is not run again:
/// it would be waited for as often as it is run, and whatever it shows is not its failure alone.
pub(super) fn each_kind<C: Shrinkable>(
    bench: &mut dyn Bench<C>,
    cases: &[&C],
    account: &Account,
    limit: &ShrinkLimit,
) -> Vec<(Small, Option<C>)> {
    let mut done: Vec<(Small, Option<C>)> = Vec::new();
    let mut left = limit.runs;
    for finding in &account.ledger.findings {
        let failed = finding.verdict.is_failure() && finding.who == bench.judged();
        let over = left == 0 || limit.stop.reason().is_some();
        if !failed || over || done.iter().any(|(small, _)| small.shows(finding)) {
            continue;
        }
        let ended = |id: &str| account.cases.iter().all(|case| case.id != id || case.verdict != Verdict::Error);
        let is_its_own = |case: &&&C| Some(case.id()) == finding.case.as_deref() && ended(case.id());
        let Some(&case) = cases.iter().find(is_its_own) else { continue };
        let finding_of_case = Small::new(finding, case.id().to_owned(), case.size());
        let before = limit.runs_each.min(left);
        let mut search =
            Search { bench: &mut *bench, finding: finding_of_case, left: before, innocent: None, refuted: Vec::new() };
        let shrunk = search.shrink(case);
        if shrunk.is_none() && limit.stop.reason().is_some() {
            break;
        }
        left -= before - search.left;
        let mut small = search.finding;
        small.left = shrunk.as_ref().map(|shrunk| shrunk.size() as u64);
        done.push((small, shrunk.map(|shrunk| shrunk.about(title(&finding.what), finding.requirements.clone()))));
    }
    done
}

/// A sentence without a full stop, as a case has it.
fn title(what: &str) -> String {
    what.trim().trim_end_matches('.').to_owned()
}

/// The attempt to make one failure small.
pub(super) struct Search<'a, C> {
    bench: &'a mut dyn Bench<C>,
    finding: Small,
    /// How many runs are left.
    left: u64,
    /// What the parties that the checker plays did wrong in the case itself.
    innocent: Option<BTreeSet<(Who, String)>>,
    /// What was run, and did not show the failure.
    refuted: Vec<C>,
}

impl<C: Shrinkable> Search<'_, C> {
    /// The least that was found; `None` if the failure does not show again.
    fn shrink(&mut self, case: &C) -> Option<C> {
        if !self.shows(case, Wait::Fully) {
            return None;
        }
        let mut best = case.clone();
        loop {
            let before = best.clone();
            C::round(&mut best, self);
            if best == before || self.left == 0 {
                break;
            }
        }
        // What was only late has shown itself as missing, since less was waited.
        let confirmed = best == *case || self.shows(&best, Wait::Fully);
        Some(if confirmed { best } else { case.clone() })
    }

    /// Puts `candidate` in the place of `best` if it fails in the same way.
    pub(super) fn replace(&mut self, best: &mut C, candidate: C) -> bool {
        let candidate = candidate.legal().filter(|candidate| candidate.size() <= best.size() && candidate != best);
        match candidate {
            Some(candidate) if self.fails(&candidate) => {
                *best = candidate;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Leaves out of a row of the case what the failure does not need.
    pub(super) fn leave_out<T: Clone>(&mut self, best: &mut C, row: impl Fn(&mut C) -> &mut Vec<T>) {
        let whole = best.clone();
        let items = row(best).clone();
        *row(best) = shorten::leave_out(items, |items| {
            let mut candidate = whole.clone();
            *row(&mut candidate) = items;
            let mut candidate = candidate.legal()?;
            self.fails(&candidate).then(|| std::mem::take(row(&mut candidate)))
        });
    }

    /// Makes each change to each item of a row by itself, where the failure does not need what the change takes away.
    pub(super) fn plainer<T>(&mut self, best: &mut C, row: impl Fn(&mut C) -> &mut Vec<T>, changes: &[fn(&mut T)]) {
        for change in changes {
            for at in 0..row(best).len() {
                let mut candidate = best.clone();
                change(&mut row(&mut candidate)[at]);
                self.replace(best, candidate);
            }
        }
    }

    /// Whether the case shows the failure, if there are runs left to try it.
    fn fails(&mut self, case: &C) -> bool {
        if self.left == 0 || self.refuted.contains(case) {
            return false;
        }
        self.left -= 1;
        let fails = self.shows(case, Wait::Briefly);
        if !fails {
            self.refuted.push(case.clone());
        }
        fails
    }

    /// Whether the case shows the failure, and nobody whom the checker plays is guiltier than in the case itself.
    fn shows(&mut self, case: &C, wait: Wait) -> bool {
        let Some(Ran { header, events, findings }) = self.bench.run(case, wait) else { return false };
        if !findings.iter().any(|finding| finding.verdict.is_failure() && self.finding.shows(finding)) {
            return false;
        }
        let guilty = guilty(self.bench.catalogue(), Setting { header, judged: self.bench.played().to_vec() }, &events);
        self.innocent.get_or_insert_with(|| guilty.clone()).is_superset(&guilty)
    }
}

/// What those whom the setting judges did wrong.
fn guilty(catalogue: &Catalogue, setting: Setting, events: &[Event]) -> BTreeSet<(Who, String)> {
    let mut oracle = Oracle::new(catalogue, setting);
    for event in events {
        // What cannot be judged blames nobody.
        let _ = oracle.event(event);
    }
    oracle.ledger.settle();
    let blamed = oracle.ledger.findings.iter().filter(|finding| finding.verdict == Verdict::Violation);
    blamed.flat_map(|finding| finding.requirements.iter().map(|id| (finding.who, id.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{Bench, Ran, Search, ShrinkLimit, Shrinkable, Wait, each_kind};
    use crate::oracle::{Account, Finding, Who};
    use crate::spec::Catalogue;

    /// A row of numbers, each a step.
    type Row = Vec<u8>;

    impl Shrinkable for Row {
        fn id(&self) -> &str {
            "a/b"
        }

        fn size(&self) -> usize {
            self.len()
        }

        fn legal(self) -> Option<Self> {
            (!self.is_empty()).then_some(self)
        }

        fn round(best: &mut Self, search: &mut Search<'_, Self>) {
            search.leave_out(best, |row| row);
        }

        fn about(self, _title: String, _requirements: Vec<String>) -> Self {
            self
        }
    }

    /// A store that fails in step 3; a client that reads the queue, which is not for it, unless step 5 keeps it from that.
    struct Toy {
        catalogue: Catalogue,
        /// It seems to fail, whatever the steps, where little is waited.
        fails_in_haste: bool,
        runs: BTreeMap<Row, usize>,
    }

    impl Toy {
        fn new() -> Self {
            let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
            Self { catalogue, fails_in_haste: false, runs: BTreeMap::new() }
        }

        fn shrink(&mut self, row: &Row, limit: &ShrinkLimit) -> Option<Row> {
            let mut account = Account::default();
            account.ledger.findings.push(finding());
            let mut found = each_kind(self, &[row], &account, limit);
            assert_eq!(found.len(), 1);
            let (small, row) = found.remove(0);
            assert_eq!(small.left, row.as_ref().map(|row| row.len() as u64));
            row
        }
    }

    fn finding() -> Finding {
        let finding = json!({
            "case": "a/b", "verdict": "violation", "who": "store", "requirements": ["SUB-01"], "readings": [],
            "what": "", "expected": "", "observed": "", "times": 1, "history": [],
        });
        serde_json::from_value(finding).expect("a finding")
    }

    impl Bench<Row> for Toy {
        fn catalogue(&self) -> &Catalogue {
            &self.catalogue
        }

        fn judged(&self) -> Who {
            Who::Store
        }

        fn played(&self) -> &'static [Who] {
            &[Who::Client]
        }

        fn run(&mut self, row: &Row, wait: Wait) -> Option<Ran> {
            *self.runs.entry(row.clone()).or_default() += 1;
            let header = json!({ "spoolproof_trace": 1, "role": "store" });
            let read = json!({
                "seq": 1, "session": "client-1", "call": "get_outgoing_queue", "params": {}, "result": { "hresult": "S_OK" },
            });
            let fails = row.contains(&3) || self.fails_in_haste && matches!(wait, Wait::Briefly);
            Some(Ran {
                header: serde_json::from_value(header).expect("a header"),
                events: (!row.contains(&5))
                    .then(|| serde_json::from_value(read).expect("an event"))
                    .into_iter()
                    .collect(),
                findings: fails.then(finding).into_iter().collect(),
            })
        }
    }

    #[test]
    fn whoever_the_checker_plays_is_no_guiltier_than_in_the_case() {
        let least = |row: Row| Toy::new().shrink(&row, &ShrinkLimit::default());
        assert_eq!(least((1..=9).collect()), Some(vec![3, 5]));
        // Here the client reads the queue in the case itself.
        assert_eq!(least(vec![1, 2, 3, 4, 6, 7]), Some(vec![3]));
        assert_eq!(least(vec![1, 2, 5]), None, "it does not show");
    }

    #[test]
    fn what_shows_in_haste_alone_is_not_believed() {
        let mut toy = Toy { fails_in_haste: true, ..Toy::new() };
        assert_eq!(toy.shrink(&vec![3, 4, 5], &ShrinkLimit::default()), Some(vec![3, 4, 5]));
    }

    #[test]
    fn nothing_is_tried_twice_and_no_more_than_is_allowed() {
        let mut toy = Toy::new();
        assert_eq!(toy.shrink(&(1..=9).collect(), &ShrinkLimit::default()), Some(vec![3, 5]));
        let confirmed = vec![3, 5];
        assert!(toy.runs.iter().all(|(row, runs)| *runs == if *row == confirmed { 2 } else { 1 }), "{:?}", toy.runs);
        for runs in 1..6 {
            let mut toy = Toy::new();
            toy.shrink(&(1..=9).collect(), &ShrinkLimit { runs, ..ShrinkLimit::default() });
            let tried: usize = toy.runs.values().sum();
            // The case itself, and what is left of it, are run beside.
            assert!(tried as u64 <= runs + 2, "{tried} runs of {runs}");
        }
    }
}
