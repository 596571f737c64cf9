//! Writes a trace: the header, then one event a line.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use spoolproof_sdk::trace::{Event, Header};

/// Writes a trace to a file or a pipe, buffered.
#[derive(Debug)]
pub struct Writer<W: Write> {
    inner: BufWriter<W>,
}

impl<W: Write> Writer<W> {
    /// Starts a trace with its header.
    ///
    /// # Errors
    ///
    /// When `inner` cannot be written.
    pub fn new(inner: W, header: &Header) -> io::Result<Self> {
        let mut writer = Self { inner: BufWriter::new(inner) };
        writer.line(header)?;
        Ok(writer)
    }

    /// Adds an event. The caller numbers the events; nothing is checked here.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        self.line(event)
    }

    /// Ends the trace: everything is written when it returns.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.inner.into_inner().map_err(io::IntoInnerError::into_error)
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.inner, value)?;
        self.inner.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use spoolproof_sdk::trace::{Event, Header};

    use super::Writer;
    use crate::trace::{ReadOptions, Reader};

    fn read(text: &str) -> (Header, Vec<Event>) {
        let reader = Reader::new(text.as_bytes(), "test", ReadOptions::default()).unwrap();
        (reader.header().clone(), reader.map(|event| event.unwrap().0).collect())
    }

    fn write(header: &Header, events: &[Event]) -> String {
        let mut writer = Writer::new(Vec::new(), header).unwrap();
        for event in events {
            writer.write(event).unwrap();
        }
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_events() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/traces/kopano");
        let mut files = 0;
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "ndjson") {
                continue;
            }
            let (header, events) = read(&fs::read_to_string(&path).unwrap());
            assert!(!events.is_empty(), "{}", path.display());
            let written = write(&header, &events);
            assert_eq!(read(&written), (header, events), "{}", path.display());
            files += 1;
        }
        assert_eq!(files, 8);
    }

    #[test]
    fn members_stand_in_the_order_of_the_format() {
        let text = concat!(
            r#"{"spoolproof_trace":1,"provider":{"name":"p","version":"1"},"role":"store","profile":{"coupling":"none"},"#,
            r#""records":{"support":true,"notifications":false,"observe":["exists"]},"recorded_by":"r","starts":"mid-flight"}"#,
            "\n",
            r#"{"seq":1,"at":{"began":0,"ended":2},"session":"store","call":"support.complete_msg","#,
            r#""params":{"entry_id":"m1"},"result":{"hresult":"0x8004FFFF"},"during":2,"#,
            r#""observed":{"m1":{"exists":true,"PR_CLIENT_SUBMIT_TIME":null}},"case":"c"}"#,
            "\n",
            r#"{"seq":2,"at":"2026-01-01T00:00:00Z","session":"client-1","call":"submit_message","#,
            r#""params":{"handle":"h1"},"result":{},"error":{"code":-32000}}"#,
            "\n",
        );
        let (header, events) = read(text);
        assert_eq!(write(&header, &events), text);
    }
}
