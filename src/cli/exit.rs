//! The exit codes: the one thing that a script needs to know of a run.
//!
//! They are part of the stable surface; `docs/exit-codes.md` says which applies when several could. Reports carry the
//! same numbers, so they are defined there.

pub use crate::report::exit::{CONFORMS, FAILED, INCONCLUSIVE, INTERRUPTED, NOTHING_RUN};
pub use crate::report::exit::{TERMINATED, UNEXPECTED, UNREADABLE, VIOLATION};

/// Every code with its meaning, as `--help` prints them.
pub const MEANINGS: [(u8, &str); 9] = [
    (CONFORMS, "what was judged conforms; for other commands: done"),
    (VIOLATION, "a violation was found, or a property fails"),
    (UNREADABLE, "the command line is wrong, or an input cannot be read to its end"),
    (FAILED, "the adapter failed, or this program did"),
    (NOTHING_RUN, "there was nothing to judge"),
    (INCONCLUSIVE, "nothing is wrong, and something could not be decided"),
    (UNEXPECTED, "a known failure passes, a list is stale, or less was judged than was accepted"),
    (INTERRUPTED, "stopped by Ctrl-C, with the report of what had run"),
    (TERMINATED, "stopped by SIGTERM, with the report of what had run"),
];

#[cfg(test)]
mod tests {
    use super::MEANINGS;

    #[test]
    fn every_code_is_documented_and_has_one_meaning() {
        let documented = include_str!("../../docs/exit-codes.md");
        assert!(MEANINGS.iter().is_sorted_by(|(one, _), (next, _)| one < next));
        for (code, meaning) in MEANINGS {
            assert!(documented.contains(&format!("| {code} | {meaning} |")), "{code}: {meaning}");
        }
    }
}
