//! The order of the checks, and what becomes of an adapter that fails in the middle of one.

use std::time::Duration;

use spoolproof_sdk::wire::{Profile, Role};

use super::bench::{Bench, Checked};
use super::checkup::{Check, Checkup, Mark, Notes};
use super::{claims, handles, isolation, manners, spooler, support, watching};
use crate::conformance::adapter::{Adapter, Options};
use crate::conformance::error::AdapterError;
use crate::conformance::sut::Sut;
use crate::conformance::target::Target;
use crate::spec::Catalogue;

/// What is known of an adapter before it is examined.
#[derive(Clone, Copy, Debug)]
pub struct Patient<'a> {
    /// The names of the readings.
    pub catalogue: &'a Catalogue,
    /// The part that it is to play; `None`: the one that it says.
    pub role: Option<Role>,
    /// What is claimed for its provider, over what it says of itself.
    pub claims: Option<&'a Profile>,
    /// How long a row of the queue may take to arrive.
    pub patience: Duration,
}

/// How often an adapter may fail before the rest is left out.
const FAILURES: usize = 3;

/// A check: its name, what a sound adapter does, and how to find out.
struct Step<S: Sut> {
    name: &'static str,
    what: &'static str,
    /// Whether a provider could be blamed for what it finds.
    essential: bool,
    run: Run<S>,
}

