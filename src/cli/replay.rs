//! `spoolproof replay`: scenarios on the model itself.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use spoolproof_sdk::trace::{Event, Header};

use super::cases::{Cases, Chosen};
use super::failure::Failure;
use super::output::{self, Outputs};
use super::{library, subject};
use crate::conformance::{self, Plan, Simulated, Sut as _};
use crate::report::layout::{FAINT, STRONG};
use crate::report::{About, Report};
use crate::trace::narrate;

/// Run scenarios on the model itself
///
/// For those who write a case: the model plays the store, and the case fails if it assumes what no store may do.
/// Where the pages leave a choice, the model takes one way, and the step's `expect` may choose another.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof replay                                  the carried cases
  spoolproof replay scenarios/abort                  those of a folder
  spoolproof replay mine.toml --trace                a new one, call by call")]
pub(crate) struct Replay {
    #[command(flatten)]
    cases: Cases,

    /// The kind of store that the model plays: a file, or the name of a carried profile
    #[arg(long, value_name = "FILE|NAME")]
    profile: Option<PathBuf>,

    /// Print each call with its answer
    #[arg(long)]
    trace: bool,

    #[command(flatten)]
    outputs: Outputs,
}

impl Replay {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        self.outputs.check()?;
        let catalogue = library::catalogue()?;
        let mut model = match &self.profile {
            Some(profile) => Simulated::new(library::profile(profile, &catalogue)?.profile),
            None => Simulated::default(),
        };
        let Chosen { scenarios, unreadable, .. } = self.cases.choose(&catalogue)?;
        let began = Instant::now();
        let plan = Plan {
            scenarios: scenarios.iter().collect(),
            profile: None,
            // The model is never late.
            patience: Duration::ZERO,
            recorded_by: String::new(),
        };
        let mut tape = Tape { keep: self.trace && !self.outputs.takes_stdout(), cases: Vec::new() };
        let mut account = conformance::run(&catalogue, &mut model, &plan, &mut tape);
        account.unreadable = unreadable;
        output::print(|out| tape.cases.iter().try_for_each(|(id, events)| case(id, events, out)))?;
        let source = match self.cases.paths.as_slice() {
            [] => "the carried cases".to_owned(),
            paths => paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "),
        };
        let us = model.about();
        let about = About {
            command: "replay",
            subject: subject::new(&us.provider, us.role, &us.profile, source),
            again: None,
            elapsed_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        self.outputs.write(&Report::new(&catalogue, &account, about))
    }
}

/// The events of each case, if anybody wants to see them.
struct Tape {
    keep: bool,
    cases: Vec<(String, Vec<Event>)>,
}

impl conformance::Progress for Tape {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, id: &str, _header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        if self.keep {
            self.cases.push((id.to_owned(), events.to_vec()));
        }
        None
    }
}

/// Writes a case call by call: who, what, what came back, and only what changed.
fn case(id: &str, events: &[Event], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{STRONG}{id}{STRONG:#}")?;
    let lines = narrate(events);
    let widest = lines.iter().map(|line| line.call.chars().count()).max().unwrap_or_default();
    for line in &lines {
        let text = format!("{:>3}  {:10} {:widest$}  {:20}", line.seq, line.session, line.call, line.reply);
        writeln!(out, "  {}  {FAINT}{}{FAINT:#}", text.trim_end(), line.change)?;
    }
    writeln!(out)
}
