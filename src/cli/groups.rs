//! The groups that ids fall into: requirements by source, ambiguities by subject.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::report::layout::{FAINT, STRONG, count};
use crate::spec::{Catalogue, RequirementStatus};

const REQUIREMENTS: &str = include_str!("../../models/requirements.toml");
const READINGS: &str = include_str!("../../models/readings.toml");

/// The group of an id: `SLS` of `SLS-08`, `B` of `B1`.
fn group(id: &str) -> &str {
    match id.rsplit_once('-') {
        Some((group, _)) => group,
        None => id.trim_end_matches(|c: char| c.is_ascii_digit()),
    }
}

/// What the headings of a catalogue file call its groups: `# SLS: IMsgStore::SetLockState`.
fn titles(source: &'static str) -> BTreeMap<&'static str, &'static str> {
    let headings = source.lines().filter_map(|line| line.strip_prefix("# ")?.split_once(": "));
    headings.filter(|(group, _)| group.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())).collect()
}

/// Whether anything is in that group.
pub(crate) fn exists(name: &str, catalogue: &Catalogue) -> bool {
    ids(catalogue).any(|id| group(id) == name)
}

fn ids(catalogue: &Catalogue) -> impl Iterator<Item = &str> {
    let requirements = catalogue.requirements().iter().map(|row| row.id.as_str());
    requirements.chain(catalogue.ambiguities().iter().map(|row| row.id.as_str()))
}

/// Writes every group, in the order of the files.
pub(crate) fn overview(catalogue: &Catalogue, out: &mut dyn Write) -> io::Result<()> {
    let requirements = catalogue.requirements();
    let modelled = requirements.iter().filter(|row| row.status == RequirementStatus::Modelled).count();
    let all = count(requirements.len() as u64, "requirement");
    writeln!(out, "{STRONG}{all}{STRONG:#}, {modelled} of them judged")?;
    write_groups(requirements.iter().map(|row| row.id.as_str()), &titles(REQUIREMENTS), out)?;
    let ambiguities = catalogue.ambiguities();
    writeln!(out)?;
    let places = count(ambiguities.len() as u64, "place");
    writeln!(out, "{STRONG}{places}{STRONG:#} where the pages contradict each other, overlap or are silent")?;
    write_groups(ambiguities.iter().map(|row| row.id.as_str()), &titles(READINGS), out)?;
    writeln!(out)?;
    writeln!(out, "{FAINT}spoolproof explain GROUP lists a group, spoolproof explain ID one of its rules{FAINT:#}")
}

fn write_groups<'a>(
    ids: impl Iterator<Item = &'a str>,
    titles: &BTreeMap<&str, &str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut groups: Vec<(&str, usize)> = Vec::new();
    for id in ids {
        match groups.iter_mut().find(|(name, _)| *name == group(id)) {
            Some((_, members)) => *members += 1,
            None => groups.push((group(id), 1)),
        }
    }
    for (name, members) in groups {
        writeln!(out, "  {STRONG}{name:6}{STRONG:#} {members:3}  {}", titles.get(name).copied().unwrap_or_default())?;
    }
    Ok(())
}

/// Writes every row of one group, a line each.
pub(crate) fn members(name: &str, catalogue: &Catalogue, out: &mut dyn Write) -> io::Result<()> {
    let (requirements, readings) = (titles(REQUIREMENTS), titles(READINGS));
    let title = requirements.get(name).or_else(|| readings.get(name)).copied().unwrap_or_default();
    writeln!(out, "{STRONG}{name}{STRONG:#}  {title}")?;
    for row in catalogue.requirements().iter().filter(|row| group(&row.id) == name) {
        let (strength, status) = (row.strength, row.status);
        writeln!(out, "  {STRONG}{:8}{STRONG:#} {strength:6} {FAINT}{status:10}{FAINT:#} {}", row.id, row.text)?;
    }
    for row in catalogue.ambiguities().iter().filter(|row| group(&row.id) == name) {
        writeln!(out, "  {STRONG}{:4}{STRONG:#} {FAINT}{:10}{FAINT:#} {}", row.id, row.status, row.title)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{READINGS, REQUIREMENTS, group, ids, titles};
    use crate::cli::library;

    #[test]
    fn every_group_has_a_title() {
        let catalogue = library::catalogue().expect("the catalogue is right");
        let (requirements, readings) = (titles(REQUIREMENTS), titles(READINGS));
        for id in ids(&catalogue) {
            let titles = if id.contains('-') { &requirements } else { &readings };
            assert!(titles.contains_key(group(id)), "{id} stands under no heading");
        }
    }
}
