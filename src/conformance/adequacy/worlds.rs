//! Whether a broken spooler can be told from the right one: both are put into the same small worlds, the smallest first.
//!
//! A spooler decides nothing that its surroundings do not lead to, so a world is a case: who is there, how they answer,
//! and when the spooler dies.

use spoolproof_sdk::wire::Role;

use super::mutant::{Suites, judge_with};
use super::survey::Tapes;
use crate::conformance::in_process::InProcessError;
use crate::scenario::{Handing, Happening, PlayedPreprocessor, PlayedTransport, Preparing, SpoolerScenario};
use crate::spec::Catalogue;

/// How many worlds are compared at a time.
const BATCH: usize = 200;

/// The first of so many worlds in which the spooler with `faults` does something else than the right one, and how many
/// were tried.
///
/// # Errors
///
/// When a spooler fails, which is no answer of a spooler's.
pub(super) fn tell_apart(
    catalogue: &Catalogue,
    faults: &[&'static str],
    most: usize,
) -> Result<(Option<SpoolerScenario>, usize), InProcessError> {
    let mut worlds = worlds();
    worlds.truncate(most);
    for batch in worlds.chunks(BATCH) {
        let suites = Suites { stores: &[], spoolers: batch };
        let tapes = |faults: &[&'static str]| {
            let mut tapes = Tapes::default();
            judge_with(catalogue, suites, Role::Spooler, faults, &mut tapes).map(|_| tapes.0)
        };
        let (right, broken) = (tapes(&[])?, tapes(faults)?);
        if let Some(at) = right.iter().zip(&broken).position(|(one, other)| one != other) {
            return Ok((Some(batch[at].clone()), worlds.len()));
        }
    }
    Ok((None, worlds.len()))
}

/// Every world, the smallest first.
fn worlds() -> Vec<SpoolerScenario> {
    let recipients: [&[&str]; 4] = [&["bob"], &["bob", "carol"], &["bob", "FAX:1"], &["X:1"]];
    let mut sized: Vec<(usize, SpoolerScenario)> = Vec::new();
    for transports in transports() {
        for preprocessors in preprocessors() {
            for recipients in recipients {
                for messages in [1, 2] {
                    for dies_after in [None, Some(2), Some(4), Some(6), Some(9)] {
                        let answers: usize = transports.iter().map(|transport| transport.answers.len()).sum();
                        let size = 2 * (transports.len() + preprocessors.len() + messages) + recipients.len() + answers;
                        let steps = steps(messages, recipients, dies_after);
                        let world = SpoolerScenario {
                            id: String::new(),
                            title: "A broken spooler does something else here".to_owned(),
                            requirements: Vec::new(),
                            transports: transports.clone(),
                            preprocessors: preprocessors.clone(),
                            steps,
                        };
                        sized.push((size + usize::from(dies_after.is_some()), world));
                    }
                }
            }
        }
    }
    sized.sort_by_key(|(size, _)| *size);
    let number =
        |(at, (_, world)): (usize, (usize, SpoolerScenario))| SpoolerScenario { id: format!("world/{at}"), ..world };
    sized.into_iter().enumerate().map(number).collect()
}

fn steps(messages: usize, recipients: &[&str], dies_after: Option<usize>) -> Vec<Happening> {
    let wake = |dies_after| Happening::Wake { ready: None, sent_deferred: None, of: None, dies_after };
    let submit = |number| Happening::SubmitMessage {
        message: format!("m{number}"),
        recipients: recipients.iter().map(|&recipient| recipient.to_owned()).collect(),
        sentmail: false,
        delete_after_submit: false,
    };
    let ready = Happening::Wake { ready: Some(1), sent_deferred: None, of: None, dies_after: None };
    let deferred = Happening::Wake { ready: None, sent_deferred: Some("m1".to_owned()), of: Some(1), dies_after: None };
    (1..=messages).map(submit).chain([wake(dies_after), ready, deferred, wake(None)]).collect()
}

/// One transport with up to two answers, or two transports with up to one each.
fn transports() -> Vec<Vec<PlayedTransport>> {
    let played = |addrtype: &str, answers: &[Handing]| PlayedTransport {
        addrtypes: vec![addrtype.to_owned()],
        answers: answers.to_vec(),
    };
    let short: Vec<Vec<Handing>> =
        std::iter::once(Vec::new()).chain(Handing::ALL.iter().map(|handing| vec![*handing])).collect();
    let mut all: Vec<Vec<PlayedTransport>> = short.iter().map(|answers| vec![played("SMTP", answers)]).collect();
    for first in Handing::ALL {
        all.extend(Handing::ALL.iter().map(|second| vec![played("SMTP", &[first, *second])]));
    }
    for other in ["SMTP", "FAX"] {
        for first in &short {
            all.extend(short.iter().map(|second| vec![played("SMTP", first), played(other, second)]));
        }
    }
    all
}

/// None, one in each of its moods, or two.
fn preprocessors() -> Vec<Vec<PlayedPreprocessor>> {
    let played = |answers: &[Preparing], removes| PlayedPreprocessor {
        transport: 1,
        addrtypes: None,
        removes,
        answers: answers.to_vec(),
    };
    let other = PlayedPreprocessor { addrtypes: Some(vec!["FAX".to_owned()]), ..played(&[], true) };
    vec![
        Vec::new(),
        vec![played(&[], true)],
        vec![played(&[], false)],
        vec![played(&[Preparing::Undeliverable], true)],
        vec![played(&[Preparing::Fails], true)],
        vec![played(&[], true), played(&[], true)],
        vec![other, played(&[], true)],
    ]
}

#[cfg(test)]
mod tests {
    use super::{tell_apart, worlds};
    use crate::scenario::SpoolerScenario;
    use crate::spec::Catalogue;

    #[test]
    fn every_world_is_a_case_that_can_be_written_and_read() {
        let worlds = worlds();
        assert!(worlds.len() > 10_000, "{}", worlds.len());
        for world in worlds.iter().step_by(997) {
            let text = world.to_toml();
            let read =
                SpoolerScenario::parse(&world.id, &text, &[]).unwrap_or_else(|wrong| panic!("{wrong:?}\n{text}"));
            assert_eq!(read, *world);
        }
    }

    #[test]
    fn a_broken_spooler_is_told_from_the_right_one_and_an_equal_one_is_not() {
        let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
        let tell = |faults: &[&'static str]| tell_apart(&catalogue, faults, 400).expect("spoolers that run").0;
        for fault in ["lock-twice", "end-never", "hand-ignores-busy", "preprocess-never"] {
            assert!(tell(&[fault]).is_some(), "{fault}");
        }
        assert_eq!(tell(&[]), None);
    }
}
