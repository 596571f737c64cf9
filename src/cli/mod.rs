//! The command line.

#[cfg_attr(not(test), expect(dead_code, reason = "the subcommands that read files are not written yet"))]
mod diagnostic;
#[expect(dead_code, reason = "the subcommands that take long are not written yet")]
mod progress;

use std::process::ExitCode;

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    ExitCode::from(2)
}
