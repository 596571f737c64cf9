//! Reads members of TOML tables one by one, and keeps every mistake with its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::spec::Problem;

/// A value where it stands.
pub(crate) type Value<'a> = &'a Spanned<DeValue<'a>>;

/// A table of which the members are taken one by one; those that nobody asked for are mistakes.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    /// What the table describes, for messages.
    what: String,
    span: Range<usize>,
    table: &'a DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'a> Members<'a> {
    pub(crate) fn new(what: impl Into<String>, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { what: what.into(), span, table, known: Vec::new() }
    }

    /// Says what the table describes, once that is known.
    pub(crate) fn describe(&mut self, what: impl Into<String>) {
        self.what = what.into();
    }

    /// The bytes of the table.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The bytes of the member's value; those of the table where the member is not there.
    pub(crate) fn span_of(&self, name: &str) -> Range<usize> {
        self.table.get(name).map_or_else(|| self.span(), Spanned::span)
    }

    /// The member of that name, if it is there.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Value<'a>> {
        self.known.push(name);
        self.table.get(name)
    }

    /// The member of that name, which must be there.
    pub(crate) fn need(&mut self, name: &'static str, problems: &mut Problems) -> Option<Value<'a>> {
        let value = self.take(name);
        if value.is_none() {
            problems.add(self.span(), format!("{} needs `{name}`", self.what), None);
        }
        value
    }

    /// Every member, whatever its name.
    pub(crate) fn all(self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        self.table.iter().map(|(name, value)| (name.get_ref().as_ref(), value))
    }

    /// Complains of the members that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for name in self.table.keys().filter(|name| !self.known.contains(&name.get_ref().as_ref())) {
            let message = format!("{} has no member `{}`", self.what, name.get_ref());
            problems.add(name.span(), message, suggest(name.get_ref(), self.known.iter().copied()));
        }
    }
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        self.0.push(Problem { span, message, help });
    }

    /// The mistakes in the order of the file.
    pub(crate) fn into_sorted(mut self) -> Vec<Problem> {
        self.0.sort_by_key(|problem| (problem.span.start, problem.span.end));
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn mistyped(&mut self, name: &str, expected: &str, value: Value<'_>) {
        let (found, article) = match value.get_ref().type_str() {
            found @ ("array" | "integer") => (found, "an"),
            found => (found, "a"),
        };
        self.add(value.span(), format!("`{name}` is {expected}, not {article} {found}"), None);
    }

    pub(crate) fn text<'a>(&mut self, name: &str, value: Value<'a>) -> Option<&'a str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.mistyped(name, "a string", value);
        }
        text
    }

    pub(crate) fn boolean(&mut self, name: &str, value: Value<'_>) -> Option<bool> {
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            self.mistyped(name, "true or false", value);
        }
        boolean
    }

    pub(crate) fn table<'a>(&mut self, name: &str, value: Value<'a>) -> Option<Members<'a>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.mistyped(name, "a table", value);
        }
        table.map(|table| Members::new(format!("`{name}`"), value.span(), table))
    }

    pub(crate) fn items<'a>(
        &mut self,
        name: &str,
        value: Value<'a>,
    ) -> Option<impl Iterator<Item = Value<'a>> + use<'a>> {
        let array = value.get_ref().as_array();
        if array.is_none() {
            self.mistyped(name, "an array", value);
        }
        array.map(|array| array.iter())
    }

    pub(crate) fn texts(&mut self, name: &str, value: Value<'_>) -> Option<Vec<String>> {
        let items: Vec<_> = self.items(name, value)?.map(|item| self.text(name, item).map(str::to_owned)).collect();
        items.into_iter().collect()
    }

    /// One of a fixed set of names; `what` is what they name.
    pub(crate) fn one_of<T: Copy>(&mut self, what: &str, value: Value<'_>, options: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(what, value)?;
        let found = options.iter().find(|(name, _)| *name == text).map(|(_, option)| *option);
        if found.is_none() {
            let help = suggest(text, options.iter().map(|(name, _)| *name));
            self.add(value.span(), format!("no {what} is named `{text}`"), help.or_else(|| listed(options)));
        }
        found
    }
}

/// The name that was probably meant.
pub(crate) fn suggest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let near = names.map(|name| (strsim::damerau_levenshtein(text, name), name)).min()?;
    (near.0 <= (text.chars().count() / 3).max(1)).then(|| format!("did you mean `{}`?", near.1))
}

/// All names, where they are few.
fn listed<T>(options: &[(&'static str, T)]) -> Option<String> {
    let names: Vec<_> = options.iter().map(|(name, _)| format!("`{name}`")).collect();
    (names.len() <= 6).then(|| format!("one of {}", names.join(", ")))
}
