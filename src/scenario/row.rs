//! How values stand in a case's file: inline tables on one line, lists, and texts in quotes.

use std::fmt;

/// The members of an inline table, in the order in which they are printed.
#[derive(Debug, Default)]
pub(super) struct Row(Vec<String>);

impl Row {
    pub(super) fn push(&mut self, name: &str, value: impl fmt::Display) {
        self.0.push(format!("{name} = {value}"));
    }

    /// A member that may be absent.
    pub(super) fn maybe(&mut self, name: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        self.maybe(name, value.map(quoted));
    }

    /// A member that is false by default.
    pub(super) fn set(&mut self, name: &str, value: bool) {
        self.maybe(name, value.then_some(true));
    }

    /// A member that is true by default.
    pub(super) fn unset(&mut self, name: &str, value: bool) {
        self.maybe(name, (!value).then_some(false));
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("{}"),
            members => write!(f, "{{ {} }}", members.join(", ")),
        }
    }
}

pub(super) fn texts(texts: &[String]) -> String {
    list(texts.iter().map(|text| quoted(text)))
}

pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

pub(super) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A basic string on one line; the `toml` crate would spread one with line breaks over several.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
