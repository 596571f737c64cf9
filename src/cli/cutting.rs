//! Cutting logs down to what shows their failures, and writing each to files that one command repeats.

use std::io::BufRead;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args;
use spoolproof_sdk::trace::Header;

use super::again::Again;
use super::failure::Failure;
use super::output;
use super::shrunk::write;
use crate::oracle::{Account, Finding, Setting, Small, Unit, Who};
use crate::spec::Catalogue;
use crate::trace::{Extract, Reader, Writer, extract, script, script_spooler};

/// Makes failures in logs small.
#[derive(Args, Debug)]
pub(crate) struct Cutting {
    /// Do not cut the log down to each kind of failure
    #[arg(long)]
    no_shrink: bool,

    /// Where the logs of failures go, cut down to what shows them, and what callers did in them as scenarios [default: out]
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_shrink")]
    out: Option<PathBuf>,
}

/// How many kinds of failures are looked for in one log.
const KINDS: usize = 16;

impl Cutting {
    /// Finds out before a long log is read that the folder which was asked for could not hold files.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.out.as_deref().map_or(Ok(()), output::habitable)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.out.as_deref().unwrap_or_else(|| Path::new("out")).join(name)
    }

    /// Cuts the log down to each of its failures, the first of each kind. `found` is where its findings stand in the
    /// account, which is settled; `open` reads it again.
    pub(crate) fn log<R: BufRead>(
        &self,
        catalogue: &Catalogue,
        (log, found, setting): (&Path, Range<usize>, &Setting),
        account: &mut Account,
        open: impl FnOnce() -> Result<Reader<R>, Failure>,
    ) -> Result<(), Failure> {
        if self.no_shrink || account.stopped.is_some() {
            return Ok(());
        }
        let found: Vec<&Finding> = account.ledger.findings[found].iter().collect();
        let mut wanted: Vec<(Small, &Finding)> = Vec::new();
        for finding in found.iter().copied().filter(|finding| finding.verdict.is_failure()) {
            let known = account.small.iter().chain(wanted.iter().map(|(small, _)| small));
            if wanted.len() < KINDS && !known.into_iter().any(|small| small.shows(finding)) {
                let name = finding.case.clone().unwrap_or_else(|| stem(log));
                wanted.push((Small { unit: Unit::Event, ..Small::new(finding, name, 0) }, finding));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let findings: Vec<&Finding> = wanted.iter().map(|(_, finding)| *finding).collect();
        let extracts = extract(catalogue, open()?, setting, &findings, &found);
        let mut cut: Vec<Small> = Vec::new();
        for ((mut small, finding), extract) in wanted.into_iter().zip(extracts) {
            if let Some(extract) = extract {
                self.keep(&mut small, (log, finding), &extract, &[&account.small[..], &cut].concat());
            }
            cut.push(small);
        }
        account.small.extend(cut);
        Ok(())
    }

    /// Writes an extract, and what callers do in it.
    fn keep(&self, small: &mut Small, (log, finding): (&Path, &Finding), extract: &Extract, others: &[Small]) {
        small.steps = extract.of;
        small.left = Some(extract.events.len() as u64);
        let name = free(small, others);
        // What is as small as it can be is not written again, and no log is written over.
        let file = match self.file(&format!("{name}.small.ndjson")) {
            _ if extract.is_log => log.to_owned(),
            file if is_same(&file, log) => self.file(&format!("{name}.smaller.ndjson")),
            file => file,
        };
        if extract.is_log || write_log(&file, log, extract) {
            small.again = Some(Again::new("audit").word(&file.to_string_lossy()).line());
            small.file = Some(file.display().to_string());
        }
        let events = if extract.before.len() <= SCRIPT { &extract.before } else { &extract.events };
        let sentence = finding.sentence();
        let about = (sentence.trim().trim_end_matches('.'), &finding.requirements[..]);
        let scenario = match finding.who {
            Who::Store => script(&name, about, &extract.header.profile, events).map(|case| case.to_toml()),
            Who::Spooler => script_spooler(&name, about, &extract.header, events).map(|case| case.to_toml()),
            // Nobody else can be tried.
            Who::Adapter | Who::Client | Who::Mapi | Who::Transport => None,
        };
        // Its own log, when it is tried, must take the place of neither.
        let file = self.file(&format!("{name}.live.toml"));
        if scenario.is_some_and(|scenario| write(&file, scenario)) {
            small.scenario = Some(file.display().to_string());
        }
    }
}

/// How many events become the steps of a scenario at most; of longer cases, those that show the failure.
const SCRIPT: usize = 200;

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// What a log without cases is called.
fn stem(log: &Path) -> String {
    log.file_stem().map_or_else(|| "log".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// A name for its files that none of the others has.
fn free(small: &Small, others: &[Small]) -> String {
    let of_case = others.iter().filter(|other| other.case == small.case).count();
    let number = if of_case == 0 { String::new() } else { format!("-{}", of_case + 1) };
    // A case in a log is named by whoever wrote the log.
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '.' };
    let case: String = small.case.chars().map(plain).collect();
    format!("{}{number}", case.trim_start_matches('.'))
}

fn write_log(file: &Path, log: &Path, extract: &Extract) -> bool {
    let recorded_by = extract.header.recorded_by.as_deref().unwrap_or("somebody");
    let cut = format!("{recorded_by}; cut down from {}", log.display());
    let header = Header { recorded_by: Some(cut), ..extract.header.clone() };
    let mut text = Vec::new();
    let written = Writer::new(&mut text, &header).and_then(|mut writer| {
        extract.events.iter().try_for_each(|event| writer.write(event))?;
        writer.finish().map(|_| ())
    });
    written.is_ok() && write(file, &text)
}
