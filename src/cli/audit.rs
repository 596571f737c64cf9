//! `spoolproof audit`: judges recorded logs.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use spoolproof_sdk::wire::Profile;

use super::cutting::Cutting;
use super::failure::Failure;
use super::output::Outputs;
use super::progress::Progress;
use super::{library, signals, subject};
use crate::conformance::Stop;
use crate::oracle::{Account, Setting};
use crate::report::{About, Report, Subject};
use crate::spec::Catalogue;
use crate::trace::{Audited, ReadError, ReadOptions, Reader, audit};

/// Judge recorded logs of what a provider and its callers did
///
/// The format is NDJSON, one event a line: what `conform` keeps, or what a provider in production writes. Memory grows
/// with the messages that are alive, not with the log.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof audit out/abort.locked.ndjson
  zcat monday.ndjson.gz | spoolproof audit - --profile uncoupled --json report.json")]
pub(crate) struct Audit {
    /// The logs; `-` is stdin. One that is damaged is judged up to the damage, and the others all the same
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Claims made for the provider, over what the log says of it: a file, or the name of a carried profile
    #[arg(long, value_name = "FILE|NAME")]
    profile: Option<PathBuf>,

    /// Pass over calls and members that the format does not have, and count them
    #[arg(long)]
    skip_unknown: bool,

    #[command(flatten)]
    cutting: Cutting,

    #[command(flatten)]
    outputs: Outputs,
}

impl Audit {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        self.outputs.check()?;
        self.cutting.check()?;
        let catalogue = library::catalogue()?;
        let claims = match &self.profile {
            Some(profile) => Some(library::profile(profile, &catalogue)?.profile),
            None => None,
        };
        let began = Instant::now();
        let mut run = Run {
            catalogue: &catalogue,
            claims,
            options: ReadOptions { skip_unknown: self.skip_unknown },
            account: Account::default(),
            subject: None,
            logs: Vec::new(),
            stop: signals::watch(None)?,
        };
        for file in &self.files {
            run.account.stopped = run.account.stopped.or_else(|| run.stop.reason());
            if run.account.stopped.is_some() {
                break;
            }
            if let Err(failure) = run.file(file) {
                run.account.unreadable = true;
                failure.report();
            }
        }
        run.account.settle();
        run.cut(&self.cutting);
        let Run { account, subject, .. } = run;
        let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let nothing_read = subject.is_none();
        let subject = Subject { source: self.source(), ..subject.unwrap_or_default() };
        let about = About { command: "audit", subject, again: None, elapsed_ms };
        let report = Report::new(&catalogue, &account, about);
        if nothing_read { self.outputs.write_formats(&report) } else { self.outputs.write(&report) }
    }
}

impl Audit {
    /// The files, as one line of a report can hold them.
    fn source(&self) -> String {
        let names: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        match names.as_slice() {
            [first, others @ ..] if others.len() >= FILES_MAX => format!("{first} and {} other files", others.len()),
            _ => names.join(", "),
        }
    }
}

/// How many files a report names.
const FILES_MAX: usize = 3;

/// The logs as one run.
struct Run<'a> {
    catalogue: &'a Catalogue,
    claims: Option<Profile>,
    options: ReadOptions,
    account: Account,
    /// Who the first log is about.
    subject: Option<Subject>,
    /// The logs that can be read again: where their findings stand, and how they were judged.
    logs: Vec<(&'a Path, Range<usize>, Setting)>,
    stop: Stop,
}

impl<'a> Run<'a> {
    fn file(&mut self, file: &'a Path) -> Result<(), Failure> {
        if file.as_os_str() == "-" {
            let reader = Reader::new(io::stdin().lock(), "stdin", self.options).map_err(|error| damaged(&error))?;
            return self.log("stdin", reader).1;
        }
        let before = self.account.ledger.findings.len();
        let reader = open(file, self.options)?;
        let (setting, ended) = self.log(&file.to_string_lossy(), reader);
        self.logs.push((file, before..self.account.ledger.findings.len(), setting));
        ended
    }

    /// Cuts each log down to what it shows.
    fn cut(&mut self, cutting: &Cutting) {
        for (file, found, setting) in std::mem::take(&mut self.logs) {
            let options = self.options;
            let cut = cutting.log(self.catalogue, (file, found, &setting), &mut self.account, || open(file, options));
            if let Err(failure) = cut {
                failure.report();
            }
        }
    }

    fn log(&mut self, name: &str, reader: Reader<impl BufRead>) -> (Setting, Result<(), Failure>) {
        let mut header = reader.header().clone();
        header.profile = subject::overridden(&header.profile, self.claims.as_ref());
        subject::warn_of_unknown_readings(&header.profile, name, self.catalogue);
        match &mut self.subject {
            None => self.subject = Some(subject::of_log(&header, String::new())),
            Some(first) if (&first.name, &first.version) != (&header.provider.name, &header.provider.version) => {
                *first = Subject { name: "several providers".to_owned(), ..Subject::default() };
            }
            Some(_) => {}
        }
        let progress = Progress::start(None, "lines");
        progress.doing(name);
        let setting = Setting::of_log(header);
        let ended = audit(self.catalogue, name, reader, setting.clone(), &mut self.account, |line| {
            progress.set(line);
            self.stop.reason().map_or(ControlFlow::Continue(()), ControlFlow::Break)
        });
        drop(progress);
        let ended = match ended {
            Audited::Damaged(error) => Err(damaged(&error)),
            // The account names the place of a contradiction: it is a finding.
            Audited::Contradicted | Audited::Whole => Ok(()),
        };
        (setting, ended)
    }
}

/// Starts to read a log.
fn open(file: &Path, options: ReadOptions) -> Result<Reader<BufReader<File>>, Failure> {
    let opened = File::open(file).map_err(|error| library::unreadable(file, &error))?;
    Reader::new(BufReader::new(opened), &file.to_string_lossy(), options).map_err(|error| damaged(&error))
}

fn damaged(error: &ReadError) -> Failure {
    let failure = Failure::usage(error);
    match &error.help {
        Some(help) => failure.help(help),
        None => failure,
    }
}
