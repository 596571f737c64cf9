//! `spoolproof conform`: drives a provider through the cases, and judges it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use spoolproof_sdk::wire::{Identity, InitializeResult, Profile};

use super::again::Again;
use super::cases::{Case, Cases, Chosen};
use super::contract::Terms;
use super::failure::Failure;
use super::observer::Observer;
use super::output::{self, Outputs};
use super::portion::{Portion, Taken};
use super::reference::Part;
use super::shrunk::{Place, Shrinking};
use super::suite::SuiteArg;
use super::{doctor, library, reference, signals, subject, target, units};
use crate::conformance::{
    self, Adapter, AdapterError, Deadlines, Options, Plan, ShrinkLimit, SpoolerPlan, Stop, Sut as _, Target,
};
use crate::oracle::{Account, Small, Stopped, Verdict};
use crate::report::layout::{FAINT, STRONG, count};
use crate::report::{About, Contract, Report, Selection};
use crate::spec::Catalogue;

/// Drive a provider through the cases, and judge what it does
///
/// Each case runs on a fresh store. The traces of the cases in which something was found are kept in `out/`;
/// `spoolproof audit` judges them again without the provider.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof conform
  spoolproof conform --provider './my-adapter --profile Test' --json report.json --junit report.xml
  spoolproof conform --provider tcp://127.0.0.1:4711 --case abort --case 'lock/second-*' --out traces
  spoolproof conform --suite standard --provider './my-adapter'
  spoolproof conform mine.toml --provider './my-adapter'
  spoolproof conform --fault abort-locked-succeeds
  spoolproof conform --provider './my-adapter' --known-failing known-failing.toml --accepted accepted.json
  spoolproof conform --provider './my-adapter' --shard 1/4 --json shard-1.json
  spoolproof conform --provider './my-adapter' --rerun-failed report.json
  spoolproof conform --role spooler --provider './my-spooler'
  spoolproof conform --role spooler out/hand.busy.toml --provider './my-spooler'")]
pub(crate) struct Conform {
    /// The part that is judged: a store, or a spooler to which the checker plays store, transports and preprocessors
    #[arg(long, value_enum, default_value_t = Part::Store)]
    role: Part,

    /// The adapter: a command to start, or `tcp://HOST:PORT`; without it, the built-in reference provider
    #[arg(long, value_name = "COMMAND|ADDRESS")]
    provider: Option<String>,

    #[command(flatten)]
    cases: Cases,

    /// Claims made for the provider, over what it says of itself: a file, or the name of a carried profile
    #[arg(long, value_name = "FILE|NAME")]
    profile: Option<PathBuf>,

    /// How long a call may take; a notification has a fifth of it to arrive
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,

    /// Keep the trace of every case here
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Break the built-in reference provider in this way (`spoolproof reference --list-faults`)
    #[arg(long = "fault", value_name = "NAME", conflicts_with = "provider")]
    faults: Vec<String>,

    #[command(flatten)]
    shrinking: Shrinking,

    /// Judge without checking first that the adapter can be believed (`spoolproof doctor`)
    #[arg(long)]
    no_doctor: bool,

    /// Also list the requirements that could not be judged
    #[arg(long)]
    not_judged: bool,

    #[command(flatten)]
    portion: Portion,

    #[command(flatten)]
    terms: Terms,

    #[command(flatten)]
    ends: Ends,

    #[command(flatten)]
    outputs: Outputs,
}

