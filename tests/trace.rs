//! Traces as files: each damaged one is refused where it is damaged, and the recorded ones are read to their end.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use spoolproof::trace::{ReadError, ReadOptions, Reader};

/// File, events before the damage, line, column, kind, message.
const DAMAGED: &[(&str, usize, u64, u64, &str, &str)] = &[
    ("cut-inside-the-file", 0, 2, 21, "NotJson", "the line is not JSON: EOF while parsing a string"),
    ("empty", 0, 1, 1, "Empty", "the trace is empty"),
    ("event-is-an-array", 0, 2, 1, "Shape", "invalid type: an array, expected an object"),
    ("half-an-interval", 0, 2, 15, "Shape", "missing member `ended`"),
    ("header-is-no-object", 0, 1, 1, "Shape", "invalid type: an array, expected an object"),
    ("header-member", 0, 1, 77, "UnknownMember", "unknown member `records.notification`"),
    ("header-profile", 0, 1, 60, "Shape", "unknown value `loose`, expected `none` or `tight`"),
    ("header-role", 0, 1, 30, "Shape", "unknown value `transport`, expected `store` or `spooler`"),
    ("header-version", 0, 1, 17, "UnsupportedVersion", "version 2 of the trace format is not supported"),
    ("header-without-role", 0, 1, 1, "Shape", "missing member `role`"),
    ("hresult-of-another-system", 0, 2, 98, "UnknownHResult", "no HRESULT is named `ecAccessDenied`"),
    (
        "hresult-too-large",
        0,
        2,
        98,
        "Shape",
        "invalid value: integer `4294967296`, expected an HRESULT: its symbolic name, a number or \"0x…\"",
    ),
    ("latin-1", 1, 3, 98, "NotUtf8", "the line is not UTF-8"),
    ("member-twice", 0, 2, 10, "Shape", "duplicate member `seq`"),
    ("no-header", 0, 1, 1, "NoHeader", "the first line is no trace header: it has no member `spoolproof_trace`"),
    ("not-json", 1, 3, 27, "NotJson", "the line is not JSON: key must be a string"),
    ("only-blank-lines", 0, 2, 1, "Empty", "the trace is empty"),
    ("params-are-text", 0, 2, 60, "Shape", "invalid type: string \"m1\", expected an object"),
    ("plain-text-log", 0, 1, 5, "NotJson", "the line is not JSON: trailing characters"),
    ("recipient-without-address", 0, 2, 79, "Shape", "missing member `address`"),
    ("seq-goes-back", 1, 4, 19, "Sequence", "`seq` goes from 7 to 3, and must increase"),
    ("seq-is-missing", 0, 2, 1, "Shape", "missing member `seq`"),
    ("seq-is-text", 0, 2, 8, "Shape", "invalid type: string \"1\", expected an integer from 0"),
    ("seq-repeats", 1, 3, 2, "Sequence", "`seq` goes from 1 to 1, and must increase"),
    ("truncated-in-a-character", 1, 3, 99, "Truncated", "truncated last line"),
    ("truncated", 1, 3, 50, "Truncated", "truncated last line"),
    ("two-events-on-a-line", 0, 2, 192, "NotJson", "the line is not JSON: trailing characters"),
    ("unknown-call-with-its-own-params", 0, 2, 31, "UnknownCall", "unknown call `move_message`"),
    ("unknown-call", 1, 3, 31, "UnknownCall", "unknown call `submit_mesage`"),
    (
        "unknown-folder",
        0,
        2,
        133,
        "Shape",
        "unknown value `drafts`, expected one of `outbox`, `sentmail`, `deleted`, `other`, `none`",
    ),
    ("unknown-hresult", 0, 2, 98, "UnknownHResult", "no HRESULT is named `MAPI_E_SUBMITED`"),
    ("unknown-member-event", 0, 2, 10, "UnknownMember", "unknown member `thread`"),
    ("unknown-member-observed", 0, 2, 133, "UnknownMember", "unknown member `observed.*.exist`"),
    ("unknown-member-params", 0, 2, 109, "UnknownMember", "unknown member `params.recipients.addres`"),
    ("unknown-member-result", 0, 2, 105, "UnknownMember", "unknown member `result.acess`"),
    ("zeros-at-the-end", 1, 3, 24, "Truncated", "truncated last line"),
];

const STRICT: ReadOptions = ReadOptions { skip_unknown: false };
const SKIPPING: ReadOptions = ReadOptions { skip_unknown: true };

fn traces(folder: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces").join(folder);
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut traces: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|it| it == "ndjson")).collect();
    traces.sort();
    traces
}

/// Reads to the end or to the damage: the `seq` of each event, what was skipped, and the damage.
fn read(input: impl BufRead, name: &str, options: ReadOptions) -> (Vec<u64>, u64, Option<ReadError>) {
    let mut reader = match Reader::new(input, name, options) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), 0, Some(error)),
    };
    let mut seen = Vec::new();
    let mut damage = None;
    for event in &mut reader {
        match event {
            Ok((event, _)) => seen.push(event.seq),
            Err(error) => damage = Some(error),
        }
    }
    assert!(reader.next().is_none(), "{name}: something was read behind the damage");
    (seen, reader.skipped(), damage)
}

