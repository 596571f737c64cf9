//! Histories that nobody wrote: whatever the model permits, the oracle lets pass.
//!
//! `SPOOLPROOF_SEEDS=FROM..TO` tries other seeds than the usual few.

#[path = "../common/mod.rs"]
mod common;
mod corrupt;
mod dice;
mod kept;
mod masked;
mod offline;
mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use spoolproof::conformance::{Latitude, Plan, Progress, Simulated, run};
use spoolproof::oracle::{Account, Finding, Verdict, rules};
use spoolproof::scenario::Scenario;
use spoolproof::spec::{Catalogue, Stance};
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::{Coupling, Profile, SortsQueue};

use crate::corrupt::{Lie, corrupt};
use crate::dice::Dice;
use crate::masked::{Mask, Masked};

/// Keeps the last case.
#[derive(Default)]
pub(crate) struct Tape {
    header: Option<Header>,
    events: Vec<Event>,
}

impl Progress for Tape {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        self.header = Some(header.clone());
        self.events = events.to_vec();
        None
    }
}

/// How a provider is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// It does what nobody can object to, and shows everything.
    Plain,
    /// The same, coupled with a transport.
    Coupled,
    /// It follows readings that it declares.
    Declaring,
    /// It follows readings that it should declare and does not.
    Silent,
    /// It breaks what it only should do.
    Lax,
    /// It shows less than it could.
    Hidden,
    /// It does not say what it is.
    Unknown,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Plain, Self::Coupled, Self::Declaring, Self::Silent, Self::Lax, Self::Hidden, Self::Unknown];

    /// What may be found about such a provider at all.
    fn excuses(self, finding: &Finding) -> bool {
        let verdict = finding.verdict;
        match self {
            Self::Plain | Self::Coupled | Self::Declaring => false,
            Self::Lax => verdict == Verdict::Deviation,
            // A refusal after a restart that lost a lock looks like the lost lock's (H1) unless its reason is declared.
            Self::Silent if finding.requirements.iter().any(|id| id == "SEED1-09") => true,
            // A reading that nobody declared may look like a SHOULD that is not followed.
            Self::Silent => matches!(verdict, Verdict::Deviation | Verdict::Inconclusive),
            Self::Hidden | Self::Unknown => verdict == Verdict::Inconclusive,
        }
    }
}

/// One provider and one history.
struct Trial {
    kind: Kind,
    seed: u64,
    scenario: Scenario,
}

impl Trial {
    fn new(kind: Kind, seed: u64) -> Self {
        let needs = if kind == Kind::Coupled || seed % 2 == 1 && matches!(kind, Kind::Hidden | Kind::Lax) {
            Profile { coupling: Some(Coupling::Tight), ..Profile::default() }
        } else {
            Profile::default()
        };
        Self { kind, seed, scenario: script::scenario(seed, needs) }
    }

    /// The provider, whose chances `luck` decides.
    fn provider(&self, catalogue: &Catalogue, luck: u64) -> Masked {
        let mut dice = Dice::new(luck ^ 0x5EED);
        let coupled =
            self.scenario.profile.coupling == Some(Coupling::Tight) || self.kind == Kind::Unknown && dice.one_in(2);
        let mut profile = profile(&mut dice, coupled);
        let latitude = if self.kind == Kind::Lax { Latitude::Deviating } else { Latitude::Permitted };
        let mut followed = profile.clone();
        if matches!(self.kind, Kind::Declaring | Kind::Silent) {
            followed.readings = readings(catalogue, &mut dice);
        }
        if self.kind == Kind::Declaring {
            profile = followed.clone();
        }
        if self.kind == Kind::Unknown {
            profile = forgetful(profile, &mut dice);
        }
        let mask = if self.kind == Kind::Hidden { mask(&mut dice) } else { Mask::default() };
        let rules = rules(catalogue, &followed);
        let model = Simulated::at_random(followed, rules, luck, latitude);
        Masked::new(model, profile, mask, luck)
    }

    fn run(&self, catalogue: &Catalogue, luck: u64) -> (Account, Tape) {
        judge(catalogue, &mut self.provider(catalogue, luck), &self.scenario)
    }

    /// What is found that should not be.
    fn alarms(&self, catalogue: &Catalogue, luck: u64) -> Vec<Finding> {
        let (account, _) = self.run(catalogue, luck);
        let case = &account.cases[0];
        if !matches!(case.verdict, Verdict::Pass | Verdict::Unsupported) && account.ledger.findings.is_empty() {
            panic!("{:?} seed {}: {:?} {:?}", self.kind, self.seed, case.verdict, case.reason);
        }
        account.ledger.findings.into_iter().filter(|finding| !self.kind.excuses(finding)).collect()
    }

