//! `spoolproof doctor`: checks an adapter, before anybody judges the provider behind it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::Serialize;
use spoolproof_sdk::wire::Identity;

use super::failure::Failure;
use super::reference::{self, Part};
use super::{conform, exit, library, output, target};
use crate::conformance::doctor::{Check, Checkup, Mark, Note, Patient, essentials, examine_adapter};
use crate::conformance::{Adapter, AdapterError, Deadlines, Options, Sut as _};
use crate::oracle::Account;
use crate::report::layout::{FAINT, STRONG, count};
use crate::spec::Catalogue;

/// Check an adapter, before the provider behind it is judged
///
/// What is checked follows from the protocol alone: that names, handles and results are what they should be, that cases do
/// not see each other, that looking changes nothing. Nothing is said of the provider: that is for `conform`, which makes the
/// essential checks first. ✓ is sound, ! is odd and permitted, – was not served, ✗ has to be mended.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof doctor --provider './my-adapter --profile Test'
  spoolproof doctor --provider tcp://127.0.0.1:4711 --json doctor.json
  spoolproof doctor --role spooler --provider './my-spooler'
  spoolproof doctor --fault adapter-observe-unlocks

Exit codes: 0 the adapter is sound, 2 the command line is wrong, 3 the adapter has to be mended.")]
pub(crate) struct Doctor {
    /// The adapter: a command to start, or `tcp://HOST:PORT`; without it, the built-in reference provider
    #[arg(long, value_name = "COMMAND|ADDRESS")]
    provider: Option<String>,

    /// The part that it is to play; without it, the one that it says
    #[arg(long, value_enum)]
    role: Option<Part>,

    /// Claims made for the provider, over what it says of itself: a file, or the name of a carried profile
    #[arg(long, value_name = "FILE|NAME")]
    profile: Option<PathBuf>,

    /// How long a call may take; a row of the queue has a fifth of it to arrive
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = conform::seconds)]
    timeout: Duration,

    /// Also write the list as JSON. `-` is stdout, in place of the text
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Break the built-in reference provider in this way (`spoolproof reference --list-faults`)
    #[arg(long = "fault", value_name = "NAME", conflicts_with = "provider")]
    faults: Vec<String>,
}

/// What is written for programs.
#[derive(Debug, Serialize)]
struct Written<'a> {
    /// The version of this format.
    spoolproof_doctor: u32,
    provider: &'a Identity,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<spoolproof_sdk::wire::Role>,
    sound: bool,
    exit_code: u8,
    checks: &'a [Check],
}

impl Doctor {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        self.json.as_deref().map_or(Ok(()), output::writable)?;
        let part = self.role.unwrap_or(Part::Store);
        reference::check(part, &self.faults)?;
        let catalogue = library::catalogue()?;
        let claims = match &self.profile {
            Some(profile) => Some(library::profile(profile, &catalogue)?.profile),
            None => None,
        };
        let target = target::of(self.provider.as_deref(), part, &self.faults)?;
        let options = Options { deadlines: Deadlines::of_calls(self.timeout), ..Options::default() };
        let patient = Patient {
            catalogue: &catalogue,
            role: self.role.map(Part::of_wire),
            claims: claims.as_ref(),
            patience: self.timeout / 5,
        };
        match examine_adapter(&target, options, &patient) {
            Ok((adapter, checkup)) => {
                let about = adapter.about();
                self.write(&about.provider, Some(about.role), &checkup, adapter.stderr_tail())
            }
            Err(error) => self.write(&Identity::default(), None, &unstarted(&error), error.stderr_tail().to_owned()),
        }
    }

    fn write(
        &self,
        provider: &Identity,
        role: Option<spoolproof_sdk::wire::Role>,
        checkup: &Checkup,
        log: String,
    ) -> Result<u8, Failure> {
        let sound = checkup.is_sound();
        let exit_code = if sound { exit::CONFORMS } else { exit::FAILED };
        if let Some(file) = &self.json {
            let written = Written { spoolproof_doctor: 1, provider, role, sound, exit_code, checks: &checkup.checks };
            let mut text = serde_json::to_string_pretty(&written)
                .map_err(|error| Failure::tool(format_args!("cannot write the list: {error}")))?;
            text.push('\n');
            if file.as_os_str() == "-" {
                return output::print(|out| out.write_all(text.as_bytes())).map(|()| exit_code);
            }
            output::write_file(file, |out| out.write_all(text.as_bytes()))?;
        }
        output::print(|out| render(out, provider, checkup, &log))?;
        Ok(exit_code)
    }
}

