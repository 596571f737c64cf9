//! What the walks came to, for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::kind::Actor;
use super::{Failed, Seen, Simulation};
use crate::check::bounds::Bounds;
use crate::check::render::{self, Detail, grouped};
use crate::check::witness::Trace;

/// Writes what was seen on walks through `bounds`; `file` names the scenario that a failure was saved to, if it was, and
/// `again` is the command that repeats the walks.
///
/// # Errors
///
/// Those of `out`.
pub fn render_simulation(
    bounds: &Bounds,
    simulation: &Simulation,
    detail: Detail,
    again: &str,
    file: &dyn Fn(&Trace) -> Option<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Simulation { seed, steps, interrupted, walks, states, digest, .. } = simulation;
    writeln!(out, "{:<11} {}", bounds.name, bounds.title)?;
    let (steps, walks, states) = (grouped(*steps), grouped(*walks), grouped(*states));
    let (stopped, of) = match interrupted {
        Some(all) => ("stopped at an interruption: ", format!(" of {}", grouped(*all))),
        None => ("", String::new()),
    };
    writeln!(
        out,
        "  seed {seed}   {stopped}{steps}{of} steps on {walks} walks   {states} states   twice the same: {digest:016x}"
    )?;
    for seen in &simulation.seen {
        if let Some(failed) = &seen.failed {
            write_failed(seen, failed, again, file, out)?;
        }
    }
    write_properties(simulation, detail, out)?;
    write_kinds(simulation, detail, out)
}

fn write_failed(
    seen: &Seen,
    failed: &Failed,
    again: &str,
    file: &dyn Fn(&Trace) -> Option<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Failed { trace, walk, steps, shortest } = failed;
    write!(out, "  ✗ {}   {}   fails ", seen.property.name, seen.property.ids.join(", "))?;
    render::failed(trace, file(trace), out)?;
    let known = if *shortest { "no way is shorter" } else { "a shorter way may exist" };
    writeln!(out, "    made of the {} steps of walk {}; {known}", grouped(*steps as u64), grouped(*walk))?;
    writeln!(out, "    again: {again}")
}

fn write_properties(simulation: &Simulation, detail: Detail, out: &mut dyn Write) -> io::Result<()> {
    let wide = simulation.seen.iter().map(|seen| seen.property.name.chars().count()).max().unwrap_or(0);
    for seen in simulation.seen.iter().filter(|seen| seen.failed.is_none()) {
        let name = seen.property.name;
        match (&seen.untested, seen.tested) {
            (None, 0) => writeln!(out, "  ? {name:wide$}   tested in no step")?,
            (Some(why), 0) if detail == Detail::Full => writeln!(out, "  – {name:wide$}   not tested: {why}")?,
            (_, tested) if detail == Detail::Full && tested > 0 => {
                writeln!(out, "  ✓ {name:wide$}   tested in {} steps", grouped(tested))?;
            }
            _ => {}
        }
    }
    let tested = || simulation.seen.iter().filter(|seen| seen.failed.is_none() && seen.tested > 0);
    let fewest = tested().map(|seen| seen.tested).min().unwrap_or(0);
    let count = tested().count();
    writeln!(
        out,
        "  ✓ {count} properties: no failure on these walks, each tested in at least {} steps",
        grouped(fewest)
    )
}

fn write_kinds(simulation: &Simulation, detail: Detail, out: &mut dyn Write) -> io::Result<()> {
    let mut totals: BTreeMap<Actor, u64> = BTreeMap::new();
    for (kind, count) in &simulation.kinds {
        *totals.entry(kind.actor).or_default() += count;
    }
    if detail == Detail::Brief {
        let totals: Vec<_> = totals.iter().map(|(actor, count)| format!("{actor} {}", grouped(*count))).collect();
        return writeln!(out, "  steps of {}", totals.join(", "));
    }
    for (actor, total) in totals {
        writeln!(out, "  steps of {actor}: {}", grouped(total))?;
        for (kind, count) in simulation.kinds.iter().filter(|(kind, _)| kind.actor == actor) {
            writeln!(out, "    {:<24} {:>10}", kind.what, grouped(*count))?;
        }
    }
    Ok(())
}