enum Run<S: Sut> {
    /// Needs no calls, or a few on an empty store.
    Calls(fn(&mut Bench<'_, S>, &mut Notes) -> Checked<S>),
    /// Looks at what the adapter says of itself.
    Claims(fn(&Bench<'_, S>, &Patient<'_>, &mut Notes)),
}

impl<S: Sut> Step<S> {
    const fn calls(
        name: &'static str,
        what: &'static str,
        run: fn(&mut Bench<'_, S>, &mut Notes) -> Checked<S>,
    ) -> Self {
        Self { name, what, essential: true, run: Run::Calls(run) }
    }

    const fn claims(name: &'static str, what: &'static str, run: fn(&Bench<'_, S>, &Patient<'_>, &mut Notes)) -> Self {
        Self { name, what, essential: true, run: Run::Claims(run) }
    }

    const fn not_essential(self) -> Self {
        Self { essential: false, ..self }
    }
}

/// The name of the check that makes plain calls. An adapter that fails there fails in the cases too.
const PLAIN: &str = "calls";

fn of_store<S: Sut>() -> Vec<Step<S>> {
    vec![
        Step::claims("supports", "`supports` has names of the protocol, and those of the role", claims::supports),
        Step::claims("profile", "the profile has members and readings that exist", claims::profile).not_essential(),
        Step::calls(PLAIN, "what is in `supports` is served, and answered with what belongs there", claims::calls),
        Step::calls("entry-ids", "each message has an entry id of its own", handles::entry_ids),
        Step::calls(
            "handles",
            "a handle is its session's, names one object, and is dead once released",
            handles::handles,
        ),
        Step::calls("reset", "`reset` leaves no message, no row and no handle", isolation::reset),
        Step::calls("override", "a profile lasts from its `reset` to the next", isolation::profile),
        Step::calls("restart", "`restart` ends every session", isolation::restart),
        Step::calls("observe", "`observe` changes nothing", watching::changes_nothing),
        Step::calls(
            "sight",
            "`observe` shows the message that is asked for, as it is now",
            watching::shows_the_message,
        ),
        Step::calls(
            "support",
            "support calls wait for their answers, and what is asked meanwhile is answered",
            support::nesting,
        ),
        Step::claims("sent", "what the adapter sends has names of the protocol, and is in `supports`", support::sent),
        Step::claims("values", "flags have MAPI's names, times are RFC 3339 in UTC", claims::values).not_essential(),
        Step::claims("members", "members are spelt as the protocol spells them", claims::members).not_essential(),
        Step::calls("unknown-method", "a method that the protocol does not have is -32601", manners::unknown_method)
            .not_essential(),
        Step::calls("bad-params", "parameters that are missing are -32602", manners::bad_params).not_essential(),
        Step::calls("declared", "the provider does what its profile declares", isolation::declared).not_essential(),
        Step::calls("unlisted", "what is served is in `supports`", manners::unlisted).not_essential(),
    ]
}

fn of_spooler<S: Sut>() -> Vec<Step<S>> {
    vec![
        Step::claims("supports", "`supports` has names of the protocol, and those of the role", claims::supports),
        Step::claims("profile", "the profile has members and readings that exist", claims::profile).not_essential(),
        Step::calls(PLAIN, "a spooler that is woken works, and says when it is idle", spooler::wakes),
        Step::calls("requests", "the spooler's requests fit what it has been given", spooler::requests).not_essential(),
        Step::calls("reset", "a spooler that is reset knows nothing of before", spooler::forgets),
        Step::claims("sent", "what the adapter sends has names of the protocol", spooler::sent),
        Step::claims("members", "members are spelt as the protocol spells them", claims::members).not_essential(),
        Step::calls("unknown-method", "a method that the protocol does not have is -32601", manners::unknown_method)
            .not_essential(),
    ]
}

/// Makes the checks without which no verdict on the provider could be believed, on an adapter that is about to be judged.
///
/// An adapter that fails in plain calls is not examined further: the cases will show where it does.
pub fn essentials<S: Sut>(sut: &mut S, patient: &Patient<'_>) -> Checkup {
    made(sut, patient, Thoroughness::Essential)
}

/// Makes every check that needs no more than the adapter's calls.
pub fn examine<S: Sut>(sut: &mut S, patient: &Patient<'_>) -> Checkup {
    made(sut, patient, Thoroughness::Full)
}

/// Starts the adapter at `target`, makes every check, and lets it shut down.
///
/// # Errors
///
/// When it cannot be started, or does not answer `initialize` as the protocol asks.
pub fn examine_adapter(
    target: &Target,
    options: Options,
    patient: &Patient<'_>,
) -> Result<(Adapter, Checkup), AdapterError> {
    let limit = options.deadlines.exit.max(options.deadlines.call);
    let mut adapter = Adapter::start(target, options)?;
    let mut checkup = examine(&mut adapter, patient);
    let starts =
        Check { name: "start", what: "it starts, and answers `initialize`", mark: Mark::Sound, notes: Vec::new() };
    checkup.checks.insert(0, starts);
    let mut notes = Notes::default();
    match adapter.revive() {
        Ok(()) => manners::parting(adapter.part(limit), &mut notes),
        Err(error) => notes.add(Mark::Failed, error.to_string(), "let it be started again, on the same store"),
    }
    checkup.checks.push(notes.into_check("shutdown", "`shutdown` is answered, and then the adapter exits by itself"));
    Ok((adapter, checkup))
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Thoroughness {
    Essential,
    Full,
}

fn made<S: Sut>(sut: &mut S, patient: &Patient<'_>, thoroughness: Thoroughness) -> Checkup {
    let role = patient.role.unwrap_or_else(|| sut.about().role);
    let steps = match role {
        Role::Store => of_store(),
        Role::Spooler => of_spooler(),
    };
    let mut checkup = Checkup::default();
    let mut failures = 0;
    let mut bench = Bench::new(sut, patient);
    bench.gather();
    for step in steps.into_iter().filter(|step| step.essential || thoroughness == Thoroughness::Full) {
        let mut notes = Notes::default();
        match step.run {
            Run::Claims(run) => run(&bench, patient, &mut notes),
            Run::Calls(_) if failures >= FAILURES => {
                notes.add(Mark::NotServed, "left out: the adapter failed too often", "")
            }
            Run::Calls(run) => {
                if let Err(error) = bench.check(run, &mut notes) {
                    notes.add(Mark::Failed, error.to_string(), "");
                    failures += 1;
                    if bench.sut.revive().is_err() {
                        failures = FAILURES;
                    }
                }
            }
        }
        let check = notes.into_check(step.name, step.what);
        let ends = check.mark == Mark::Failed && step.name == PLAIN && thoroughness == Thoroughness::Essential;
        checkup.checks.push(check);
        if ends {
            break;
        }
    }
    checkup
}
