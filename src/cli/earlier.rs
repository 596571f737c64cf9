//! Reports of earlier runs, as a command takes them in.

use std::fs;
use std::path::Path;

use super::failure::Failure;
use super::library;
use crate::report::Report;

/// Reads a JSON report.
pub(crate) fn report(file: &Path) -> Result<Report, Failure> {
    let text = fs::read_to_string(file).map_err(|error| library::unreadable(file, &error))?;
    let report: Report = serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format_args!("{} is no JSON report: {error}", file.display()))
            .help("it is what `--json FILE` has written; `spoolproof schema` prints its form")
    })?;
    if report.spoolproof_report != 1 {
        let version = report.spoolproof_report;
        let message = format_args!("{} is a report of version {version}, and this reads 1", file.display());
        return Err(Failure::usage(message));
    }
    Ok(report)
}

/// Reads the report of a run of `conform` that judged a `role`.
pub(crate) fn run(file: &Path, role: &str) -> Result<Report, Failure> {
    let report = report(file)?;
    if report.command != "conform" {
        let message = format_args!("{} is the report of `{}`, and not of `conform`", file.display(), report.command);
        return Err(Failure::usage(message));
    }
    // A run whose adapter never started has nobody in its report.
    if !report.provider.role.is_empty() && report.provider.role != role {
        let judged = &report.provider.role;
        return Err(Failure::usage(format_args!("{} judges a {judged}, and this run a {role}", file.display()))
            .help(format_args!("`--role {judged}` does the same")));
    }
    Ok(report)
}
