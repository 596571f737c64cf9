//! `spoolproof adequacy`: the suite judged by what it catches.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use clap::Args;
use globset::Glob;

use super::cases::Cases;
use super::failure::{Failure, warn};
use super::progress::Progress;
use super::reference::Part;
use super::signals::Signals;
use super::{exit, library, output};
use crate::conformance::adequacy::{Fate, Mutant, Suites, Survey, Task, Witness};
use crate::report::adequacy::{self, Adequacy as Report, Detail};
use crate::scenario::{Scenario, SpoolerScenario};
use crate::spec::{Catalogue, closest};

/// Judge the suite: run it on every provider that is broken on purpose, and on stores that do nothing
///
/// Each fault of the reference providers must be reported under the requirements that it breaks. One that is not is
/// driven beside the right store, breadth first: either nobody can tell the two apart within the bounds, which are
/// printed, or the suite has a gap, and the shortest calls that show it are printed and kept as a scenario. Every
/// requirement that a suite decides must have a fault that is reported under it, and every trivial store must fail at
/// least 90 % of the MUSTs in its run.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof adequacy
  spoolproof adequacy --verbose --json adequacy.json
  spoolproof adequacy --fault 'sleeper-*' --fault abort-refused
  spoolproof adequacy --suite my-cases        is this suite as good as the carried one?
  spoolproof adequacy --markdown docs/adequacy.md

Exit codes:
  0  every mutant is killed, or equivalent within bounds, and nothing else is missing
  1  there is a gap: a mutant that is not killed, a requirement without one, a trivial store that is let through
  2  the command line is wrong, or a file cannot be read or written
  3  a provider failed
  4  nothing was chosen
  130, 143  stopped by a signal; the table has what was run until then")]
pub(crate) struct Adequacy {
    /// Only these faults: a name or a glob, such as 'sleeper-*'; without one, all faults and the trivial stores
    #[arg(long = "fault", value_name = "PATTERN")]
    patterns: Vec<String>,

    /// Only the faults of this part
    #[arg(long, value_enum)]
    role: Option<Part>,

    /// Another suite for stores: scenario files, or folders of them
    #[arg(long = "suite", value_name = "PATH")]
    stores: Vec<PathBuf>,

    /// Another suite for spoolers
    #[arg(long = "spooler-suite", value_name = "PATH")]
    spoolers: Vec<PathBuf>,

    /// How many pairs of states are looked into, for each survivor and each instance; the smallest has 3187 with no fault in
    #[arg(long, value_name = "NUMBER", default_value = "4000")]
    states: NonZeroUsize,

    /// How many runs at a time; without it, one for each processor
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,

    /// Print every mutant and every requirement
    #[arg(long, short)]
    verbose: bool,

    /// Write the whole table as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write the whole table as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// Where the scenarios of gaps go
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,
}

impl Adequacy {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let signals = Signals::listen()?;
        let catalogue = library::catalogue()?;
        let mutants = self.mutants()?;
        let (stores, spoolers) = self.suites(&catalogue)?;
        let task = Task {
            mutants,
            whole: self.patterns.is_empty() && self.role.is_none(),
            states: self.states.get(),
            threads: self.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get),
            stop: Arc::clone(signals.asked()),
        };
        for file in [&self.json, &self.markdown].into_iter().flatten() {
            output::writable(file)?;
        }
        let progress = Progress::start(Some(Survey::runs(&task) as u64), "providers");
        let suites = Suites { stores: &stores, spoolers: &spoolers };
        let survey =
            Survey::run(&catalogue, suites, &task, &|done| progress.set(done as u64)).map_err(Failure::tool)?;
        drop(progress);
        let report = Report::new(&survey);
        let page = self.markdown.as_ref().filter(|_| survey.not_run == 0);
        if let Some(file) = self.markdown.as_ref().filter(|_| page.is_none()) {
            warn(format_args!("{} is not written: it would lack what was not run", file.display()));
        }
        for (file, render) in [(self.json.as_ref(), adequacy::json as Render), (page, adequacy::markdown)] {
            if let Some(file) = file {
                let mut text = Vec::new();
                let written = render(&report, &mut text).and_then(|()| fs::write(file, text));
                written.map_err(|error| Failure::usage(format_args!("cannot write {}: {error}", file.display())))?;
            }
        }
        let detail = if self.verbose { Detail::Verbose } else { Detail::Compact };
        output::print(|out| adequacy::render(&report, detail, out))?;
        self.keep(&survey);
        Ok(signals.exit_code(if survey.is_adequate() { exit::CONFORMS } else { exit::VIOLATION }))
    }

    /// The mutants that were asked for.
    fn mutants(&self) -> Result<Vec<Mutant>, Failure> {
        let of_part: Vec<Mutant> =
            Mutant::all().filter(|mutant| self.role.is_none_or(|part| part.of_wire() == mutant.role)).collect();
        let mut wanted = vec![self.patterns.is_empty(); of_part.len()];
        for pattern in &self.patterns {
            let glob = Glob::new(pattern)
                .map_err(|error| Failure::usage(format_args!("`{pattern}` is no pattern: {}", error.kind())))?
                .compile_matcher();
            let meant: Vec<bool> = of_part.iter().map(|mutant| glob.is_match(mutant.name())).collect();
            if !meant.contains(&true) {
                return Err(Failure::nothing(format_args!("no fault matches `{pattern}`, so nothing was run"))
                    .suggest(closest(pattern, of_part.iter().map(Mutant::name)))
                    .help(
                        "`spoolproof reference --list-faults` shows them, and `--role spooler` those of the spooler",
                    ));
            }
            wanted.iter_mut().zip(meant).for_each(|(wanted, meant)| *wanted |= meant);
        }
        Ok(of_part.into_iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(mutant, _)| mutant).collect())
    }

    fn suites(&self, catalogue: &Catalogue) -> Result<(Vec<Scenario>, Vec<SpoolerScenario>), Failure> {
        let stores = Cases::whole(self.stores.clone()).choose(catalogue)?;
        let spoolers = Cases::whole(self.spoolers.clone()).choose_for_spoolers(catalogue)?;
        if stores.unreadable || spoolers.unreadable {
            return Err(Failure::usage("a part of a suite says nothing of the whole of it")
                .help("mend the files above, or leave them out"));
        }
        Ok((stores.scenarios, spoolers.scenarios))
    }

    /// Writes the scenario of every gap, and says where.
    fn keep(&self, survey: &Survey) {
        for outcome in survey.gaps() {
            let Fate::Gap(witness) = &outcome.fate else { continue };
            let Some(text) = witness.to_toml() else { continue };
            let file = self.out.join(format!("gap.{}.toml", outcome.judged.mutant.name()));
            match output::write_text(&file, &text) {
                Ok(()) => warn(format_args!(
                    "{} shows the gap: spoolproof conform {}{} --fault {}",
                    file.display(),
                    if matches!(witness, Witness::Spooler(_)) { "--role spooler " } else { "" },
                    file.display(),
                    outcome.judged.mutant.name()
                )),
                Err(error) => warn(format_args!("cannot write {}: {error}", file.display())),
            }
        }
    }
}

type Render = fn(&Report, &mut dyn std::io::Write) -> std::io::Result<()>;
