//! `spoolproof generate`: works out cases from the explored graph, and writes them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::signals::Signals;
use super::suite;
use super::{check, exit, library, output};
use crate::check::Bounds;
use crate::generate::{EXTRA_STATES, Goal, LeftOut, Part, Suite, Walking, carried, permitted_readings};
use crate::report::layout::{FAINT, STRONG, count};

/// Work out cases that cover what the rules allow within bounds, and write them as scenario files
///
/// The cases are scenarios like any other: `conform` runs them on a provider, and `replay` on the model. What cannot be
/// covered is listed with the reason, here in short, and in full in a file beside the cases.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof generate --goal transitions --out cases            every transition of small instances
  spoolproof generate --goal pairs --bounds mine.toml --out cases
  spoolproof generate --goal complete --extra-states 0 --bounds rivals --out cases
  spoolproof generate --goal requirements --seed 7 --walks 100 --out cases
  spoolproof conform cases --provider './my-adapter'            run them")]
pub(crate) struct Generate {
    /// What is to be covered
    #[arg(long, value_enum, required_unless_present = "walks")]
    goal: Option<GoalArg>,

    /// The bounds: the name of carried ones, or a file; may be given several times. Without it, carried ones that suit
    /// the goal
    #[arg(long, value_name = "BOUNDS")]
    bounds: Vec<PathBuf>,

    /// How many states a provider may have beyond those of the rules, for `--goal complete` to find every fault
    #[arg(long, value_name = "NUMBER", default_value_t = EXTRA_STATES)]
    extra_states: usize,

    /// Also take so many walks by chance through each of the bounds
    #[arg(long, value_name = "NUMBER")]
    walks: Option<u64>,

    /// What chance begins with: another seed, other walks
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "walks")]
    seed: u64,

    /// The folder for the cases; those for a goal have a folder of their own in it
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum GoalArg {
    /// Every call in every state, with every answer that a case can go on from
    Transitions,
    /// Every two of these that can follow each other
    Pairs,
    /// Every clause of every requirement, under the defaults and under each other reading where it leads elsewhere
    Requirements,
    /// Every fault of a provider that has few states more than the rules (HSI)
    Complete,
}

impl Generate {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let signals = Signals::listen()?;
        let catalogue = library::catalogue()?;
        let named = self
            .bounds
            .iter()
            .map(|name| name.to_str().and_then(carried).map_or_else(|| check::bounds(name), Ok))
            .collect::<Result<Vec<Bounds>, _>>()?;
        let goal = self.goal.map(|goal| match goal {
            GoalArg::Transitions => Goal::Transitions,
            GoalArg::Pairs => Goal::Pairs,
            GoalArg::Requirements => Goal::Requirements(permitted_readings(&catalogue)),
            GoalArg::Complete => Goal::Complete(self.extra_states),
        });
        let walks = self.walks.map(|walks| Goal::Walks(Walking { seed: self.seed, walks }));
        let mut written = 0;
        for goal in goal.into_iter().chain(walks) {
            vacant(&self.out.join(goal.name()))?;
            let bounds = if named.is_empty() { goal.usual_bounds() } else { named.clone() };
            let suite = suite::generate(&goal, &bounds, signals.asked())?;
            for case in suite.cases() {
                write(&self.out.join(format!("{}.toml", case.scenario.id)), &case.to_toml())?;
                written += 1;
            }
            let list = self.out.join(format!("{}-not-covered.txt", goal.name()));
            let (left_out, few) = (left_out(&suite), |out: &mut dyn Write| summary(&suite, out));
            output::print(few)?;
            if !left_out.is_empty() {
                write(&list, &in_full(&left_out))?;
                output::print(|out| in_short(&left_out, &list, out))?;
            }
        }
        if written == 0 && !signals.asked().load(Ordering::Relaxed) {
            return Err(Failure::nothing("there is nothing to cover within these bounds, so nothing was written"));
        }
        Ok(signals.exit_code(exit::CONFORMS))
    }
}

