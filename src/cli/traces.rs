//! Where the traces of a run go: all of them where the user asks for it, else those of the cases that need a look.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use spoolproof_sdk::trace::{Event, Header};

use super::failure::warn;
use crate::trace::Writer;

/// The folder of a run's traces. It is made with the first of them.
#[derive(Debug)]
pub(crate) struct Traces {
    folder: PathBuf,
    /// Keep those of cases without findings too.
    all: bool,
    /// Whether a trace could not be written: the user is told once.
    failed: bool,
}

impl Traces {
    /// Every trace in `folder` if there is one, else those with findings in `out`.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self { folder: folder.unwrap_or_else(|| Path::new("out")).to_owned(), all: folder.is_some(), failed: false }
    }

    /// Writes a case's trace, if it is to be kept, and says where it lies.
    pub(crate) fn keep(&mut self, case: &str, header: &Header, events: &[Event], has_findings: bool) -> Option<String> {
        if events.is_empty() || !(self.all || has_findings) {
            return None;
        }
        let file = self.folder.join(format!("{}.ndjson", case.replace('/', ".")));
        match write(&file, header, events) {
            Ok(()) => Some(file.display().to_string()),
            Err(error) => {
                // The verdict does not depend on it, so the run goes on.
                if !self.failed {
                    warn(format_args!("cannot write the trace {}: {error}", file.display()));
                }
                self.failed = true;
                None
            }
        }
    }
}

fn write(file: &Path, header: &Header, events: &[Event]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut writer = Writer::new(File::create(file)?, header)?;
    events.iter().try_for_each(|event| writer.write(event))?;
    writer.finish().map(drop)
}
