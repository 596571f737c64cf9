//! How a report for people is laid out: columns, numbers, names and colours.

use anstyle::{AnsiColor, Style};

use super::CaseVerdict;
use crate::check::grouped;
use crate::oracle::{Verdict, Who};

/// What matters in a line.
pub(crate) const STRONG: Style = Style::new().bold();
/// What only helps to find one's way.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// The colour of a verdict.
pub(crate) const fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Deviation | Verdict::Inconclusive => AnsiColor::Yellow,
        Verdict::Error => AnsiColor::Magenta,
        Verdict::NotExercised | Verdict::Unsupported => return FAINT,
        Verdict::Pass => AnsiColor::Green,
        Verdict::Violation => AnsiColor::Red,
    };
    color.on_default().bold()
}

/// The party as a sentence would call it.
pub(super) const fn party(who: Who) -> &'static str {
    match who {
        Who::Adapter => "the adapter",
        Who::Client => "the client",
        Who::Mapi => "MAPI",
        Who::Spooler => "the spooler",
        Who::Store => "the store",
        Who::Transport => "the transport",
    }
}

/// The family that a case belongs to: what stands before the first `/` of its id.
pub(super) fn family(case: &CaseVerdict) -> &str {
    case.id.split_once('/').map_or("cases", |(family, _)| family)
}

/// A number of things.
pub(crate) fn count(number_of: u64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number_of), if number_of == 1 { "" } else { "s" })
}

/// An identifier that no one reads in full, by its two ends.
pub(super) fn short(id: &str) -> String {
    let chars: Vec<char> = id.chars().collect();
    if chars.len() <= ID_CHARS_MAX {
        return id.to_owned();
    }
    let (head, tail) = (&chars[..4], &chars[chars.len() - 4..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

const ID_CHARS_MAX: usize = 16;

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().count()
}

/// Breaks a text between words into lines of at most `width` columns; a longer word has its own line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    fill(text.split_whitespace(), " ", width)
}

/// Puts items in lines of at most `width` columns, `between` them.
pub(crate) fn fill<T: AsRef<str>>(items: impl IntoIterator<Item = T>, between: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        let item = item.as_ref();
        match lines.last_mut() {
            Some(line) if columns(line) + columns(between) + columns(item) <= width => {
                line.push_str(between);
                line.push_str(item);
            }
            _ => lines.push(item.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{short, wrap};

    #[test]
    fn long_identifiers_are_known_by_their_ends() {
        assert_eq!(short("m1"), "m1");
        assert_eq!(short("7238619910a5407f8abbc4f83dd464a0"), "7238…64a0");
    }

    #[test]
    fn a_text_breaks_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible thing", 5), ["incomprehensible", "thing"]);
        assert!(wrap("  ", 5).is_empty());
    }
}