/// What is left out, by the reason and by the bounds; nothing stands for all of them.
type Lists<'a> = BTreeMap<LeftOut, Vec<(&'a str, &'a [String])>>;

fn left_out(suite: &Suite) -> Lists<'_> {
    let mut lists = Lists::new();
    let parts = suite.parts.iter().map(|part| (part.bounds.as_str(), &part.left_out));
    for (bounds, lists_of) in parts.chain([("", &suite.missed)]) {
        for (why, list) in lists_of {
            lists.entry(*why).or_default().push((bounds, list));
        }
    }
    lists
}

fn summary(suite: &Suite, out: &mut dyn Write) -> io::Result<()> {
    let (goal, counts) = (&suite.goal, suite.goal.counts());
    writeln!(
        out,
        "{STRONG}{:14}  {:>7}  {:>9}  {:>9}  {:>7}  {counts}{STRONG:#}",
        goal.name(),
        "cases",
        "calls",
        "at least",
        "ratio"
    )?;
    let wide = |bounds: &str, cases: usize, length: u64, bound: Option<u64>, goals: usize, out: &mut dyn Write| {
        let least = bound.map(|bound| bound.to_string()).unwrap_or_default();
        let ratio = bound.map(|bound| format!("{:.3}", length as f64 / bound.max(1) as f64)).unwrap_or_default();
        writeln!(out, "  {bounds:12}  {cases:>7}  {length:>9}  {least:>9}  {ratio:>7}  {goals}")
    };
    for part in &suite.parts {
        wide(&part.bounds, part.cases.len(), part.length(), part.bound, part.goals, out)?;
    }
    if suite.parts.len() > 1 {
        let sum = |of: fn(&Part) -> u64| suite.parts.iter().map(of).sum::<u64>();
        let bound = suite.parts.iter().map(|part| part.bound).sum::<Option<u64>>();
        let goals = suite.parts.iter().map(|part| part.goals).sum();
        wide("all", suite.cases().count(), sum(Part::length), bound, goals, out)?;
    }
    if !suite.not_done.is_empty() {
        writeln!(out, "  {STRONG}stopped at an interruption{STRONG:#}: {} not done", suite.not_done.join(", "))?;
    }
    writeln!(out)
}

fn in_short(lists: &Lists<'_>, file: &Path, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "not covered, and listed in {}:", file.display())?;
    for (why, lists) in lists {
        let sum: usize = lists.iter().map(|(_, list)| list.len()).sum();
        writeln!(out, "  {sum:>7}  {FAINT}{}{FAINT:#}", why.reason())?;
    }
    writeln!(out)
}

/// Every one of them; those that read the same are counted.
fn in_full(lists: &Lists<'_>) -> String {
    let mut text = String::new();
    for (why, lists) in lists {
        for (bounds, list) in lists {
            let place = if bounds.is_empty() { String::new() } else { format!(" in `{bounds}`") };
            text += &format!("{}{place}: {}\n", count(list.len() as u64, "goal"), why.reason());
            let mut times: BTreeMap<&str, usize> = BTreeMap::new();
            list.iter().for_each(|line| *times.entry(line).or_default() += 1);
            for (line, times) in times {
                let times = if times > 1 { format!(" ({times} states)") } else { String::new() };
                text += &format!("  {line}{times}\n");
            }
            text += "\n";
        }
    }
    text
}

/// Sees to it that no cases of an earlier run are taken for some of this one.
fn vacant(folder: &Path) -> Result<(), Failure> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => Err(Failure::usage(format_args!("there are files in {} already", folder.display()))
            .help("remove them, or name another folder with `--out`")),
        Ok(false) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(library::unreadable(folder, &error)),
    }
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    output::write_text(file, text)
        .map_err(|error| Failure::tool(format_args!("cannot write {}: {error}", file.display())))
}
