//! `spoolproof explain`: what a rule says, where it stands, and what checks it.

use std::io::{self, Write};

use clap::Args;

use super::failure::Failure;
use super::library::CarriedFile;
use super::{exit, explain_case, groups, library, output};
use crate::model::{Aspect, Clause, PROPERTIES, all_clauses};
use crate::report::layout::{FAINT, STRONG, fill, wrap};
use crate::spec::{Ambiguity, Catalogue, Form, Reading, Requirement, RequirementStatus, closest, page_address};

/// Print a rule: what it says, where it stands, how it is read, and what checks it; or what a case does
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof explain                     the groups
  spoolproof explain ABT                 the rules of one group
  spoolproof explain ABT-04              one rule
  spoolproof explain abort/locked        what a case does, step by step
  spoolproof explain F7 B1=SampleStore   where the pages leave a choice, and one way to read them")]
pub(crate) struct Explain {
    /// Requirements (`SLS-08`), ambiguities (`B1`), readings (`B1=LockDominates`), groups (`SLS`, `B`) or cases
    /// (`abort/locked`); without one, the groups
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

impl Explain {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let catalogue = library::catalogue()?;
        if self.ids.is_empty() {
            output::print(|out| groups::overview(&catalogue, out))?;
            return Ok(exit::CONFORMS);
        }
        let cases = library::exercising(&catalogue)?;
        let mut code = exit::CONFORMS;
        let mut written = false;
        for id in &self.ids {
            match Topic::find(id, &catalogue) {
                Ok(topic) => {
                    output::print(|out| {
                        if written {
                            writeln!(out)?;
                        }
                        topic.write(&catalogue, &cases, out)
                    })?;
                    written = true;
                }
                Err(failure) => code = failure.report(),
            }
        }
        Ok(code)
    }
}

/// What an id stands for.
enum Topic<'a> {
    /// Cases of that id: one for stores, and one for spoolers may be called alike.
    Case(Vec<CarriedFile>),
    Ambiguity(&'a Ambiguity),
    Group(String),
    Reading(&'a Ambiguity, &'a Reading),
    Requirement(&'a Requirement),
}

impl<'a> Topic<'a> {
    fn find(text: &str, catalogue: &'a Catalogue) -> Result<Self, Failure> {
        let (id, reading) = text.split_once('=').map_or((text, None), |(id, reading)| (id, Some(reading)));
        let id = id.trim().to_ascii_uppercase();
        let Some(reading) = reading else {
            let requirement = catalogue.requirement(&id).map(Self::Requirement);
            let ambiguity = || catalogue.ambiguity(&id).map(Self::Ambiguity);
            let group = || groups::exists(&id, catalogue).then(|| Self::Group(id.clone()));
            let files = library::carried_files();
            let case = || {
                let named: Vec<_> = files.iter().filter(|file| file.id == text).cloned().collect();
                (!named.is_empty()).then_some(Self::Case(named))
            };
            return requirement.or_else(ambiguity).or_else(group).or_else(case).ok_or_else(|| {
                let meant = closest(text, files.iter().map(|file| file.id.as_str()));
                let meant = meant.filter(|_| text.contains('/')).or_else(|| catalogue.suggest(&id));
                Failure::usage(format_args!("no requirement, ambiguity, group or case is called `{text}`"))
                    .suggest(meant)
                    .help("`spoolproof explain` lists the groups")
            });
        };
        let Some(ambiguity) = catalogue.ambiguity(&id) else {
            let ids = catalogue.ambiguities().iter().map(|ambiguity| ambiguity.id.as_str());
            return Err(Failure::usage(format_args!("no ambiguity is called `{id}`")).suggest(closest(&id, ids)));
        };
        let names = ambiguity.readings.iter().map(|reading| reading.name.as_str());
        ambiguity.reading(reading.trim()).map(|reading| Self::Reading(ambiguity, reading)).ok_or_else(|| {
            Failure::usage(format_args!("`{id}` has no reading called `{reading}`"))
                .suggest(closest(reading, names))
                .help(format_args!("`spoolproof explain {id}` shows its readings"))
        })
    }

    fn write(&self, catalogue: &Catalogue, cases: &[(String, Vec<String>)], out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Ambiguity(row) => ambiguity(row, None, out),
            Self::Case(files) => files.iter().try_for_each(|file| explain_case::write(file, catalogue, out)),
            Self::Group(id) => groups::members(id, catalogue, out),
            Self::Reading(row, reading) => ambiguity(row, Some(reading), out),
            Self::Requirement(row) => requirement(row, catalogue, cases, out),
        }
    }
}

