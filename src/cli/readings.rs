//! `spoolproof readings`: the register of ambiguities, and what goes wrong under each reading.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::progress::Progress;
use super::signals::Signals;
use super::{check, exit, library, output};
use crate::check::{Bounds, Course, Learned, ReadingOutcome, Survey, Trace, small_bounds};
use crate::report::layout::{FAINT, STRONG, columns, count, wrap};
use crate::spec::{Ambiguity, Catalogue, Reading, Stance, closest};

/// Show what each reading of the contradictory pages leads to: which properties hold, and which fail, and how
///
/// One reading at a time takes the default's place, and small instances are explored with it. That nothing fails says
/// nothing beyond them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof readings                    the whole register
  spoolproof readings A1 C2              two of its questions
  spoolproof readings A1=Literal         one reading: what happens, step by step")]
pub(crate) struct Readings {
    /// Only these: an ambiguity, or one reading of it, whose counterexamples are then shown and kept
    #[arg(value_name = "ID[=READING]")]
    readings: Vec<String>,

    /// The instances to explore, names of carried ones or files; without one, all that are carried and small
    #[arg(long = "bounds", value_name = "BOUNDS")]
    bounds: Vec<PathBuf>,

    /// Where the scenarios of counterexamples go
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,
}

/// A row of the table: an ambiguity, one of its readings, whether it was asked for by name, and what came of it.
struct Row<'c> {
    ambiguity: &'c Ambiguity,
    reading: &'c Reading,
    by_name: bool,
    learned: Learned,
}

impl Readings {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let signals = Signals::listen()?;
        let catalogue = library::catalogue()?;
        let mut rows = self.select(&catalogue)?;
        let bounds = self.bounds.iter().map(|name| check::bounds(name)).collect::<Result<Vec<Bounds>, _>>()?;
        let bounds = if bounds.is_empty() { small_bounds() } else { bounds };
        let survey = Survey::new(bounds, Arc::clone(signals.asked()));
        let pairs: Vec<_> = rows.iter().map(|row| (row.ambiguity.id.as_str(), row.reading.name.as_str())).collect();
        let progress = Progress::start(Some(pairs.len() as u64), "readings");
        let learned = survey.explore_all(&pairs, &|done| progress.set(done));
        drop(progress);
        rows.iter_mut().zip(learned).for_each(|(row, learned)| row.learned = learned);
        let names: Vec<&str> = survey.bounds().iter().map(|bounds| bounds.name.as_str()).collect();
        output::print(|out| self.table(&rows, &names.join(", "), out))?;
        let surprises = rows.iter().any(|row| row.reading.stance == Stance::Permitted && row.fails());
        Ok(signals.exit_code(if surprises { exit::VIOLATION } else { exit::CONFORMS }))
    }

    /// The readings that were asked for, in the order of the register.
    fn select<'c>(&self, catalogue: &'c Catalogue) -> Result<Vec<Row<'c>>, Failure> {
        let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for text in &self.readings {
            let (id, name) = text.split_once('=').map_or((text.as_str(), None), |(id, name)| (id, Some(name)));
            let ids = catalogue.ambiguities().iter().map(|row| row.id.as_str());
            let Some(row) = catalogue.ambiguity(id) else {
                return Err(Failure::usage(format_args!("no ambiguity is called `{id}`")).suggest(closest(id, ids)));
            };
            let names = row.readings.iter().map(|reading| reading.name.as_str());
            if let Some(name) = name.filter(|name| row.reading(name).is_none()) {
                return Err(Failure::usage(format_args!("`{id}` has no reading `{name}`"))
                    .suggest(closest(name, names))
                    .help(format_args!("`spoolproof explain {id}` shows its readings")));
            }
            wanted.entry(id).or_default().extend(name);
        }
        let mut rows = Vec::new();
        for ambiguity in catalogue.ambiguities() {
            let names = wanted.get(ambiguity.id.as_str());
            if names.is_none() && !wanted.is_empty() {
                continue;
            }
            let by_name = names.is_some_and(|names| !names.is_empty());
            let readings = ambiguity.readings.iter();
            let asked = readings.filter(|it| !by_name || names.is_some_and(|names| names.contains(&it.name.as_str())));
            rows.extend(asked.map(|reading| Row { ambiguity, reading, by_name, learned: Learned::NoSwitch }));
        }
        Ok(rows)
    }

    fn table(&self, rows: &[Row<'_>], bounds: &str, out: &mut dyn Write) -> io::Result<()> {
        let wide = rows.iter().map(|row| columns(&row.reading.name)).max().unwrap_or_default();
        let mut last = None;
        for group in rows.chunk_by(|one, other| one.ambiguity.id == other.ambiguity.id) {
            for row in group {
                if last != Some(&row.ambiguity.id) {
                    writeln!(out, "{STRONG}{:<4}{STRONG:#}{}", row.ambiguity.id, row.ambiguity.title)?;
                    last = Some(&row.ambiguity.id);
                }
                row.line(wide, out)?;
                if row.by_name {
                    self.details(row, out)?;
                }
            }
            // A reading without a switch leaves a question, which the register answers.
            if let Some(why) = group[0].ambiguity.why.as_deref().filter(|_| group.iter().any(Row::has_no_switch)) {
                for line in wrap(why, WIDTH - 4) {
                    writeln!(out, "    {FAINT}{line}{FAINT:#}")?;
                }
            }
        }
        writeln!(out)?;
        let left = rows.iter().filter(|row| matches!(row.learned, Learned::NotExplored)).count();
        if left > 0 {
            let all = rows.iter().filter(|row| !row.has_no_switch()).count();
            writeln!(out, "{STRONG}stopped at an interruption{STRONG:#}: {left} of {all} readings are not explored")?;
        }
        writeln!(out, "Explored under each reading: {bounds}. Nothing is said beyond these bounds.")?;
        let of =
            |stance: Stance| rows.iter().filter(move |row| row.reading.stance == stance && row.outcome().is_some());
        for stance in [Stance::Permitted, Stance::Declared, Stance::Rejected] {
            let (all, fail) = (of(stance).count(), of(stance).filter(|row| row.fails()).count());
            if all > 0 {
                writeln!(out, "{stance}: of {all} with a switch, {fail} break a property")?;
            }
        }
        Ok(())
    }

    /// Every counterexample of a reading, step by step, and where it was kept as a scenario.
    fn details(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let folder = self.out.join(format!("{}-{}", row.ambiguity.id, row.reading.name));
        for (bounds, trace) in row.outcome().into_iter().flat_map(|outcome| &outcome.fails) {
            let file = check::keep(trace, &folder).map(|file| format!("   → {file}")).unwrap_or_default();
            writeln!(out)?;
            writeln!(out, "    {STRONG}{}{STRONG:#} fails on {bounds}{file}", trace.property.name)?;
            for line in trace.to_string().lines() {
                writeln!(out, "    {line}")?;
            }
        }
        for (bounds, course) in row.outcome().into_iter().flat_map(|outcome| &outcome.courses) {
            writeln!(out)?;
            writeln!(out, "    {STRONG}{}{STRONG:#} fails on {bounds} for {}", course.obligation.name, course.subject)?;
            for line in course.to_string().lines() {
                writeln!(out, "    {line}")?;
            }
        }
        Ok(())
    }
}

