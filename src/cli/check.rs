//! `spoolproof check`: explores the model within bounds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::Args;

use super::failure::{Failure, warn};
use super::plan::PlanArgs;
use super::progress::Progress;
use super::signals::Signals;
use super::{exit, library, output};
use crate::check::{self, Bounds, Detail, Engine, Outcome, Plan, SHIPPED_BOUNDS, Trace};
use crate::model::{AMBIGUITIES, ASSUMPTIONS, Assumption, Rules};
use crate::spec::{Catalogue, closest};

/// Explore what the rules allow, within bounds, and look for what breaks a property
///
/// What is found is a shortest way to it, as a scenario too. That nothing is found says nothing beyond the bounds.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof check                                  all bounds that the program carries
  spoolproof check tiny mine.toml --verbose         one of them, and a file
  spoolproof check tight --reading A1=Literal       what goes wrong under another reading
  spoolproof check liveness --unfair spooler        what need never happen if the spooler may rest
  spoolproof check huge.toml --memory 8GiB --time 5min")]
pub(crate) struct Check {
    /// The bounds: names of carried ones, or files; without one, all that are carried but the largest (`lifecycle`)
    #[arg(value_name = "BOUNDS")]
    bounds: Vec<PathBuf>,

    /// Read an ambiguity in this way and no other; may be given several times
    #[arg(long = "reading", value_name = "ID=READING")]
    readings: Vec<String>,

    /// Assume no more that these go on at last: leave an assumption out that the bounds make; may be given several times
    #[arg(long = "unfair", value_name = "ASSUMPTION")]
    unfair: Vec<String>,

    /// Where the scenarios of counterexamples go
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,

    /// Also list the properties that hold, and in how many states each was tested
    #[arg(long, short)]
    verbose: bool,

    #[command(flatten)]
    plan: PlanArgs,
}

impl Check {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let rules = rules(&self.readings, &library::catalogue()?)?;
        let unfair = unfair(&self.unfair)?;
        let mut plan = self.plan.plan()?;
        // stateright's search goes on whatever is asked, so that a signal has to end the program as it ends any other.
        let signals = (plan.engine == Engine::Own).then(Signals::listen).transpose()?;
        if let Some(signals) = &signals {
            plan.stop = Arc::clone(signals.asked());
        }
        let names: Vec<PathBuf> = if self.bounds.is_empty() {
            let names = SHIPPED_BOUNDS.iter().map(|(name, _)| *name);
            names.filter(|name| !Bounds::LARGE.contains(name)).map(PathBuf::from).collect()
        } else {
            self.bounds.clone()
        };
        let (mut readable, mut unreadable) = (Vec::new(), false);
        for name in names {
            match bounds(&name) {
                Ok(bounds) => readable.push(bounds),
                Err(failure) => {
                    failure.report();
                    unreadable = true;
                }
            }
        }
        distrust(&mut readable, &unfair)?;
        let (mut broken, mut inconclusive) = (false, false);
        let mut left: Vec<&str> = Vec::new();
        for bounds in &readable {
            if plan.stop.load(Ordering::Relaxed) {
                left.push(&bounds.name);
                continue;
            }
            let outcome = self.explore(bounds, &rules, &plan)?;
            broken |= outcome.failed();
            inconclusive |= outcome.inconclusive();
        }
        if !left.is_empty() {
            output::print(|out| writeln!(out, "not explored: {}", left.join(", ")))?;
        }
        let code = match (unreadable, broken, inconclusive) {
            (true, ..) => exit::UNREADABLE,
            (false, true, _) => exit::VIOLATION,
            (false, false, true) => exit::INCONCLUSIVE,
            (false, false, false) => exit::CONFORMS,
        };
        Ok(signals.map_or(code, |signals| signals.exit_code(code)))
    }

    fn explore(&self, bounds: &Bounds, rules: &Rules, plan: &Plan) -> Result<Outcome, Failure> {
        let progress = Progress::start(None, "states");
        progress.doing(&bounds.name);
        let outcome = check::run(bounds, rules, plan, &mut |states| progress.set(states));
        drop(progress);
        let detail = if self.verbose { Detail::Full } else { Detail::Brief };
        output::print(|out| check::render_text(bounds, &outcome, detail, &|trace| keep(trace, &self.out), out))?;
        Ok(outcome)
    }
}