fn requirement(
    row: &Requirement,
    catalogue: &Catalogue,
    cases: &[(String, Vec<String>)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let who: Vec<String> = row.who.iter().map(ToString::to_string).collect();
    writeln!(out, "{STRONG}{}{STRONG:#}  {} · {}", row.id, row.strength, who.join(", "))?;
    paragraph(&row.text, out)?;
    writeln!(out)?;
    field("source", &format!("{}, {}", row.page, row.section), out)?;
    if let Some(address) = page_address(&row.page) {
        line("", &address, out)?;
    }
    if let Some(form) = row.form {
        let text = match form {
            Form::Imperative => "a MUST because the page puts it as a bare imperative",
            Form::Procedure => "a MUST because it is a step of a procedure",
        };
        field("form", text, out)?;
    }
    let meaning = match row.status {
        RequirementStatus::Adapter => "settled by how an adapter presents its provider, or played by the checker",
        RequirementStatus::Modelled => "judged, in a provider's run or in a recorded log",
        RequirementStatus::Todo => "could be judged, and is not yet",
        RequirementStatus::Untestable => "nothing at the boundary shows it, or there is nothing to break",
    };
    field("status", &format!("{}: {meaning}", row.status), out)?;
    if let Some(why) = &row.why {
        field("", why, out)?;
    }
    if let Some(observed_by) = &row.observed_by {
        field("seen in", observed_by, out)?;
    }
    for ambiguity in row.ambiguity.iter().filter_map(|id| catalogue.ambiguity(id)) {
        field("ambiguous", &format!("{}: {}", ambiguity.id, ambiguity.title), out)?;
        let readings = ambiguity.readings.iter().map(|reading| {
            let default = if reading.name == ambiguity.default { ", default" } else { "" };
            format!("{}={} ({}{default})", ambiguity.id, reading.name, reading.stance)
        });
        for text in fill(readings, "  ", WIDTH - INDENT) {
            line("", &text, out)?;
        }
    }
    list("checked by", all_clauses().filter_map(|clause| checks(clause, &row.id)), out)?;
    let properties = PROPERTIES.iter().filter(|property| property.ids.contains(&row.id.as_str()));
    list("properties", properties.map(|property| format!("“{}”", property.name)), out)?;
    let shown = cases.iter().filter(|(_, requirements)| requirements.contains(&row.id));
    list("exercised", shown.map(|(case, _)| case.clone()), out)
}

/// The clause by name with what it pins for `id`, if it does.
fn checks(clause: &Clause, id: &str) -> Option<String> {
    let pins: Vec<String> =
        clause.cites.iter().filter(|cite| cite.ids.contains(&id)).map(|cite| aspect(cite.of)).collect();
    if !pins.is_empty() {
        return Some(format!("{} ({})", clause.name, pins.join(", ")));
    }
    clause.breaks.contains(&id).then(|| format!("{} (a deviation)", clause.name))
}

/// The aspect in lower case, its words apart: `SubmitTime` as `submit time`.
fn aspect(aspect: Aspect) -> String {
    let mut text = String::new();
    for letter in format!("{aspect:?}").chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn ambiguity(row: &Ambiguity, only: Option<&Reading>, out: &mut dyn Write) -> io::Result<()> {
    let kinds: Vec<String> = row.kind.iter().map(ToString::to_string).collect();
    writeln!(out, "{STRONG}{}{STRONG:#}  {} · {}", row.id, kinds.join(", "), row.title)?;
    paragraph(&row.text, out)?;
    for reading in row.readings.iter().filter(|reading| only.is_none_or(|only| only.name == reading.name)) {
        let default = if reading.name == row.default { ", the default" } else { "" };
        writeln!(out)?;
        writeln!(out, "  {STRONG}{}={}{STRONG:#}  {}{default}", row.id, reading.name, reading.stance)?;
        for text in wrap(&reading.permits, WIDTH - 4) {
            writeln!(out, "    {text}")?;
        }
    }
    writeln!(out)?;
    field("about", &row.statements.join(" "), out)?;
    if let Some(practice) = &row.practice {
        field("practice", practice, out)?;
    }
    field("status", &row.status.to_string(), out)?;
    if let Some(why) = &row.why {
        field("", why, out)?;
    }
    field("stances", STANCES, out)
}

const STANCES: &str = "permitted: whoever follows it is not blamed; declared: undecided unless the profile declares it; \
                       rejected: blamed, whatever the profile declares";

fn paragraph(text: &str, out: &mut dyn Write) -> io::Result<()> {
    wrap(text, WIDTH - 2).iter().try_for_each(|line| writeln!(out, "  {line}"))
}

fn list(label: &str, items: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    for (at, text) in fill(items, "  ", WIDTH - INDENT).iter().enumerate() {
        line(if at == 0 { label } else { "" }, text, out)?;
    }
    Ok(())
}

fn field(label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    for (at, text) in wrap(text, WIDTH - INDENT).iter().enumerate() {
        line(if at == 0 { label } else { "" }, text, out)?;
    }
    Ok(())
}

fn line(label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {FAINT}{label:LABEL$}{FAINT:#}{text}")
}

const WIDTH: usize = 100;
const LABEL: usize = 12;
const INDENT: usize = LABEL + 2;

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::Topic;
    use crate::cli::library;

    fn explained(id: &str) -> String {
        let catalogue = library::catalogue().expect("the catalogue is right");
        let cases = library::exercising(&catalogue).expect("the cases are right");
        let topic = Topic::find(id, &catalogue).unwrap_or_else(|failure| panic!("{failure:?}"));
        let mut out = Vec::new();
        topic.write(&catalogue, &cases, &mut out).expect("written");
        strip_str(&String::from_utf8(out).expect("text")).to_string()
    }

    #[test]
    fn a_requirement_comes_with_its_source_and_what_checks_it() {
        let text = explained("abt-04");
        for expected in [
            "ABT-04  MUST · store",
            "imsgstore-abortsubmit",
            "https://learn.microsoft.com/office/client-developer/outlook/mapi/imsgstore-abortsubmit",
            "status      modelled: ",
            "ambiguous   F7: ",
            "ABORT_LOCKED (reply",
            "abort/locked",
        ] {
            assert!(text.contains(expected), "{expected} in:\n{text}");
        }
    }

    #[test]
    fn an_ambiguity_shows_its_readings_and_a_reading_only_itself() {
        let whole = explained("B1");
        assert!(whole.contains("B1=AnyRefusal  permitted, the default"), "{whole}");
        assert!(whole.contains("B1=SampleStore  "), "{whole}");
        let one = explained("b1=LockDominates");
        assert!(one.contains("B1=LockDominates") && !one.contains("B1=SampleStore  "), "{one}");
    }

    #[test]
    fn every_row_can_be_explained_in_the_width() {
        let catalogue = library::catalogue().expect("the catalogue is right");
        let cases = library::exercising(&catalogue).expect("the cases are right");
        let requirements = catalogue.requirements().iter().map(|row| row.id.as_str());
        for id in requirements.chain(catalogue.ambiguities().iter().map(|row| row.id.as_str())) {
            let Ok(topic) = Topic::find(id, &catalogue) else { panic!("{id} is not found") };
            let mut out = Vec::new();
            topic.write(&catalogue, &cases, &mut out).expect("written");
            let text = strip_str(&String::from_utf8(out).expect("text")).to_string();
            let long = text.lines().skip(1).find(|line| line.chars().count() > super::WIDTH && !line.contains("https"));
            assert_eq!(long, None, "{id}");
        }
    }

    #[test]
    fn what_is_unknown_is_a_mistake_on_the_command_line() {
        let catalogue = library::catalogue().expect("the catalogue is right");
        for id in ["ABT-4", "ABT-99", "B1=LockDominate", "Q1=X", "", "=", "ABT=1"] {
            assert_eq!(Topic::find(id, &catalogue).err().map(|failure| failure.code), Some(2), "{id}");
        }
    }
}
