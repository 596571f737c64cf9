//! What can be left out of a case for spoolers.

use std::collections::BTreeSet;

use super::search::{Bench, Ran, Search, ShrinkLimit, Shrinkable, Wait, each_kind};
use crate::conformance::spooling::{Mortal, SpoolerPlan, header, run_case};
use crate::oracle::{Account, Oracle, Setting, Small, Who};
use crate::scenario::{Happening, PlayedPreprocessor, PlayedTransport, SpoolerScenario};
use crate::spec::Catalogue;

/// Makes the failures of `account` small, the first of each kind; each with the scenario that is left of its case.
///
/// Failures are what the spooler did wrong. Where the limit ends the search, what is left is not the least.
pub fn shrink_spooler<S: Mortal>(
    catalogue: &Catalogue,
    sut: &mut S,
    plan: &SpoolerPlan<'_>,
    account: &Account,
    limit: &ShrinkLimit,
) -> Vec<(Small, Option<SpoolerScenario>)> {
    each_kind(&mut Spoolers { catalogue, sut, plan }, &plan.scenarios, account, limit)
}

/// A spooler, with a store, transports, preprocessors and clients played around it.
struct Spoolers<'a, S> {
    catalogue: &'a Catalogue,
    sut: &'a mut S,
    plan: &'a SpoolerPlan<'a>,
}

impl<S: Mortal> Bench<SpoolerScenario> for Spoolers<'_, S> {
    fn catalogue(&self) -> &Catalogue {
        self.catalogue
    }

    fn judged(&self) -> Who {
        Who::Spooler
    }

    fn played(&self) -> &'static [Who] {
        &[Who::Client, Who::Mapi, Who::Store, Who::Transport]
    }

    /// Nothing that a spooler does comes late: it is woken, and says when it is idle.
    fn run(&mut self, scenario: &SpoolerScenario, _wait: Wait) -> Option<Ran> {
        let header = header(self.sut, scenario, self.plan);
        let setting = Setting { header: header.clone(), judged: vec![Who::Spooler] };
        let mut oracle = Oracle::new(self.catalogue, setting);
        let (ended, events) = run_case(self.sut, &mut oracle, scenario);
        if ended.is_err() {
            // If it does not start again, all that follows fails likewise, and nothing more is left out.
            let _ = self.sut.revive();
            return None;
        }
        oracle.ledger.settle();
        Some(Ran { header, events, findings: oracle.ledger.findings })
    }
}

impl Shrinkable for SpoolerScenario {
    fn id(&self) -> &str {
        &self.id
    }

    fn size(&self) -> usize {
        self.steps.len()
    }

    fn legal(self) -> Option<Self> {
        let known: Vec<&str> = self.requirements.iter().map(String::as_str).collect();
        Self::parse(&self.id, &self.to_toml(), &known).ok()
    }

    fn round(best: &mut Self, search: &mut Search<'_, Self>) {
        without_messages(best, search);
        without_transports(best, search);
        search.leave_out(best, |case| &mut case.steps);
        search.leave_out(best, |case| &mut case.preprocessors);
        without_recipients(best, search);
        for at in 0..best.transports.len() {
            search.leave_out(best, |case| &mut case.transports[at].answers);
        }
        for at in 0..best.preprocessors.len() {
            search.leave_out(best, |case| &mut case.preprocessors[at].answers);
        }
        search.plainer(best, |case| &mut case.steps, PLAINER_STEPS);
        search.plainer(best, |case| &mut case.transports, PLAINER_TRANSPORTS);
        search.plainer(best, |case| &mut case.preprocessors, PLAINER_PREPROCESSORS);
    }

    fn about(self, title: String, requirements: Vec<String>) -> Self {
        Self { title, requirements, ..self }
    }
}

/// Leaves out all that is about one message.
fn without_messages(best: &mut SpoolerScenario, search: &mut Search<'_, SpoolerScenario>) {
    let messages: BTreeSet<String> = best.steps.iter().filter_map(message).map(str::to_owned).collect();
    for name in messages {
        let mut candidate = best.clone();
        candidate.steps.retain(|step| message(step) != Some(&name));
        search.replace(best, candidate);
    }
}

/// The message that a step names.
fn message(step: &Happening) -> Option<&str> {
    match step {
        Happening::SubmitMessage { message, .. } | Happening::AbortSubmit { message } => Some(message),
        Happening::Wake { sent_deferred, .. } => sent_deferred.as_deref(),
    }
}

/// Leaves out transports, from the last to the first; one stays, since without any there would be nobody to hand to.
fn without_transports(best: &mut SpoolerScenario, search: &mut Search<'_, SpoolerScenario>) {
    for place in (1..=best.transports.len()).rev() {
        if best.transports.len() > 1 {
            let candidates = [Naming::Goes, Naming::NamesAnother].map(|naming| without_transport(best, place, naming));
            candidates.into_iter().any(|candidate| search.replace(best, candidate));
        }
    }
}

/// What becomes of that which names a transport that is left out.
#[derive(Clone, Copy, Debug)]
enum Naming {
    /// It is left out too.
    Goes,
    /// Its preprocessors are the first transport's, and who is woken by it, is just woken.
    NamesAnother,
}