    /// A smaller history that raises the same alarm, with the luck that it takes.
    fn shrunk(mut self, catalogue: &Catalogue, alarm: &Finding) -> (Self, u64) {
        let same = |trial: &Self, luck| {
            trial
                .alarms(catalogue, luck)
                .iter()
                .any(|other| other.requirements == alarm.requirements && other.verdict == alarm.verdict)
        };
        let mut luck = self.seed;
        let mut at = self.scenario.steps.len();
        while at > 0 {
            at -= 1;
            let mut smaller = self.scenario.clone();
            smaller.steps.remove(at);
            let trial = Self { scenario: script::without_dangling(smaller), ..self };
            match (luck..=luck).chain(0..60).find(|luck| same(&trial, *luck)) {
                Some(found) => {
                    luck = found;
                    at = at.min(trial.scenario.steps.len());
                    self = trial;
                }
                None => self.scenario = self.scenario.clone(),
            }
        }
        (self, luck)
    }
}

fn judge(catalogue: &Catalogue, provider: &mut Masked, scenario: &Scenario) -> (Account, Tape) {
    let plan = Plan { scenarios: vec![scenario], profile: None, patience: Duration::ZERO, recorded_by: String::new() };
    let mut tape = Tape::default();
    let account = run(catalogue, provider, &plan, &mut tape);
    (account, tape)
}

fn profile(dice: &mut Dice, coupled: bool) -> Profile {
    let either = [None, Some(false), Some(true)];
    let mut profile = Profile {
        outgoing_submission: dice.pick(&[Some(true), Some(true), Some(true), None, Some(false)]),
        coupling: Some(if coupled { Coupling::Tight } else { Coupling::None }),
        persists_lock: dice.pick(&either),
        sorts_queue: dice.pick(&[None, Some(SortsQueue::Store), Some(SortsQueue::Table)]),
        ..Profile::default()
    };
    if coupled {
        profile.handles_addrtypes = dice.pick(&[None, Some(vec!["SMTP".to_owned()]), Some(vec!["X400".to_owned()])]);
        profile.wants_spooler_completion = dice.pick(&either);
    }
    if dice.one_in(3) {
        profile.readings.insert("E3".to_owned(), "Eventually".to_owned());
    }
    profile
}

/// A reading of every ambiguity that is anyone's to follow, or to declare.
fn readings(catalogue: &Catalogue, dice: &mut Dice) -> BTreeMap<String, String> {
    let followed = catalogue.ambiguities().iter().filter_map(|ambiguity| {
        let names: Vec<&String> = ambiguity
            .readings
            .iter()
            .filter(|reading| reading.stance != Stance::Rejected)
            .map(|reading| &reading.name)
            .collect();
        (!names.is_empty() && dice.one_in(2)).then(|| (ambiguity.id.clone(), dice.pick(&names).clone()))
    });
    followed.collect()
}

/// The profile of somebody who leaves members out.
fn forgetful(profile: Profile, dice: &mut Dice) -> Profile {
    let mut keeps = || dice.one_in(3);
    Profile {
        outgoing_submission: profile.outgoing_submission.filter(|sends| !sends || keeps()),
        coupling: profile.coupling.filter(|_| keeps()),
        handles_addrtypes: profile.handles_addrtypes.filter(|_| keeps()),
        wants_spooler_completion: profile.wants_spooler_completion.filter(|_| keeps()),
        persists_lock: profile.persists_lock.filter(|_| keeps()),
        sorts_queue: profile.sorts_queue.filter(|_| keeps()),
        readings: profile.readings,
    }
}

fn mask(dice: &mut Dice) -> Mask {
    Mask {
        support: dice.one_in(2),
        notifications: dice.one_in(3),
        never: (dice.next() & dice.next() & 0xFFFF) as u16,
        sometimes: dice.pick(&[0, 2, 4]),
        access: dice.one_in(3),
    }
}

fn seeds(usual: u64) -> std::ops::Range<u64> {
    let given = std::env::var("SPOOLPROOF_SEEDS").ok();
    let range = given.as_deref().and_then(|text| text.split_once(".."));
    range.map_or(0..usual, |(from, to)| from.parse().expect("a number")..to.parse().expect("a number"))
}