/// An adapter that cannot be examined at all.
fn unstarted(error: &AdapterError) -> Checkup {
    let note = Note { mark: Mark::Failed, seen: error.to_string(), advice: String::new() };
    let check =
        Check { name: "start", what: "it starts, and answers `initialize`", mark: Mark::Failed, notes: vec![note] };
    Checkup { checks: vec![check] }
}

fn render(out: &mut dyn Write, provider: &Identity, checkup: &Checkup, log: &str) -> io::Result<()> {
    if !provider.name.is_empty() {
        writeln!(out, "{STRONG}{}{STRONG:#} {}\n", provider.name, provider.version)?;
    }
    let width = checkup.checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in &checkup.checks {
        let (sign, style) = sign(check.mark);
        writeln!(out, "  {style}{sign}{style:#} {:width$}  {}", check.name, check.what)?;
        for note in &check.notes {
            writeln!(out, "    {:width$}  {}", "", note.seen)?;
            if !note.advice.is_empty() {
                writeln!(out, "    {:width$}  {FAINT}→ {}{FAINT:#}", "", note.advice)?;
            }
        }
    }
    let bad = checkup.count(Mark::Broken) + checkup.count(Mark::Failed);
    let odd = checkup.count(Mark::Warning);
    let checks = count(checkup.checks.len() as u64, "check");
    let warned = if odd == 0 { String::new() } else { format!(", {}", count(odd as u64, "warning")) };
    writeln!(out)?;
    if bad == 0 {
        return writeln!(out, "{STRONG}sound{STRONG:#}: {checks}{warned}; `spoolproof conform` judges the provider");
    }
    if !log.trim().is_empty() {
        writeln!(out, "its log ends with\n{}\n", last_lines(log))?;
    }
    writeln!(
        out,
        "{STRONG}to be mended{STRONG:#}: {bad} of {checks}{warned}; until then no verdict would be the provider's"
    )
}

/// The end of a log, as much as can be taken in at a glance.
fn last_lines(log: &str) -> String {
    const LINES: usize = 10;
    let lines: Vec<&str> = log.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

const fn sign(mark: Mark) -> (&'static str, Style) {
    match mark {
        Mark::NotServed => ("–", FAINT),
        Mark::Sound => ("✓", AnsiColor::Green.on_default().bold()),
        Mark::Warning => ("!", AnsiColor::Yellow.on_default().bold()),
        Mark::Failed | Mark::Broken => ("✗", AnsiColor::Magenta.on_default().bold()),
    }
}

/// Makes the essential checks on an adapter that is about to be judged; what is found is an error of the adapter's.
pub(crate) fn before_cases(adapter: &mut Adapter, catalogue: &Catalogue, timeout: Duration) -> Account {
    let patient = Patient { catalogue, role: None, claims: None, patience: timeout / 5 };
    let checkup = essentials(adapter, &patient);
    let mut account = Account::default();
    for (name, Note { seen, advice, .. }) in checkup.causes() {
        let what = format!("the adapter is not sound ({name}): {seen}");
        let expected = if advice.is_empty() { "`spoolproof doctor` says more" } else { advice };
        account.ledger.fail(None, None, what, expected);
    }
    account.settle();
    account
}
