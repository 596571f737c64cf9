//! The arguments that the program takes, and which command they choose.

use std::ffi::OsString;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::{Parser, Subcommand, ValueEnum};

use super::adequacy::Adequacy;
use super::audit::Audit;
use super::check::Check;
use super::conform::Conform;
use super::diff::DiffArgs;
use super::doctor::Doctor;
use super::exit;
use super::explain::Explain;
use super::failure::Failure;
use super::generate::Generate;
use super::list::List;
use super::readings::Readings;
use super::reference::Reference;
use super::replay::Replay;
use super::schema::Schema;
use super::simulate::Simulate;

/// Judges how a MAPI message store sends mail: against the written rules, with the rule and the history in the verdict.
#[derive(Debug, Parser)]
#[command(name = "spoolproof", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = after_help(), disable_help_subcommand = true)]
struct App {
    #[command(subcommand)]
    command: Command,

    /// When to use colours; `auto` heeds NO_COLOR
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    // In the order in which people need them.
    Doctor(Doctor),
    Conform(Conform),
    Audit(Audit),
    Diff(DiffArgs),
    Check(Check),
    Simulate(Simulate),
    Readings(Readings),
    Explain(Explain),
    List(List),
    Generate(Generate),
    Replay(Replay),
    Reference(Reference),
    Adequacy(Adequacy),
    Schema(Schema),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    Always,
    Auto,
    Never,
}

impl Command {
    fn run(&self) -> Result<u8, Failure> {
        match self {
            Self::Adequacy(adequacy) => adequacy.run(),
            Self::Audit(audit) => audit.run(),
            Self::Check(check) => check.run(),
            Self::Conform(conform) => conform.run(),
            Self::Diff(diff) => diff.run(),
            Self::Doctor(doctor) => doctor.run(),
            Self::Explain(explain) => explain.run(),
            Self::Generate(generate) => generate.run(),
            Self::List(list) => list.run(),
            Self::Readings(readings) => readings.run(),
            Self::Reference(reference) => reference.run(),
            Self::Replay(replay) => replay.run(),
            Self::Schema(schema) => schema.run(),
            Self::Simulate(simulate) => simulate.run(),
        }
    }
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    // Before anything is read, so that help and mistakes on the command line keep to it too.
    choose_color(std::env::args_os().skip(1));
    let app = App::parse();
    ExitCode::from(app.command.run().unwrap_or_else(|failure| failure.report()))
}

/// Examples and exit codes: what people look for when they have read the options.
fn after_help() -> String {
    let codes = exit::MEANINGS.map(|(code, meaning)| format!("  {code:<3}  {meaning}\n")).concat();
    format!("{EXAMPLES}\n\nExit codes:\n{}", codes.trim_end())
}

const EXAMPLES: &str = "\
Examples:
  spoolproof conform                                     judge the built-in provider
  spoolproof doctor --provider './my-adapter --db x'     see whether your adapter can be believed
  spoolproof conform --provider './my-adapter --db x'    judge yours, behind its adapter
  spoolproof conform --provider tcp://127.0.0.1:4711 --case 'abort/*' --junit report.xml
  spoolproof audit monday.ndjson                         judge a recorded log
  spoolproof check                                       explore what the rules allow
  spoolproof readings                                    see what each reading of the pages leads to
  spoolproof explain ABT-04                              read the rule that a verdict names";

fn choose_color(args: impl Iterator<Item = OsString>) {
    if let Some(choice) = color(args) {
        choice.write_global();
    }
}

/// What `--color` says, the last one if it is there twice. What it says wrongly, clap reports.
fn color(args: impl Iterator<Item = OsString>) -> Option<ColorChoice> {
    let mut choice = None;
    let mut args = args.map(|arg| arg.to_string_lossy().into_owned()).take_while(|arg| arg != "--");
    while let Some(arg) = args.next() {
        let value = if arg == "--color" { args.next() } else { arg.strip_prefix("--color=").map(str::to_owned) };
        choice = match value.as_deref() {
            Some("always") => Some(ColorChoice::Always),
            Some("auto") => None,
            Some("never") => Some(ColorChoice::Never),
            Some(_) | None => choice,
        };
    }
    choice
}
