//! What a survey of broken and trivial providers came to: for people, for the docs, for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use spoolproof_sdk::wire::Role;

use super::layout::{FAINT, STRONG, count, fill};
use crate::conformance::adequacy::{
    Explored, Fate, Outcome, Proof, SHARE, Score, Survey, UNBREAKABLE, Witness, hundredths,
};

/// The survey, as it is written.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Adequacy {
    /// Every mutant, those of the store first.
    pub mutants: Vec<MutantRow>,
    /// Every requirement that the suites look at, with the mutants that are reported under it.
    pub requirements: BTreeMap<String, Vec<String>>,
    /// The trivial stores.
    pub trivial: Vec<TrivialRow>,
    /// Requirements that the suites look at, that could be broken, and that no mutant is reported under.
    pub without_killer: Vec<String>,
    /// How many mutants and trivial stores were not run, as the survey was interrupted.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_run: usize,
    /// Whether everything was run, and nothing is left to be desired.
    pub adequate: bool,
}

/// A mutant.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct MutantRow {
    /// `store` or `spooler`.
    pub role: String,
    /// The name of its fault.
    pub name: String,
    /// What it does wrong.
    pub what: String,
    /// Whether it shows only after a particular history.
    pub sleeper: bool,
    /// The requirements that it breaks.
    pub breaks: Vec<String>,
    /// Those of them under which no case reports it.
    pub not_reported: Vec<String>,
    /// `killed`, `equivalent` or `gap`.
    pub fate: String,
    /// The first case that kills it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// How many cases kill it.
    pub cases: usize,
    /// Under which requirements it is reported, and in how many cases.
    pub reported: BTreeMap<String, usize>,
    /// What was explored without a difference, or what shows one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proof: Vec<String>,
}

/// A trivial store.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct TrivialRow {
    /// Its name.
    pub name: String,
    /// The MUSTs that its run looked at.
    pub exercised: usize,
    /// Those that it has a violation of.
    pub failed: usize,
    /// The share of these, in hundredths, rounded down.
    pub share: usize,
    /// Those that it keeps.
    pub kept: Vec<String>,
    /// The MUSTs that the right store's run looks at.
    pub of_right: usize,
    /// Those of them that it does not pass.
    pub not_passed: usize,
    /// The share of these, in hundredths, rounded down.
    pub share_of_right: usize,
}

impl Adequacy {
    /// The rows of a survey.
    #[must_use]
    pub fn new(survey: &Survey) -> Self {
        let names = |names: &Vec<&'static str>| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            mutants: survey.outcomes.iter().map(MutantRow::new).collect(),
            requirements: survey.requirements.iter().map(|(id, mutants)| (id.clone(), names(mutants))).collect(),
            trivial: survey.scores.iter().map(TrivialRow::new).collect(),
            without_killer: survey.without_killer().map(str::to_owned).collect(),
            not_run: survey.not_run,
            adequate: survey.is_adequate(),
        }
    }

    fn of_fate(&self, fate: &str) -> impl Iterator<Item = &MutantRow> {
        self.mutants.iter().filter(move |row| row.fate == fate)
    }

    /// Killed of those that can be told from the right provider.
    fn killed(&self) -> (usize, usize) {
        (self.of_fate("killed").count(), self.mutants.len() - self.of_fate("equivalent").count())
    }

    /// How many requirements have a mutant that is reported under them.
    fn with_killer(&self) -> usize {
        self.requirements.values().filter(|mutants| !mutants.is_empty()).count()
    }

    fn totals(&self) -> String {
        let (killed, told) = self.killed();
        let equivalent = self.mutants.len() - told;
        let share = hundredths(killed, told);
        format!(
            "{killed} of {told} mutants killed ({share} %), {equivalent} more that nobody can tell from the right provider"
        )
    }
}

