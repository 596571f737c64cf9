//! The command line.

#[cfg_attr(not(test), expect(dead_code, reason = "the subcommands that read files are not written yet"))]
mod diagnostic;
#[expect(dead_code, reason = "the subcommands that take long are not written yet")]
mod progress;

use std::io::{self, Write};
use std::process::ExitCode;

use crate::conformance::reference::{ADAPTER_FAULTS, FAULTS, ReferenceOptions, run as run_reference};

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some("reference") {
        return ExitCode::from(2);
    }
    let mut options = ReferenceOptions::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--db" => options.db = arguments.next().map(Into::into),
            "--fault" => options.faults.extend(arguments.next()),
            "--listen" => options.listen = arguments.next().and_then(|address| address.parse().ok()),
            "--store-process" => options.store_process = true,
            "--list-faults" => return report(list_faults()),
            _ => return ExitCode::from(2),
        }
    }
    report(run_reference(options))
}

fn list_faults() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for fault in FAULTS {
        writeln!(stdout, "{:<44} {:<28} {}", fault.name, fault.breaks.join(", "), fault.what)?;
    }
    for fault in ADAPTER_FAULTS {
        writeln!(stdout, "{:<44} {:<28} {}", fault.name, "", fault.what)?;
    }
    Ok(())
}

fn report(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if stderr is closed too.
            let _ = writeln!(io::stderr(), "spoolproof reference: {error}");
            ExitCode::FAILURE
        }
    }
}