impl Conform {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        self.outputs.check()?;
        self.out.as_deref().map_or(Ok(()), output::habitable)?;
        reference::check(self.role, &self.faults)?;
        let catalogue = library::catalogue()?;
        match self.role {
            Part::Store => self.store(&catalogue),
            Part::Spooler => self.spooler(&catalogue),
        }
    }

    fn store(&self, catalogue: &Catalogue) -> Result<u8, Failure> {
        self.judge(catalogue, self.cases.choose(catalogue)?, |cases, adapter, claims, observer| {
            let plan = Plan {
                scenarios: cases.iter().collect(),
                profile: claims,
                patience: self.timeout / 5,
                recorded_by: RECORDED_BY.to_owned(),
            };
            let mut account = conformance::run(catalogue, adapter, &plan, observer);
            self.keep_small(&mut account, observer.stop(), |account, limit| {
                let small = conformance::shrink(catalogue, adapter, &plan, account, limit).into_iter();
                small.map(|(small, scenario)| (small, scenario.map(|it| it.to_toml()))).collect()
            });
            account
        })
    }

    fn spooler(&self, catalogue: &Catalogue) -> Result<u8, Failure> {
        self.judge(catalogue, self.cases.choose_for_spoolers(catalogue)?, |cases, adapter, claims, observer| {
            let plan =
                SpoolerPlan { scenarios: cases.iter().collect(), profile: claims, recorded_by: RECORDED_BY.to_owned() };
            let mut account = conformance::run_spooler(catalogue, adapter, &plan, observer);
            self.keep_small(&mut account, observer.stop(), |account, limit| {
                let small = conformance::shrink_spooler(catalogue, adapter, &plan, account, limit).into_iter();
                small.map(|(small, scenario)| (small, scenario.map(|it| it.to_toml()))).collect()
            });
            account
        })
    }

    /// Writes the failures that `shrink` makes small, and tells the report of them.
    fn keep_small(
        &self,
        account: &mut Account,
        stop: Stop,
        shrink: impl FnOnce(&Account, &ShrinkLimit) -> Vec<(Small, Option<String>)>,
    ) {
        let again = |file: &Path| self.again_on(&[file.to_owned()]);
        let spares_files = !self.cases.paths.is_empty();
        self.shrinking.keep(account, shrink, stop, &Place { folder: self.out.as_deref(), spares_files, again: &again });
    }

    /// Takes the part of the cases that is wanted, starts the adapter, runs `run` on it, and reports.
    fn judge<T: Case>(
        &self,
        catalogue: &Catalogue,
        Chosen { scenarios, all, unreadable }: Chosen<T>,
        run: impl FnOnce(&[T], &mut Adapter, Option<Profile>, &mut Observer<'_>) -> Account,
    ) -> Result<u8, Failure> {
        let claims = match &self.profile {
            Some(profile) => Some(library::profile(profile, catalogue)?.profile),
            None => None,
        };
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let role = self.role.of_wire();
        let contract = self.terms.read(catalogue, &all, self.selection(), subject::role_name(role))?;
        let cases = match self.portion.of(scenarios, subject::role_name(role))? {
            Taken::Cases(cases) => cases,
            Taken::Nothing(why) => return self.nothing(catalogue, contract, &why),
        };
        let began = Instant::now();
        let target = target::of(self.provider.as_deref(), self.role, &self.faults)?;
        let stop = signals::watch(self.ends.time_limit)?;
        let options =
            Options { deadlines: Deadlines::of_calls(self.timeout), stop: stop.clone(), ..Options::default() };
        let mut adapter = match Adapter::start(&target, options) {
            Ok(adapter) => adapter,
            Err(_) if let Some(stopped) = stop.reason() => {
                return self.stopped(catalogue, &contract, &cases, stopped);
            }
            Err(error) => return Err(self.did_not_start(catalogue, &target, &error)),
        };
        let about = adapter.about().clone();
        subject::check_role(about.role, self.role)?;
        if !self.no_doctor {
            let ill = doctor::before_cases(&mut adapter, catalogue, self.timeout);
            if let Some(stopped) = stop.reason() {
                return self.stopped(catalogue, &contract, &cases, stopped);
            }
            if ill.verdict() == Verdict::Error {
                return self.outputs.write(&Report::new(catalogue, &ill, self.about(&about, claims.as_ref(), began)));
            }
        }
        subject::warn_of_unknown_readings(&about.profile, "the adapter", catalogue);
        let mut observer =
            Observer::new(cases.len(), self.out.as_deref(), self.ends.fail_fast.then_some(&contract), stop);
        let profile_claims = claims.clone();
        let mut account = run(&cases, &mut adapter, claims, &mut observer);
        drop(observer);
        account.unreadable = unreadable;
        let about = self.about(&about, profile_claims.as_ref(), began);
        let report = Report::held_to(catalogue, &account, about, &contract);
        if self.not_judged && !self.outputs.takes_stdout() {
            not_judged(&report, catalogue)?;
        }
        self.outputs.write(&report)
    }

    fn about(&self, about: &InitializeResult, claims: Option<&Profile>, began: Instant) -> About {
        let profile = subject::overridden(&about.profile, claims);
        About {
            command: "conform",
            subject: subject::new(&about.provider, about.role, &profile, self.source()),
            again: Some(self.again()),
            elapsed_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// What was chosen of the cases, for the report.
    fn selection(&self) -> Selection {
        Selection { cases: self.cases.patterns.clone(), shard: self.portion.shard(), rerun: self.portion.is_rerun() }
    }

    /// Says why no case is run, where that is well; the reports for programs have no case in them.
    fn nothing(&self, catalogue: &Catalogue, contract: Contract, why: &str) -> Result<u8, Failure> {
        let subject = subject::new(&Identity::default(), self.role.of_wire(), &Profile::default(), self.source());
        let about = About { command: "conform", subject, again: None, elapsed_ms: 0 };
        let contract = Contract { nothing_chosen: true, ..contract };
        let report = Report::held_to(catalogue, &Account::default(), about, &contract);
        if !report.unexpected.is_empty() {
            return self.outputs.write(&report);
        }
        if !self.outputs.takes_stdout() {
            output::print(|out| writeln!(out, "{why}"))?;
        }
        self.outputs.write_formats(&report)
    }

    /// Reports on a run that was stopped before its first case.
    fn stopped<T: Case>(
        &self,
        catalogue: &Catalogue,
        contract: &Contract,
        cases: &[T],
        stopped: Stopped,
    ) -> Result<u8, Failure> {
        let account = conformance::none_begun(cases.iter().map(|case| (case.id(), case.requirements())), stopped);
        let subject = subject::new(&Identity::default(), self.role.of_wire(), &Profile::default(), self.source());
        let about = About { command: "conform", subject, again: None, elapsed_ms: 0 };
        self.outputs.write(&Report::held_to(catalogue, &account, about, contract))
    }

    /// Says why there is nothing to judge, in the reports for programs too.
    fn did_not_start(&self, catalogue: &Catalogue, target: &Target, error: &AdapterError) -> Failure {
        let mut account = Account::default();
        account.ledger.fail(None, None, error.to_string(), "an adapter that starts and answers `initialize`");
        let subject = subject::new(&Identity::default(), self.role.of_wire(), &Profile::default(), self.source());
        let about = About { command: "conform", subject, again: None, elapsed_ms: 0 };
        if let Err(failure) = self.outputs.write_formats(&Report::new(catalogue, &account, about)) {
            return failure;
        }
        let failure = Failure::tool(format_args!("the adapter `{target}` failed before the first case: {error}"));
        let log = error.stderr_tail().trim_end();
        if log.is_empty() { failure } else { failure.help(format_args!("its log ends with\n{log}")) }
    }

    fn source(&self) -> String {
        match &self.provider {
            Some(provider) => provider.clone(),
            None => self.faults.iter().fold("reference".to_owned(), |text, fault| format!("{text} --fault {fault}")),
        }
    }

    /// The command line that repeats one case.
    fn again(&self) -> String {
        self.again_on(&self.cases.paths).case()
    }

    /// The command line that runs the cases of these files.
    fn again_on(&self, paths: &[PathBuf]) -> Again {
        let mut again = Again::new("conform");
        again = again.option("--role", (self.role == Part::Spooler).then_some("spooler"));
        for path in paths {
            again = again.word(&path.to_string_lossy());
        }
        // A file is a suite of its own.
        let suite = self.cases.suite.filter(|_| paths.is_empty());
        again = again.option("--suite", suite.map(SuiteArg::name));
        again = again.option("--provider", self.provider.as_deref());
        for fault in &self.faults {
            again = again.option("--fault", Some(fault));
        }
        let timeout = (self.timeout != Deadlines::default().call).then(|| self.timeout.as_secs_f64().to_string());
        if self.no_doctor {
            again = again.word("--no-doctor");
        }
        again.path("--profile", self.profile.as_deref()).option("--timeout", timeout.as_deref())
    }
}

/// What ends a run before its last case.
#[derive(Args, Debug)]
#[command(next_help_heading = "What ends the run early")]
struct Ends {
    /// Stop after the first case that fails; the others are not exercised
    #[arg(long)]
    fail_fast: bool,

    /// Stop when this time is over, such as 60s or 5min, as Ctrl-C does: what has been judged is reported
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    time_limit: Option<Duration>,
}

/// Who recorded the traces.
const RECORDED_BY: &str = concat!("spoolproof ", env!("CARGO_PKG_VERSION"));

/// The requirements that are judged in principle and were not in this run.
fn not_judged(report: &Report, catalogue: &Catalogue) -> Result<(), Failure> {
    let rows: Vec<_> = report
        .requirements
        .iter()
        .filter(|row| row.verdict <= Verdict::Unsupported)
        .filter_map(|row| catalogue.requirement(&row.id))
        .collect();
    output::print(|out| {
        writeln!(out, "{STRONG}not judged in this run: {}{STRONG:#}", count(rows.len() as u64, "requirement"))?;
        for row in rows {
            writeln!(out, "  {:8}  {:6}  {FAINT}{}{FAINT:#}", row.id, row.strength, row.text)?;
        }
        writeln!(out)
    })
}

/// Reads a number of seconds, a fraction included.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "give a number of seconds, such as 10 or 0.5".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "give a time that is longer than none, in seconds".to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser;

    use super::Conform;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        conform: Conform,
    }

    #[test]
    fn the_command_that_repeats_a_file_names_no_suite() {
        let again = |file: Option<&str>| {
            let words = ["conform", "--suite", "quick", "--provider", "./mine", "--timeout", "2"];
            let conform = Program::try_parse_from(words).expect("a command line").conform;
            let files: Vec<PathBuf> = file.into_iter().map(PathBuf::from).collect();
            let line = conform.again_on(&files).line();
            // What is printed can be typed.
            Program::try_parse_from(line.split(' ').skip(1)).unwrap_or_else(|error| panic!("{line}: {error}"));
            line
        };
        assert_eq!(again(None), "spoolproof conform --suite quick --provider ./mine --timeout 2");
        assert_eq!(again(Some("out/a.toml")), "spoolproof conform out/a.toml --provider ./mine --timeout 2");
    }
}