/// What serde asks whether to leave a number out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl MutantRow {
    fn new(outcome: &Outcome) -> Self {
        let Outcome { judged, fate } = outcome;
        let fault = judged.mutant.fault;
        let owned = |id: &&'static str| (*id).to_owned();
        let (fate, proof) = match fate {
            Fate::Killed => ("killed", Vec::new()),
            Fate::Equivalent(explored) => ("equivalent", explored.iter().map(proof).collect()),
            Fate::Gap(Witness::Store(scenario)) => ("gap", scenario.steps.iter().map(ToString::to_string).collect()),
            Fate::Gap(Witness::Spooler(world)) => ("gap", world.to_toml().lines().map(str::to_owned).collect()),
            Fate::Gap(Witness::Carried(case)) => ("gap", vec![format!("the case {case} already shows a difference")]),
        };
        Self {
            role: role(judged.mutant.role).to_owned(),
            name: fault.name.to_owned(),
            what: fault.what.to_owned(),
            sleeper: fault.sleeper,
            breaks: fault.breaks.iter().map(owned).collect(),
            not_reported: fault.breaks.iter().filter(|id| !judged.reported.contains_key(**id)).map(owned).collect(),
            fate: fate.to_owned(),
            first: judged.killers.first().cloned(),
            cases: judged.killers.len(),
            reported: judged.reported.clone(),
            proof,
        }
    }
}

impl TrivialRow {
    fn new(score: &Score) -> Self {
        let (share, share_of_right) = (score.share(), score.share_of_right());
        let Score { name, exercised, failed, kept, of_right, not_passed } = score.clone();
        Self { name, exercised, failed, share, kept, of_right, not_passed, share_of_right }
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Store => "store",
        Role::Spooler => "spooler",
    }
}

fn proof(proof: &Proof) -> String {
    let (bounds, explored) = match proof {
        Proof::Product(bounds, explored) => (bounds, explored),
        Proof::Worlds(tried) => return format!("no difference in the smallest {tried} worlds of a spooler"),
    };
    match explored {
        Explored::Closed { states, depth } => {
            format!("{bounds}: no difference in any of {states} pairs of states, the furthest {depth} calls away")
        }
        Explored::Reached { states, depth } => {
            format!("{bounds}: no difference in {states} pairs of states, all that fewer than {depth} calls lead to")
        }
        Explored::Differ { steps, .. } => format!("{bounds}: a difference after {} calls", steps.len()),
    }
}

/// How much is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Detail {
    /// Totals, and what is left to be desired.
    Compact,
    /// Every requirement and every mutant too.
    Verbose,
}

