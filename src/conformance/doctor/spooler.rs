//! A spooler on the bench: woken with nothing to do, with a message, and after a reset.

use std::cell::RefCell;

use spoolproof_sdk::trace::{Header, Records};
use spoolproof_sdk::wire::{CallParams, CallResult, Coupling, Identity, Profile, Role, SPOOLER_REQUESTS, SortsQueue};

use super::bench::{Bench, Checked, Halt, Reply};
use super::checkup::Notes;
use super::examine::Patient;
use crate::conformance::spooling::{Parts, Stage, WAKES};
use crate::conformance::sut::{Observe, Oddity, Served, Support, Sut};
use crate::oracle::{Oracle, Setting, Who};
use crate::scenario::{Handing, PlayedTransport, SpoolerScenario};
use crate::spec::closest;

/// A case with one transport, which does this with what it is handed.
fn case(answers: Vec<Handing>) -> SpoolerScenario {
    SpoolerScenario {
        id: "doctor".to_owned(),
        title: String::new(),
        requirements: Vec::new(),
        transports: vec![PlayedTransport { addrtypes: vec!["SMTP".to_owned()], answers }],
        preprocessors: Vec::new(),
        steps: Vec::new(),
    }
}

/// The parts around the spooler, and what it asks of them.
struct Watched<'a, 'b> {
    stage: &'a mut Stage<'b>,
    requests: RefCell<Vec<String>>,
    refused: Vec<String>,
}

impl Support for Watched<'_, '_> {
    fn has(&self, method: &str) -> bool {
        self.requests.borrow_mut().push(method.to_owned());
        self.stage.has(method)
    }

    fn serve(&mut self, method: &str, params: &CallParams, sut: &mut dyn Observe) -> Served {
        let served = self.stage.serve(method, params, sut);
        if let Served::BadParams(what) = &served {
            self.refused.push(format!("{method} was refused: {what}"));
        }
        served
    }

    fn answer(&mut self, method: &str, params: &CallParams, sut: &mut dyn Observe) -> CallResult {
        self.stage.answer(method, params, sut)
    }
}

/// What a spooler did in a case.
#[derive(Debug, Default)]
struct Work {
    requests: Vec<String>,
    refused: Vec<String>,
    idle: bool,
}

/// Resets the spooler, and wakes it until it is idle, with a message if `recipient` is somebody.
fn work<S: Sut>(bench: &mut Bench<'_, S>, case: &SpoolerScenario, recipient: Option<&str>) -> Checked<S, Work> {
    let reset = CallParams {
        transports: Some(Parts::transports(case)),
        preprocessors: Some(Vec::new()),
        ..CallParams::default()
    };
    let reply = bench.call("reset", reset)?;
    if !reply.succeeded() {
        return Err(Halt::Cannot(format!("reset came to {}", reply.words())));
    }
    let mut oracle = Oracle::new(bench.catalogue, Setting { header: header(case), judged: vec![Who::Spooler] });
    let mut stage = Stage::new(case, &mut oracle);
    if let Some(address) = recipient {
        let recipients = Some(vec![crate::scenario::recipient(address)]);
        stage.submit("m1", CallParams { recipients, ..CallParams::default() });
    }
    let mut watched = Watched { stage: &mut stage, requests: RefCell::default(), refused: Vec::new() };
    let mut idle = false;
    for _ in 0..WAKES {
        match bench.call_with("spooler.wake", CallParams::default(), &mut watched)? {
            Reply::Returned(result) if result.idle == Some(true) => {
                idle = true;
                break;
            }
            Reply::Returned(_) => {}
            other => return Err(Halt::Cannot(format!("spooler.wake came to {}", other.words()))),
        }
    }
    Ok(Work { requests: watched.requests.into_inner(), refused: watched.refused, idle })
}

fn header(case: &SpoolerScenario) -> Header {
    Header {
        spoolproof_trace: 1,
        provider: Identity::default(),
        role: Role::Spooler,
        profile: Profile {
            outgoing_submission: Some(true),
            coupling: Some(Coupling::None),
            sorts_queue: Some(SortsQueue::Store),
            ..Profile::default()
        },
        records: Records { support: true, notifications: true, observe: None },
        recorded_by: None,
        starts: None,
        transports: Some(Parts::transports(case)),
        preprocessors: Some(Vec::new()),
        x_supports: None,
    }
}

pub(super) fn wakes<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    let worked = work(bench, &case(Vec::new()), None);
    for method in &bench.unserved {
        notes.broken(format!("{method} is answered with -32601"), "serve it: every spooler has to");
    }
    if !worked?.idle {
        notes.broken(
            format!("it was woken {WAKES} times with an empty queue, and never says that it is idle"),
            "answer `{\"idle\": true}` when nothing is left to do",
        );
    }
    Ok(())
}

pub(super) fn requests<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    let work = work(bench, &case(Vec::new()), Some("bob@example.test"))?;
    if work.requests.is_empty() {
        notes.warning(
            "it was woken with a message in the queue, and asked for nothing",
            "make the spooler's calls as requests, while `spooler.wake` waits for its answer",
        );
    }
    for refused in work.refused {
        notes.warning(refused, "use the entry ids, handles and names that were given, and the session `spooler`");
    }
    Ok(())
}

/// After a reset there is nothing to do with messages of before.
pub(super) fn forgets<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    work(bench, &case(vec![Handing::Busy]), Some("bob@example.test"))?;
    let after = work(bench, &case(Vec::new()), None)?;
    // It may look at the queue; there is nothing in it that it could know of.
    let mut of_before = after.requests.iter().filter(|method| *method != "get_outgoing_queue" && known(method));
    if let Some(method) = of_before.next() {
        notes.broken(
            format!("after `reset`, with an empty queue, it calls {method}"),
            "let `reset` begin with a spooler that has just started",
        );
    }
    Ok(())
}

fn known(method: &str) -> bool {
    SPOOLER_REQUESTS.contains(&method)
}

/// Requests that nobody serves.
pub(super) fn sent<S: Sut>(bench: &Bench<'_, S>, _patient: &Patient<'_>, notes: &mut Notes) {
    for oddity in &bench.oddities {
        let (name, how) = match oddity {
            Oddity::Request(name) => (name, "calls"),
            Oddity::Notification(name) => (name, "sends"),
            Oddity::Member { .. } => continue,
        };
        let seen = format!("it {how} `{name}`, which the checker does not have");
        if known(name) {
            notes.broken(format!("it sends {name} without an `id`, as a notification"), "send it as a request");
        } else if let Some(near) = closest(name, SPOOLER_REQUESTS.iter().copied()) {
            notes.broken(seen, format!("did you mean `{near}`?"));
        } else if matches!(oddity, Oddity::Request(_)) {
            notes.warning(seen, "");
        }
    }
}
