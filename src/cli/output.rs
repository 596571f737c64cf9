//! Where a report goes: text to stdout, JSON, JUnit and SARIF where the user wants them.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::library;
use crate::report::{Report, json, junit, sarif, text};

/// The options of every command that judges.
#[derive(Args, Debug)]
pub(crate) struct Outputs {
    /// Also write the report as JSON; `spoolproof schema` prints its schema. `-` is stdout, in place of the text
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    json: Option<PathBuf>,

    /// Also write the report as JUnit XML, which CI servers read. `-` is stdout, in place of the text
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    junit: Option<PathBuf>,

    /// Also write what was found as SARIF 2.1.0, which code-scanning views read. `-` is stdout, in place of the text
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    sarif: Option<PathBuf>,
}

impl Outputs {
    /// Finds out before a long run that its report could not be written.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let names = [("--json", &self.json), ("--junit", &self.junit), ("--sarif", &self.sarif)];
        let on_stdout: Vec<&str> =
            names.iter().filter(|(_, file)| file.as_deref().is_some_and(is_stdout)).map(|(name, _)| *name).collect();
        if let [one, other, ..] = on_stdout.as_slice() {
            return Err(Failure::usage(format_args!("`{one} -` and `{other} -` cannot both have stdout")));
        }
        self.files().try_for_each(writable)
    }

    /// Whether a format for programs has stdout.
    pub(crate) fn takes_stdout(&self) -> bool {
        self.files().any(is_stdout)
    }

    fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.json, &self.junit, &self.sarif].into_iter().flatten().map(PathBuf::as_path)
    }

    /// Writes the report, and hands on its exit code.
    pub(crate) fn write(&self, report: &Report) -> Result<u8, Failure> {
        self.write_formats(report)?;
        if !self.takes_stdout() {
            print(|out| text::render(report, out, text::Options::default()))?;
        }
        Ok(report.exit_code)
    }

    /// Writes the formats for programs alone: there is nothing to say to people that has not been said.
    pub(crate) fn write_formats(&self, report: &Report) -> Result<u8, Failure> {
        let formats: [(&Option<PathBuf>, Render); 2] = [(&self.json, json::render), (&self.junit, junit::render)];
        for (file, render) in formats {
            let Some(file) = file else { continue };
            if is_stdout(file) {
                print(|out| render(report, out))?;
            } else {
                write_file(file, |out| render(report, out))?;
            }
        }
        if let Some(file) = &self.sarif {
            let catalogue = library::catalogue()?;
            if is_stdout(file) {
                print(|out| sarif::render(report, &catalogue, out))?;
            } else {
                write_file(file, |out| sarif::render(report, &catalogue, out))?;
            }
        }
        Ok(report.exit_code)
    }
}

type Render = fn(&Report, &mut dyn Write) -> io::Result<()>;

/// Whether a file stands for stdout.
pub(crate) fn is_stdout(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Finds out before a long run that a file could not be written.
pub(crate) fn writable(file: &Path) -> Result<(), Failure> {
    let cannot = |why: &str| Err(Failure::usage(format_args!("cannot write {}: {why}", file.display())));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        _ if is_stdout(file) => Ok(()),
        Some(folder) => cannot(&format!("there is no folder {}", folder.display())),
        None if file.is_dir() => cannot("it is a folder"),
        None => Ok(()),
    }
}

/// Writes a file, in a folder that need not be there yet.
pub(crate) fn write_text(file: &Path, text: impl AsRef<[u8]>) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(file, text)
}

/// Finds out before a long run that a folder, which need not be there yet, could not hold files.
pub(crate) fn habitable(folder: &Path) -> Result<(), Failure> {
    let there = folder.ancestors().find(|folder| folder.exists());
    match there.filter(|there| !there.is_dir()) {
        Some(file) => {
            let (folder, file) = (folder.display(), file.display());
            Err(Failure::usage(format_args!("cannot write into {folder}: {file} is a file")))
        }
        None => Ok(()),
    }
}

/// Writes to stdout, with colours where they belong.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        // The reader has seen enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::tool(format_args!("cannot write to stdout: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes a file anew.
pub(crate) fn write_file(file: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let written = File::create(file).and_then(|opened| {
        let mut out = BufWriter::new(opened);
        write(&mut out)?;
        out.flush()
    });
    written.map_err(|error| Failure::tool(format_args!("cannot write {}: {error}", file.display())))
}