/// Writes it for people.
///
/// # Errors
///
/// When `out` fails.
pub fn render(adequacy: &Adequacy, detail: Detail, out: &mut dyn Write) -> io::Result<()> {
    if detail == Detail::Verbose {
        let wide = adequacy.mutants.iter().map(|row| row.name.len()).max().unwrap_or_default();
        for row in adequacy.of_fate("killed") {
            let first = row.first.as_deref().unwrap_or_default();
            writeln!(
                out,
                "  {:wide$}  {}  {FAINT}{first}, {} in all{FAINT:#}",
                row.name,
                row.breaks.join(", "),
                row.cases
            )?;
        }
        writeln!(out)?;
        for (id, mutants) in adequacy.requirements.iter().filter(|(_, mutants)| !mutants.is_empty()) {
            for (at, line) in fill(mutants, ", ", 100).into_iter().enumerate() {
                writeln!(out, "  {:8}  {FAINT}{line}{FAINT:#}", if at == 0 { id } else { "" })?;
            }
        }
        writeln!(out)?;
    }
    for row in adequacy.of_fate("gap") {
        writeln!(out, "{STRONG}not killed: {}{STRONG:#} ({}): {}", row.name, row.breaks.join(", "), row.what)?;
        row.proof.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
        if !row.reported.is_empty() {
            let others: Vec<&str> = row.reported.keys().map(String::as_str).collect();
            writeln!(out, "  reported under other requirements: {}", others.join(", "))?;
        }
    }
    for row in adequacy.of_fate("equivalent") {
        writeln!(out, "{STRONG}equivalent within bounds: {}{STRONG:#}: {}", row.name, row.what)?;
        row.proof.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    for row in adequacy.of_fate("killed").filter(|row| !row.not_reported.is_empty()) {
        let ids = row.not_reported.join(", ");
        writeln!(out, "{STRONG}killed, but not under {ids}{STRONG:#}: {}", row.name)?;
    }
    if !adequacy.without_killer.is_empty() {
        writeln!(out, "{STRONG}no mutant is reported under{STRONG:#}")?;
        for line in fill(&adequacy.without_killer, " ", 100) {
            writeln!(out, "  {line}")?;
        }
    }
    for line in trivial(&adequacy.trivial) {
        let TrivialLine { name, share, of_right, kept, .. } = line;
        let low = if share.0 < SHARE { "  too little" } else { "" };
        writeln!(
            out,
            "trivial store {name:7}  fails {} % of the MUSTs in its run, does not pass {} % of the right store's{low}",
            span(share),
            span(of_right)
        )?;
        if detail == Detail::Verbose {
            let kept = kept.into_iter().collect::<Vec<_>>().join(", ");
            writeln!(out, "  {FAINT}keeps {kept}{FAINT:#}")?;
        }
    }
    let with = adequacy.with_killer();
    let of = count(adequacy.requirements.len() as u64, "requirement");
    if adequacy.not_run > 0 {
        let not_run = count(adequacy.not_run as u64, "provider");
        writeln!(out, "{STRONG}stopped at an interruption: {not_run} not run{STRONG:#}")?;
        if adequacy.mutants.is_empty() {
            return Ok(());
        }
    }
    match adequacy.trivial.is_empty() || adequacy.not_run > 0 {
        true => writeln!(out, "{STRONG}{}{STRONG:#}", adequacy.totals()),
        false => writeln!(out, "{STRONG}{}{STRONG:#}; {with} of {of} have a killer", adequacy.totals()),
    }
}

/// The runs of a trivial store, as one line: the least and the most of them.
struct TrivialLine {
    name: String,
    runs: usize,
    failed: (usize, usize),
    exercised: (usize, usize),
    share: (usize, usize),
    of_right: (usize, usize),
    kept: BTreeSet<String>,
}

/// One line for each name; the seeds of one share it.
fn trivial(rows: &[TrivialRow]) -> Vec<TrivialLine> {
    let name = |row: &TrivialRow| row.name.split(':').next().unwrap_or_default().to_owned();
    let line = |rows: &[TrivialRow]| {
        let span = |of: &dyn Fn(&TrivialRow) -> usize| {
            let (least, most) = (rows.iter().map(of).min(), rows.iter().map(of).max());
            (least.unwrap_or_default(), most.unwrap_or_default())
        };
        TrivialLine {
            name: name(&rows[0]),
            runs: rows.len(),
            failed: span(&|row| row.failed),
            exercised: span(&|row| row.exercised),
            share: span(&|row| row.share),
            of_right: span(&|row| row.share_of_right),
            kept: rows.iter().flat_map(|row| row.kept.iter().cloned()).collect(),
        }
    };
    rows.chunk_by(|one, other| name(one) == name(other)).map(line).collect()
}

fn span((least, most): (usize, usize)) -> String {
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}

/// Writes it as the page that is kept in the repository.
///
/// # Errors
///
/// When `out` fails.
pub fn markdown(adequacy: &Adequacy, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}")?;
    let kinds = ["store", "spooler"].map(|role| {
        let of = |row: &&MutantRow| row.role == role;
        let all: Vec<&MutantRow> = adequacy.mutants.iter().filter(of).collect();
        let fate = |fate: &str| all.iter().filter(|row| row.fate == fate).count();
        let sleepers = all.iter().filter(|row| row.sleeper).count();
        let (killed, equivalent, gaps) = (fate("killed"), fate("equivalent"), fate("gap"));
        format!("| {role} | {} | {sleepers} | {killed} | {equivalent} | {gaps} |", all.len())
    });
    writeln!(out, "| provider | mutants | sleepers among them | killed | equivalent within bounds | gaps |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: |\n{}\n", kinds.join("\n"))?;
    let (with, all) = (adequacy.with_killer(), adequacy.requirements.len());
    writeln!(
        out,
        "{}. {with} of {all} requirements that the suites look at have a mutant that is reported under them.\n",
        adequacy.totals()
    )?;
    if !adequacy.without_killer.is_empty() {
        writeln!(out, "Without one: {}.\n", adequacy.without_killer.join(", "))?;
    }
    writeln!(out, "{TRIVIAL}")?;
    for line in trivial(&adequacy.trivial) {
        let name = if line.runs > 1 { format!("{}, {} seeds", line.name, line.runs) } else { line.name };
        let kept = line.kept.into_iter().collect::<Vec<_>>().join(", ");
        let (failed, exercised) = (span(line.failed), span(line.exercised));
        let (share, of_right) = (span(line.share), span(line.of_right));
        writeln!(out, "| {name} | {failed} of {exercised} | {share} % | {of_right} % | {kept} |")?;
    }
    writeln!(out, "\n## Requirements\n\n| requirement | mutants that are reported under it |\n| --- | --- |")?;
    for (id, mutants) in &adequacy.requirements {
        let why = UNBREAKABLE.iter().find(|(other, _)| other == id && mutants.is_empty());
        let none = why.map(|(_, why)| format!("none can be: {why}"));
        writeln!(out, "| {id} | {} |", none.unwrap_or_else(|| mutants.join(", ")))?;
    }
    for role in ["store", "spooler"] {
        writeln!(out, "\n## Mutants of the {role}\n")?;
        writeln!(
            out,
            "| mutant | the {role} … | breaks | first case that kills it | cases |\n| --- | --- | --- | --- | ---: |"
        )?;
        for row in adequacy.mutants.iter().filter(|row| row.role == role) {
            writeln!(out, "{}", mutant_line(row))?;
        }
    }
    let proved: Vec<&MutantRow> = adequacy.of_fate("equivalent").collect();
    if !proved.is_empty() {
        writeln!(out, "\n## What nobody can tell from the right provider\n")?;
        for row in proved {
            writeln!(out, "- {}: {}", row.name, row.proof.join("; "))?;
        }
    }
    Ok(())
}

