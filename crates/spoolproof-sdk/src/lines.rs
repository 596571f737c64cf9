//! Lines of the protocol: `\n` terminated, `\r\n` read as `\n`, blank ones passed over, none over the limit.

use std::io::{self, BufRead, Read};

/// The longest line that the protocol permits, in bytes, without its end.
pub const LINE_MAX: usize = 1 << 20;

/// Reads the next line that is not blank, without its end; `None` at the end of the stream.
///
/// A last line without `\n` is returned like any other: it is for the reader of JSON to find it cut off.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidData`] for a line over `limit` bytes, else what the stream reports.
pub fn read_line(mut reader: impl BufRead, limit: usize) -> io::Result<Option<Vec<u8>>> {
    loop {
        let mut line = Vec::new();
        // Two more than the limit: room for the end of the line, which does not count.
        let room = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(2);
        if reader.by_ref().take(room).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if line.len() > limit {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a line is over {limit} bytes")));
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read_line;

    #[track_caller]
    fn check(stream: &str, limit: usize, expected: &[&str]) {
        let mut reader = stream.as_bytes();
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut reader, limit).expect("within the limit") {
            lines.push(String::from_utf8(line).expect("text"));
        }
        assert_eq!(lines, expected);
    }

    #[test]
    fn blank_lines_are_passed_over_and_both_ends_are_read() {
        check("a\n\n  \r\nb\r\n\nc", 8, &["a", "b", "c"]);
        check("", 8, &[]);
    }

    #[test]
    fn the_limit_does_not_count_the_end_of_the_line() {
        check("1234\n5678\r\n", 4, &["1234", "5678"]);
        for stream in ["12345\n", "12345", "123456789"] {
            assert!(read_line(&mut stream.as_bytes(), 4).is_err(), "{stream}");
        }
    }
}
