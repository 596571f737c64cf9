//! How fast the searches are, in one run and one after the other: ours, stateright's, and SPIN's on a twin in Promela.
//!
//! `cargo bench --bench explore [-- BOUNDS [ROUNDS]]`: BOUNDS names a bounds file, or bounds that the program carries. SPIN
//! is measured where the bounds are those that `benches/promela` has a twin of, which they are when none are named.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

use spoolproof::check::{Bounds, Engine, Plan, SHIPPED_BOUNDS, Visited, run};
use spoolproof::model::Rules;

/// The instance that has a twin, and what lets SPIN explore that.
const TWIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/promela/lifecycle.toml");
const SPIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/promela/run.sh");

/// How often each search is run where nobody says.
const ROUNDS: usize = 3;

/// One search, and what its runs came to.
struct Row {
    name: &'static str,
    search: Search,
    runs: Vec<Ran>,
}

enum Search {
    Ours(Plan),
    Spin(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug)]
struct Ran {
    states: u64,
    transitions: u64,
    seconds: f64,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // Cargo adds an option of its own.
    let mut args = env::args().skip(1).filter(|arg| arg != "--bench");
    let name = args.next().unwrap_or_else(|| TWIN.to_owned());
    let rounds = args.next().map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    let bounds = bounds(&name)?;
    let mut rows = ours();
    if name == TWIN {
        rows.extend(spin()?);
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{}: {}; the median of {rounds} rounds, in each of which every search runs once",
        bounds.name, bounds.title
    )?;
    for _ in 0..rounds {
        for row in &mut rows {
            row.runs.push(row.search.run(&bounds)?);
        }
    }
    table(&rows, &mut out)?;
    let counts = |ran: &Ran| (ran.states, ran.transitions);
    let mut all = rows.iter().flat_map(|row| &row.runs);
    let equal = all.next().is_none_or(|first| all.all(|ran| counts(ran) == counts(first)));
    if !equal {
        writeln!(out, "The counts differ: these are not the same searches.")?;
    }
    Ok(if equal { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn bounds(name: &str) -> Result<Bounds, Box<dyn Error>> {
    let text = match SHIPPED_BOUNDS.iter().find(|(shipped, _)| *shipped == name) {
        Some((_, text)) => (*text).to_owned(),
        None => fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?,
    };
    let title = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
    Bounds::parse(&title, &text).map_err(|problems| format!("{name}: {problems:#?}").into())
}

fn ours() -> Vec<Row> {
    let own = |threads, visited| Search::Ours(Plan { threads, visited, memory: u64::MAX, ..Plan::default() });
    let searches = [
        ("stateright, breadth first", Search::Ours(Plan { engine: Engine::Stateright, ..Plan::default() })),
        ("ours, 1 thread, fingerprints", own(1, Visited::Fingerprints)),
        ("ours, 2 threads, fingerprints", own(2, Visited::Fingerprints)),
        ("ours, 1 thread, exact", own(1, Visited::Exact)),
        ("ours, 2 threads, exact", own(2, Visited::Exact)),
    ];
    searches.into_iter().map(|(name, search)| Row { name, search, runs: Vec::new() }).collect()
}

/// SPIN's searches, or none where SPIN or a C compiler is missing: its twin says so, and how to install them.
fn spin() -> Result<Vec<Row>, Box<dyn Error>> {
    let searches = [("SPIN, depth first", &[][..]), ("SPIN, breadth first", &["breadth"][..])];
    let tried = Command::new("sh").arg(SPIN).args(["-DMESSAGES=1", "-DRECIPIENTS=1"]).output()?;
    io::stderr().write_all(&tried.stderr)?;
    match tried.status.code() {
        Some(0) => {
            let rows = searches.map(|(name, args)| Row { name, search: Search::Spin(args), runs: Vec::new() });
            Ok(rows.into())
        }
        Some(3) => Ok(Vec::new()),
        _ => Err(format!("{SPIN}: {}", tried.status).into()),
    }
}

impl Search {
    fn run(&self, bounds: &Bounds) -> Result<Ran, Box<dyn Error>> {
        match self {
            Self::Ours(plan) => {
                let outcome = run(bounds, &Rules::defaults(), plan, &mut |_| {});
                let seconds = outcome.elapsed.as_secs_f64();
                Ok(Ran { states: outcome.states, transitions: outcome.transitions, seconds })
            }
            Self::Spin(args) => {
                let ran = Command::new("sh").arg(SPIN).args(*args).output()?;
                let text = String::from_utf8_lossy(&ran.stdout);
                let told = |name| text.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
                let (Some(states), Some(transitions), Some(seconds)) =
                    (told("states"), told("transitions"), told("seconds"))
                else {
                    return Err(format!("{SPIN}: {}", String::from_utf8_lossy(&ran.stderr)).into());
                };
                Ok(Ran { states: states.parse()?, transitions: transitions.parse()?, seconds: seconds.parse()? })
            }
        }
    }
}

/// The middle one of the times of a row.
fn median(row: &Row) -> Option<f64> {
    let mut seconds: Vec<_> = row.runs.iter().map(|ran| ran.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

/// A row for each search: what it counted, how long it took, and how many times as fast as others it is.
fn table(rows: &[Row], out: &mut impl Write) -> io::Result<()> {
    let time_of = |start: &str| rows.iter().find(|row| row.name.starts_with(start)).and_then(median);
    let (stateright, spin) = (time_of("stateright"), time_of("SPIN"));
    writeln!(
        out,
        "{:<30} {:>11} {:>12} {:>9} {:>14} {:>13} {:>8}",
        "search", "states", "transitions", "seconds", "ns/transition", "x stateright", "x SPIN"
    )?;
    for row in rows {
        let (Some(ran), Some(seconds)) = (row.runs.first(), median(row)) else { continue };
        let times =
            |other: Option<f64>| other.map_or_else(|| "-".to_owned(), |other| format!("{:.1}", other / seconds));
        writeln!(
            out,
            "{:<30} {:>11} {:>12} {seconds:>9.3} {:>14.0} {:>13} {:>8}",
            row.name,
            ran.states,
            ran.transitions,
            seconds * 1e9 / ran.transitions as f64,
            times(stateright),
            times(spin),
        )?;
    }
    Ok(())
}