/// The line of a mutant in the table.
#[must_use]
pub fn mutant_line(row: &MutantRow) -> String {
    let first = row.first.as_deref().unwrap_or(&row.fate);
    format!("| {} | {} | {} | {first} | {} |", row.name, row.what, row.breaks.join(", "), row.cases)
}

/// Writes it for programs.
///
/// # Errors
///
/// When `out` fails.
pub fn json(adequacy: &Adequacy, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, adequacy)?;
    writeln!(out)
}

const HEAD: &str = "\
# Adequacy

Written by `spoolproof adequacy --markdown docs/adequacy.md`, and compared with a fresh run by the tests; not edited by hand.

Every fault of the reference providers (`spoolproof reference --list-faults`) is put in, one at a time, and the carried suite is run.
A mutant is *killed* when a case reports it, as a violation or a deviation, under one of the requirements that it breaks. One that is
not killed is driven beside the right provider through the same calls, breadth first. If the two differ, that is a *gap*; if they do
not, it is *equivalent within bounds*, which are then given.
";

const TRIVIAL: &str = "\
## Stores that do nothing

Each serves the whole protocol, composes messages, and shows what it has; `spoolproof reference --trivial NAME` serves one. The figures
count the MUSTs of a store. A MUST is *exercised* in a run when what it presupposes came about there and it was looked at, or when it
was violated; it is *failed* when a violation was found under its id. The harder figure takes the MUSTs that are exercised on the right
store, and counts those that this store does not pass: violated, or never come to. Shares are rounded down.

| store | failed of exercised | share | not passed of the right store's | truly keeps |
| --- | --- | --- | --- | --- |";