#[test]
fn every_damaged_trace_is_refused_where_it_is_damaged() {
    let names: Vec<String> =
        traces("damaged").iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, DAMAGED.iter().map(|row| row.0).collect::<Vec<_>>(), "each file has its row, in order");
    for (path, (name, events, line, column, kind, message)) in traces("damaged").iter().zip(DAMAGED) {
        let (seen, _, damage) = read(&*fs::read(path).unwrap(), name, STRICT);
        let damage = damage.unwrap_or_else(|| panic!("{name}: no damage was found"));
        let debug = format!("{:?}", damage.kind);
        let variant = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        assert_eq!((damage.line, damage.column, variant), (*line, *column, *kind), "{name}: {damage}");
        assert_eq!(damage.to_string(), format!("{name}:{line}:{column}: {message}"));
        assert_eq!(seen.len(), *events, "{name}: events before the damage");
    }
}

#[test]
fn recorded_traces_are_read_to_their_end() {
    for path in traces("kopano") {
        let name = path.to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let (seen, skipped, damage) = read(text.as_bytes(), name, STRICT);
        assert!(damage.is_none(), "{}", damage.unwrap());
        assert_eq!((seen.len(), skipped), (text.lines().count() - 1, 0), "{name}");
    }
}

#[test]
fn what_is_unknown_is_passed_over_and_counted_on_request() {
    #[track_caller]
    fn check(name: &str, events: &[u64], skipped: u64) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/traces/damaged/{name}.ndjson"));
        let result = read(&*fs::read(path).unwrap(), name, SKIPPING);
        assert!(result.2.is_none(), "{}", result.2.unwrap());
        assert_eq!((result.0.as_slice(), result.1), (events, skipped), "{name}");
    }
    check("header-member", &[1], 1);
    check("unknown-call", &[1], 1);
    check("unknown-call-with-its-own-params", &[2], 1);
    check("unknown-member-observed", &[1], 1);
    check("unknown-member-params", &[1], 1);
}

#[test]
fn a_skipped_event_still_counts_in_the_order_of_events() {
    let log = "{\"spoolproof_trace\":1,\"role\":\"store\"}\n{\"seq\":5,\"call\":\"later\"}\n{\"seq\":5,\"call\":\"release\"}\n";
    let (seen, skipped, damage) = read(log.as_bytes(), "log", SKIPPING);
    assert_eq!((seen, skipped), (vec![], 1));
    assert_eq!(damage.unwrap().to_string(), "log:3:2: `seq` goes from 5 to 5, and must increase");
}

#[test]
fn line_ends_blank_lines_and_a_byte_order_mark_do_not_matter() {
    let log = "\u{feff}\r\n{\"spoolproof_trace\":1,\"role\":\"spooler\"}\r\n \t\r\n{\"seq\":1,\"call\":\"spooler.wake\",\
               \"result\":{\"idle\":true}}\r\n\n{\"seq\":2,\"call\":\"preprocess\",\"params\":{\"entry_id\":\"m1\",\"index\":0}}";
    let (seen, skipped, damage) = read(log.as_bytes(), "log", STRICT);
    assert!(damage.is_none(), "{}", damage.unwrap());
    assert_eq!((seen, skipped), (vec![1, 2], 0));
}

#[test]
fn a_file_without_line_ends_is_given_up_before_it_fills_the_memory() {
    let endless = BufReader::new(io::repeat(b' ').take(1 << 40));
    let (_, _, damage) = read(endless, "log", STRICT);
    assert_eq!(damage.unwrap().to_string(), "log:1:1: the line is longer than 16777216 bytes");
}

#[test]
fn a_file_that_cannot_be_read_is_no_damage_of_the_trace() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let header = &b"{\"spoolproof_trace\":1,\"role\":\"store\"}\n"[..];
    let (_, _, damage) = read(BufReader::new(header.chain(Broken)), "log", STRICT);
    assert_eq!(damage.unwrap().to_string(), "log:2:1: the disk is gone");
}

/// The smallest recorded trace.
fn small() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces/kopano/kept.ndjson");
    fs::read(path).unwrap()
}

#[test]
fn wherever_a_trace_is_cut_off_what_came_before_stands() {
    let whole = small();
    let header = whole.iter().position(|byte| *byte == b'\n').unwrap();
    for cut in header..whole.len() {
        let (seen, _, damage) = read(&whole[..cut], "log", STRICT);
        // A last line that is whole, and lacks its end alone, is an event.
        let at_an_end = whole[cut - 1] == b'\n' || whole[cut] == b'\n';
        let ends = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        let complete = ends + usize::from(whole[cut] == b'\n') - 1;
        assert_eq!(seen.len(), complete, "cut at {cut}");
        match damage {
            None => assert!(at_an_end, "cut at {cut}: nothing was missed"),
            Some(damage) => {
                assert!(!at_an_end && damage.to_string().ends_with("truncated last line"), "{cut}: {damage}")
            }
        }
    }
}

#[test]
fn no_spoiled_byte_breaks_the_reader_and_each_place_is_in_the_file() {
    let whole = small();
    for at in 0..whole.len() {
        for byte in *b"\"{]:,\\ \n0x\0\xff" {
            let mut spoiled = whole.clone();
            spoiled[at] = byte;
            for options in [STRICT, SKIPPING] {
                let (_, _, damage) = read(&*spoiled, "log", options);
                let Some(damage) = damage else { continue };
                let line = spoiled.split(|byte| *byte == b'\n').nth(usize::try_from(damage.line).unwrap() - 1).unwrap();
                let columns = String::from_utf8_lossy(line).chars().count() as u64;
                assert!(damage.column <= columns + 1, "byte {at}: {damage}");
            }
        }
    }
}