#[test]
fn what_the_model_permits_raises_no_alarm() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let mut told = BTreeSet::new();
    let mut report = Vec::new();
    for (seed, kind) in seeds(80).flat_map(|seed| Kind::ALL.map(|kind| (seed, kind))) {
        let trial = Trial::new(kind, seed);
        let alarms = trial.alarms(&catalogue, seed);
        let Some(alarm) = alarms.first() else { continue };
        if report.len() < 12 && told.insert((kind as u8, alarm.requirements.clone())) {
            let (shrunk, luck) = trial.shrunk(&catalogue, alarm);
            let alarms = shrunk.alarms(&catalogue, luck);
            let (_, tape) = shrunk.run(&catalogue, luck);
            let events: Vec<String> =
                tape.events.iter().map(|event| serde_json::to_string(event).expect("an event")).collect();
            report.push(format!(
                "{kind:?}, seed {seed}, luck {luck}: {:#?}\n{}\n{:?}\n{}",
                alarms.first().map(|alarm| (
                    &alarm.verdict,
                    &alarm.requirements,
                    &alarm.what,
                    &alarm.expected,
                    &alarm.observed,
                    alarm.seq
                )),
                shrunk.scenario.to_toml(),
                tape.header.map(|header| header.profile),
                events.join("\n"),
            ));
        }
    }
    assert!(report.is_empty(), "{}", report.join("\n\n"));
}

#[test]
fn random_scenarios_are_scenarios() {
    for seed in seeds(50) {
        let scenario = script::scenario(seed, Profile::default());
        let text = scenario.to_toml();
        let read = Scenario::parse(&scenario.id, &text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
        assert_eq!(read, scenario, "{text}");
    }
}

/// The shipped scenarios, in the order of their ids.
fn shipped() -> Vec<Scenario> {
    let mut found = common::scenarios();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

#[test]
fn the_shipped_scenarios_raise_no_alarm_on_any_permitted_store() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let mut wrong = Vec::new();
    for (seed, scenario) in shipped().into_iter().enumerate() {
        for (kind, luck) in Kind::ALL.into_iter().zip(seed as u64 * 31..) {
            let trial = Trial { kind, seed: luck, scenario: scenario.clone() };
            let alarms = trial.alarms(&catalogue, luck);
            wrong.extend(alarms.first().map(|alarm| format!("{}, {kind:?}, luck {luck}: {alarm:#?}", scenario.id)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_trace_is_judged_as_the_run_was() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let mut found = 0;
    let mut compare = |account: &Account, tape: &Tape, what: &str| {
        let header = tape.header.as_ref().expect("a header");
        let offline = offline::judge(&catalogue, header, &tape.events);
        let live = offline::gist(&account.ledger.findings);
        assert_eq!(live, offline::gist(&offline.ledger.findings), "{what}");
        found += live.len();
    };
    for scenario in shipped() {
        let plan =
            Plan { scenarios: vec![&scenario], profile: None, patience: Duration::ZERO, recorded_by: String::new() };
        let mut tape = Tape::default();
        let account = run(&catalogue, &mut Simulated::default(), &plan, &mut tape);
        compare(&account, &tape, &scenario.id);
    }
    for seed in seeds(60) {
        for kind in Kind::ALL {
            let trial = Trial::new(kind, seed);
            let mut liar = trial.provider(&catalogue, seed);
            liar.lies = seed % 3 != 0;
            let (account, tape) = judge(&catalogue, &mut liar, &trial.scenario);
            compare(&account, &tape, &format!("{kind:?}, seed {seed}"));
        }
    }
    assert!(found > 100, "only {found} findings to compare");
}

#[test]
fn a_lie_is_found() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let mut tally: BTreeMap<Lie, (u32, u32)> = BTreeMap::new();
    let mut missed = Vec::new();
    for (seed, lie) in seeds(60).flat_map(|seed| Lie::ALL.map(|lie| (seed, lie))) {
        let trial = Trial::new(if seed % 2 == 0 { Kind::Plain } else { Kind::Coupled }, seed);
        let (_, tape) = trial.run(&catalogue, seed);
        let header = tape.header.as_ref().expect("a header");
        let mut events = tape.events;
        let Some(seq) = corrupt(&mut events, lie, &mut Dice::new(seed ^ 0x11E)) else { continue };
        let account = offline::judge(&catalogue, header, &events);
        let found = account.ledger.findings.iter().any(|finding| finding.seq.is_none_or(|at| at >= seq));
        let (told, blamed) = tally.entry(lie).or_default();
        *told += 1;
        *blamed += u32::from(found);
        if !found && let Some(event) = events.iter().find(|event| event.seq == seq) {
            missed.push(format!("{lie} seed {seed}: {}", serde_json::to_string(event).expect("an event")));
        }
    }
    let floors = [(Lie::Exists, 95), (Lie::Folder, 95), (Lie::Locked, 95), (Lie::Queue, 95), (Lie::Submit, 95)];
    let table: Vec<String> = tally.iter().map(|(lie, (told, blamed))| format!("{lie}: {blamed} of {told}")).collect();
    for (lie, floor) in floors {
        let (told, blamed) = tally[&lie];
        assert!(blamed * 100 >= told * floor, "{lie}\n{}\n{}", table.join("\n"), missed.join("\n"));
    }
}
