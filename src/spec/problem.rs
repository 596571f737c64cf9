//! What is wrong with a file that people write: a message and the bytes that it is about.
//!
//! Plain data, so that a parser can hand back all the problems that it finds; the command line draws them.

use std::ops::Range;

/// One thing that is wrong with a source text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The bytes of the source that it is about; empty where something is missing.
    pub span: Range<usize>,
    /// What is wrong: a lowercase fragment without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// The line and the column of a byte offset: both from 1, the column in characters.
///
/// An offset past the end means the end; one inside a character means that character.
#[must_use]
pub fn line_column(source: &str, offset: usize) -> (usize, usize) {
    let before = &source[..source.floor_char_boundary(offset)];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::line_column;

    #[track_caller]
    fn check(source: &str, offset: usize, expected: (usize, usize)) {
        assert_eq!(line_column(source, offset), expected, "{source:?} at {offset}");
    }

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        check("", 0, (1, 1));
        check("ab\ncd", 1, (1, 2));
        check("ab\ncd", 2, (1, 3));
        check("ab\ncd", 3, (2, 1));
        check("é→x\n", "é→".len(), (1, 3));
    }

    #[test]
    fn an_offset_that_is_no_place_means_the_nearest_one_before() {
        check("ab\n", 99, (2, 1));
        check("a→b", 2, (1, 2));
    }
}
