//! The `spoolproof` command: see [`spoolproof::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    spoolproof::cli::run()
}