/// Writes a counterexample as a scenario below `folder`, and says where.
pub(super) fn keep(trace: &Trace, folder: &Path) -> Option<String> {
    let file = folder.join(format!("{}.toml", trace.slug()));
    match output::write_text(&file, trace.scenario().to_toml()) {
        Ok(()) => Some(file.display().to_string()),
        Err(error) => {
            warn(format_args!("cannot write {}: {error}", file.display()));
            None
        }
    }
}

/// The assumptions of those names.
fn unfair(names: &[String]) -> Result<Vec<Assumption>, Failure> {
    let known = || ASSUMPTIONS.iter().map(|(name, _)| *name);
    let find = |name: &String| {
        let found = ASSUMPTIONS.iter().find(|(known, _)| known == name).map(|(_, assumption)| *assumption);
        found.ok_or_else(|| {
            let failure =
                Failure::usage(format_args!("no assumption is called `{name}`")).suggest(closest(name, known()));
            failure.help(format_args!("there are {}", known().collect::<Vec<_>>().join(", ")))
        })
    };
    names.iter().map(find).collect()
}

/// Leaves the assumptions out of all bounds that make them.
fn distrust(all: &mut [Bounds], unfair: &[Assumption]) -> Result<(), Failure> {
    for assumption in unfair {
        let mut found = false;
        for assumptions in all.iter_mut().filter_map(|bounds| bounds.fairness.as_mut()) {
            found |= assumptions.remove(assumption);
        }
        if !found {
            let name = assumption.name();
            return Err(Failure::usage(format_args!("nothing here assumes `{name}`"))
                .help("name each assumption once, and bounds with `fairness`, such as `liveness`"));
        }
    }
    Ok(())
}

/// The default readings, and over them those that the user chose.
pub(super) fn rules(readings: &[String], catalogue: &Catalogue) -> Result<Rules, Failure> {
    let mut rules = Rules::defaults();
    for text in readings {
        let Some((id, name)) = text.split_once('=') else {
            return Err(Failure::usage(format_args!("`{text}` is no reading")).help("write it as `A1=Literal`"));
        };
        let known = AMBIGUITIES.iter().find(|(_, known, _)| *known == id);
        let Some((_, _, names)) = known else {
            let ids = AMBIGUITIES.iter().map(|(_, id, _)| *id);
            let failure = match catalogue.ambiguity(id) {
                Some(_) => Failure::usage(format_args!("the model does not depend on how `{id}` is read")),
                None => Failure::usage(format_args!("no ambiguity is called `{id}`")).suggest(closest(id, ids.clone())),
            };
            return Err(failure.help(format_args!("it depends on {}", ids.collect::<Vec<_>>().join(", "))));
        };
        if !names.contains(&name) {
            return Err(Failure::usage(format_args!("the model knows no reading `{id}={name}`"))
                .suggest(closest(name, names.iter().copied()))
                .help(format_args!("`spoolproof explain {id}` shows its readings")));
        }
        rules.declare(id, name);
    }
    Ok(rules)
}

/// The carried bounds of that name, or those in that file.
pub(super) fn bounds(name: &Path) -> Result<Bounds, Failure> {
    let carried = SHIPPED_BOUNDS.iter().find(|(carried, _)| Path::new(carried) == name);
    let names = SHIPPED_BOUNDS.iter().map(|(name, _)| *name);
    let file = name.to_string_lossy();
    let source = match carried {
        Some((_, source)) => (*source).to_owned(),
        None => library::read_named(name, "bounds are a file", names)?,
    };
    let title = name.file_stem().unwrap_or(name.as_os_str()).to_string_lossy();
    Bounds::parse(&title, &source).map_err(|problems| Failure::in_file(&file, &source, &problems))
}
