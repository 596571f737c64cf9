//! Why a command, or a part of it, could not be done: what the user reads, and the exit code.

use std::fmt::Display;
use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::{diagnostic, exit};
use crate::spec::{LoadError, Problem};

/// A message for stderr and the exit code that goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// One of [`exit`]'s codes.
    pub(crate) code: u8,
    /// One or more whole lines, coloured.
    text: String,
}

impl Failure {
    /// The command line, or what it names, is wrong.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(exit::UNREADABLE, message)
    }

    /// This program, or the adapter, failed.
    pub(crate) fn tool(message: impl Display) -> Self {
        Self::new(exit::FAILED, message)
    }

    /// There is nothing to do.
    pub(crate) fn nothing(message: impl Display) -> Self {
        Self::new(exit::NOTHING_RUN, message)
    }

    /// The problems of a file, drawn at their places.
    pub(crate) fn in_file(file: &str, source: &str, problems: &[Problem]) -> Self {
        Self { code: exit::UNREADABLE, text: diagnostic::render(file, source, problems) }
    }

    /// The problems of a catalogue file or a profile.
    pub(crate) fn loading(file: &str, source: &str, error: &LoadError) -> Self {
        let help = |name: &String| format!("did you mean `{name}`?");
        let problems: Vec<Problem> = error
            .problems()
            .iter()
            .map(|located| Problem {
                span: located.span.clone(),
                message: located.kind.to_string(),
                help: located.suggestion.as_ref().map(help),
            })
            .collect();
        Self::in_file(file, source, &problems)
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Display) -> Self {
        self.text.push_str(&format!("{HELP}help{HELP:#}{BOLD}:{BOLD:#} {help}\n"));
        self
    }

    /// Adds the name that was probably meant, where one was.
    #[must_use]
    pub(crate) fn suggest(self, name: Option<&str>) -> Self {
        match name {
            Some(name) => self.help(format_args!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Writes it to stderr, and hands on the exit code.
    pub(crate) fn report(&self) -> u8 {
        // Were stderr gone, the exit code would still say it.
        let _ = anstream::stderr().lock().write_all(self.text.as_bytes());
        self.code
    }

    fn new(code: u8, message: impl Display) -> Self {
        Self { code, text: format!("{ERROR}error{ERROR:#}{BOLD}:{BOLD:#} {message}\n") }
    }
}

/// Says on stderr that something is odd, and goes on.
pub(crate) fn warn(message: impl Display) {
    let text = format!("{WARNING}warning{WARNING:#}{BOLD}:{BOLD:#} {message}\n");
    // A warning that cannot be written stops nothing.
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

const BOLD: Style = Style::new().bold();
const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
const WARNING: Style = AnsiColor::BrightYellow.on_default().bold();
const HELP: Style = AnsiColor::BrightCyan.on_default().bold();