/// The case without the transport in this place; those behind it move up.
fn without_transport(case: &SpoolerScenario, place: usize, naming: Naming) -> SpoolerScenario {
    let moved = |at: usize| if at > place { at - 1 } else { at };
    let mut case = case.clone();
    case.transports.remove(place - 1);
    match naming {
        Naming::Goes => {
            case.preprocessors.retain(|one| one.transport != place);
            case.steps.retain(|step| !is_woken_by(step, place));
        }
        Naming::NamesAnother => {
            case.preprocessors.iter_mut().filter(|one| one.transport == place).for_each(|one| one.transport = 1);
            case.steps.iter_mut().filter(|step| is_woken_by(step, place)).for_each(just_woken);
        }
    }
    for one in &mut case.preprocessors {
        one.transport = moved(one.transport);
    }
    for step in &mut case.steps {
        if let Happening::Wake { ready, of, .. } = step {
            (*ready, *of) = (ready.map(moved), of.map(moved));
        }
    }
    case
}

fn is_woken_by(step: &Happening, place: usize) -> bool {
    matches!(step, Happening::Wake { ready, of, .. } if *ready == Some(place) || *of == Some(place))
}

fn just_woken(step: &mut Happening) {
    if let Happening::Wake { ready, sent_deferred, of, .. } = step {
        (*ready, *sent_deferred, *of) = (None, None, None);
    }
}

/// Leaves out recipients; each message keeps one, since a message to nobody is sent to nobody.
fn without_recipients(best: &mut SpoolerScenario, search: &mut Search<'_, SpoolerScenario>) {
    for step in 0..best.steps.len() {
        let Happening::SubmitMessage { recipients, .. } = &best.steps[step] else { continue };
        for at in (0..recipients.len()).rev() {
            let mut candidate = best.clone();
            if let Happening::SubmitMessage { recipients, .. } = &mut candidate.steps[step]
                && recipients.len() > 1
            {
                recipients.remove(at);
                search.replace(best, candidate);
            }
        }
    }
}

/// What a failure may not need of a step.
const PLAINER_STEPS: &[fn(&mut Happening)] = &[
    just_woken,
    |step| {
        if let Happening::Wake { dies_after, .. } = step {
            *dies_after = None;
        }
    },
    |step| {
        if let Happening::SubmitMessage { sentmail, delete_after_submit, .. } = step {
            (*sentmail, *delete_after_submit) = (false, false);
        }
    },
];

/// What a failure may not need of a transport.
const PLAINER_TRANSPORTS: &[fn(&mut PlayedTransport)] = &[|played| played.addrtypes.truncate(1)];

/// What a failure may not need of a preprocessor.
const PLAINER_PREPROCESSORS: &[fn(&mut PlayedPreprocessor)] =
    &[|played| played.addrtypes = None, |played| played.removes = true];

#[cfg(test)]
mod tests {
    use super::{Naming, without_transport};
    use crate::scenario::SpoolerScenario;

    const CASE: &str = r#"title = "Three transports"
requirements = []
transports = [{ addrtypes = ["SMTP"] }, { addrtypes = ["FAX"] }, { addrtypes = ["X400"] }]
preprocessors = [{ transport = 3 }, { transport = 2 }, { transport = 1 }]
steps = [
  { call = "submit_message", message = "m1", recipients = ["bob@example.test"] },
  { call = "wake", ready = 1 },
  { call = "wake", ready = 2, dies_after = 3 },
  { call = "wake", sent_deferred = "m1", of = 2 },
  { call = "wake", sent_deferred = "m1", of = 3 },
]
"#;

    #[track_caller]
    fn check(place: usize, naming: Naming, expected: &[&str]) {
        let case = SpoolerScenario::parse("a/b", CASE, &[]).expect("a case");
        let text = without_transport(&case, place, naming).to_toml();
        assert!(SpoolerScenario::parse("a/b", &text, &[]).is_ok(), "{text}");
        // The title, the requirements, `steps = [`, the message and the last bracket stay.
        let lines: Vec<&str> = text.lines().skip(2).filter(|line| line.len() > 9 && !line.contains("submit")).collect();
        let [transports, preprocessors, rest @ ..] = expected else { panic!("transports and preprocessors") };
        let mut whole = vec![format!("transports = [{transports}]"), format!("preprocessors = [{preprocessors}]")];
        whole.extend(rest.iter().map(|step| format!("  {{ call = \"wake\"{step} }},")));
        assert_eq!(lines, whole);
    }

    #[test]
    fn who_stands_behind_a_transport_that_is_left_out_moves_up() {
        let (smtp, fax, x400) =
            (r#"{ addrtypes = ["SMTP"] }"#, r#"{ addrtypes = ["FAX"] }"#, r#"{ addrtypes = ["X400"] }"#);
        let deferred = r#", sent_deferred = "m1", of = 2"#;
        let two = "{ transport = 2 }, { transport = 1 }";
        check(2, Naming::Goes, &[&format!("{smtp}, {x400}"), two, ", ready = 1", deferred]);
        let three = "{ transport = 2 }, { transport = 1 }, { transport = 1 }";
        let woken = [", ready = 1", ", dies_after = 3", "", deferred];
        check(2, Naming::NamesAnother, &[&[&format!("{smtp}, {x400}") as &str, three], &woken[..]].concat());
        let woken = [", ready = 1, dies_after = 3", r#", sent_deferred = "m1", of = 1"#, deferred];
        check(1, Naming::Goes, &[&[&format!("{fax}, {x400}") as &str, two], &woken[..]].concat());
        let woken = [", ready = 1", ", ready = 2, dies_after = 3", deferred];
        check(3, Naming::Goes, &[&[&format!("{smtp}, {fax}") as &str, two], &woken[..]].concat());
    }
}