impl Row<'_> {
    fn outcome(&self) -> Option<&ReadingOutcome> {
        match &self.learned {
            Learned::Explored(outcome) => Some(outcome),
            Learned::NoSwitch | Learned::NotExplored => None,
        }
    }

    fn has_no_switch(&self) -> bool {
        matches!(self.learned, Learned::NoSwitch)
    }

    fn fails(&self) -> bool {
        self.outcome().is_some_and(|outcome| !outcome.fails.is_empty())
    }

    fn line(&self, wide: usize, out: &mut dyn Write) -> io::Result<()> {
        let is_default = self.reading.name == self.ambiguity.default;
        let stance = if is_default { "default".to_owned() } else { self.reading.stance.to_string() };
        let (mark, told) = match &self.learned {
            Learned::NoSwitch => ('–', vec!["no switch".to_owned()]),
            Learned::NotExplored => ('?', vec!["not explored".to_owned()]),
            Learned::Explored(outcome) if outcome.fails.is_empty() && outcome.courses.is_empty() => {
                let held = if is_default || outcome.differs { "every property holds" } else { "as the default here" };
                (if outcome.differs || is_default { '✓' } else { '·' }, vec![held.to_owned()])
            }
            Learned::Explored(outcome) => {
                let soon = outcome.fails.iter().map(|(bounds, trace)| failed(bounds, trace));
                let at_last = outcome.courses.iter().map(|(bounds, course)| never(bounds, course));
                ('✗', soon.chain(at_last).collect())
            }
        };
        let soonest = self.outcome().into_iter().find_map(|outcome| outcome.fails.first());
        let soonest = soonest.map(|(_, trace)| format!("{FAINT}soonest: {}{FAINT:#}", trace.outline()));
        let idle = self
            .outcome()
            .into_iter()
            .flat_map(|outcome| &outcome.idle)
            .map(|(bounds, name)| format!("{name}: no occasion on {bounds}"));
        let name = &self.reading.name;
        for (at, text) in told.into_iter().chain(soonest).chain(idle).enumerate() {
            match at {
                0 => writeln!(out, "  {mark} {name:wide$}  {stance:<9}  {text}")?,
                _ => writeln!(out, "    {:wide$}  {:<9}  {text}", "", "")?,
            }
        }
        Ok(())
    }
}

fn failed(bounds: &str, trace: &Trace) -> String {
    format!("{}: {} on {bounds}", trace.property.name, count(trace.steps.len() as u64, "step"))
}

fn never(bounds: &str, course: &Course) -> String {
    let stem = count(course.stem.len() as u64, "step");
    let then = match course.cycle.len() {
        0 => "then nothing more".to_owned(),
        cycle => format!("then {} for ever", count(cycle as u64, "step")),
    };
    format!("{}: {stem}, {then}, on {bounds}", course.obligation.name)
}

const WIDTH: usize = 100;
