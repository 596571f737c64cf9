//! A TOML document read field by field, so that one mistake does not hide the next.
//!
//! `serde` stops at the first error. Here each field is taken out of its table by name, what cannot be used is
//! reported with its place, and what is left over at the end is a field that nobody knows.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Located, ProblemKind};
use super::suggest::closest;

/// A closed set of words that a field takes.
pub(super) trait Keyword: Copy + Eq + 'static {
    /// Every word with what it stands for.
    const ALL: &'static [(&'static str, Self)];

    /// The word for this value.
    fn keyword(self) -> &'static str {
        Self::ALL.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

/// The problems of one file, found so far.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Located>,
}

impl<'a> Problems<'a> {
    /// No problems yet.
    pub(super) const fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// Notes a problem.
    pub(super) fn report(&mut self, span: Range<usize>, kind: ProblemKind) {
        self.report_near(span, kind, None);
    }

    /// Notes a problem with the name that was probably meant.
    pub(super) fn report_near(&mut self, span: Range<usize>, kind: ProblemKind, suggestion: Option<&str>) {
        let (line, column) = position(self.text, span.start);
        self.found.push(Located {
            file: self.file.to_owned(),
            line,
            column,
            span,
            kind,
            suggestion: suggestion.map(str::to_owned),
        });
    }

    /// The line of a place in the text, from one.
    pub(super) fn line(&self, offset: usize) -> usize {
        position(self.text, offset).0
    }

    /// All of them, in the order of the text.
    pub(super) fn into_sorted(mut self) -> Vec<Located> {
        self.found.sort_by_key(|problem| (problem.span.start, problem.span.end));
        self.found
    }
}

/// One table of the document, with the fields that are still to be read.
#[derive(Debug)]
pub(super) struct Table<'d> {
    fields: DeTable<'d>,
    span: Range<usize>,
    /// Every field that was asked for: what the table may hold.
    known: Vec<&'static str>,
}

impl<'d> Table<'d> {
    /// The whole document; `None`, and every mistake that the parser can find, when it is not TOML.
    pub(super) fn parse(problems: &mut Problems<'d>) -> Option<Self> {
        let (document, errors) = DeTable::parse_recoverable(problems.text);
        if errors.is_empty() {
            return Some(Self::new(document));
        }
        for error in errors {
            let span = error.span().unwrap_or(problems.text.len()..problems.text.len());
            problems.report(span, ProblemKind::Syntax { message: error.message().replace('\n', ", ") });
        }
        None
    }

    fn new(table: Spanned<DeTable<'d>>) -> Self {
        Self { span: table.span(), fields: table.into_inner(), known: Vec::new() }
    }

    /// Where the table begins.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether a field is there, whatever its value.
    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// A text that has to be there and say something.
    pub(super) fn text(&mut self, field: &'static str, problems: &mut Problems<'d>) -> Option<Spanned<String>> {
        self.required(field, problems);
        self.text_if(field, problems)
    }

    /// A text that says something, if it is there.
    pub(super) fn text_if(&mut self, field: &'static str, problems: &mut Problems<'d>) -> Option<Spanned<String>> {
        let value = self.take(field)?;
        let text = string(field, value, problems)?;
        if text.get_ref().trim().is_empty() {
            problems.report(text.span(), ProblemKind::EmptyField { field });
            return None;
        }
        Some(text)
    }

    /// A word of a closed set that has to be there.
    pub(super) fn keyword<K: Keyword>(&mut self, field: &'static str, problems: &mut Problems<'d>) -> Option<K> {
        self.required(field, problems);
        self.keyword_if(field, problems)
    }

    /// A word of a closed set, if it is there.
    pub(super) fn keyword_if<K: Keyword>(&mut self, field: &'static str, problems: &mut Problems<'d>) -> Option<K> {
        let value = self.take(field)?;
        let word = string(field, value, problems)?;
        keyword_of(field, &word, problems)
    }

    /// A list of words that has to be there and hold at least one.
    pub(super) fn keywords<K: Keyword>(&mut self, field: &'static str, problems: &mut Problems<'d>) -> Vec<K> {
        let words = self.texts(field, problems);
        words.iter().filter_map(|word| keyword_of(field, word, problems)).collect()
    }

    /// A list of texts that has to be there and hold at least one.
    pub(super) fn texts(&mut self, field: &'static str, problems: &mut Problems<'d>) -> Vec<Spanned<String>> {
        self.required(field, problems);
        let span = self.fields.get(field).map(Spanned::span);
        match (self.texts_if(field, problems), span) {
            (Some(texts), Some(span)) if texts.is_empty() => {
                problems.report(span, ProblemKind::EmptyField { field });
                texts
            }
            (texts, _) => texts.unwrap_or_default(),
        }
    }

    /// A list of texts, if it is there.
    pub(super) fn texts_if(
        &mut self,
        field: &'static str,
        problems: &mut Problems<'d>,
    ) -> Option<Vec<Spanned<String>>> {
        let value = self.take(field)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(items) => Some(items.into_iter().filter_map(|item| string(field, item, problems)).collect()),
            other => {
                problems.report(span, wrong_type(field, "a list of strings", &other));
                None
            }
        }
    }

    /// True or false, if it is there.
    pub(super) fn flag_if(&mut self, field: &'static str, problems: &mut Problems<'d>) -> Option<bool> {
        let value = self.take(field)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            problems.report(value.span(), wrong_type(field, "true or false", value.get_ref()));
        }
        flag
    }

    /// An array of tables; absent is empty.
    pub(super) fn tables(&mut self, field: &'static str, problems: &mut Problems<'d>) -> Vec<Self> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(items) => {
                items.into_iter().filter_map(|item| table(field, "a list of tables", item, problems)).collect()
            }
            other => {
                problems.report(span, wrong_type(field, "a list of tables", &other));
                Vec::new()
            }
        }
    }

    /// A table of names with texts; absent is empty.
    pub(super) fn map(
        &mut self,
        field: &'static str,
        problems: &mut Problems<'d>,
    ) -> Vec<(Spanned<String>, Spanned<String>)> {
        let Some(map) = self.take(field).and_then(|value| table(field, "a table", value, problems)) else {
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for (name, value) in map.fields {
            if let Some(text) = string(name.get_ref(), value, problems) {
                pairs.push((Spanned::new(name.span(), name.into_inner().into_owned()), text));
            }
        }
        pairs
    }

    /// Reports every field that nobody asked for.
    pub(super) fn finish(self, problems: &mut Problems<'d>) {
        for name in self.fields.keys() {
            let suggestion = closest(name.get_ref(), self.known.iter().copied());
            problems.report_near(
                name.span(),
                ProblemKind::UnknownField { field: name.get_ref().to_string() },
                suggestion,
            );
        }
    }

    fn required(&self, field: &'static str, problems: &mut Problems<'d>) {
        if !self.has(field) {
            problems.report(self.span(), ProblemKind::MissingField { field });
        }
    }

    fn take(&mut self, field: &'static str) -> Option<Spanned<DeValue<'d>>> {
        self.known.push(field);
        self.fields.remove(field)
    }
}

fn string(field: &str, value: Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Spanned<String>> {
    let span = value.span();
    match value.into_inner() {
        DeValue::String(text) => Some(Spanned::new(span, text.into_owned())),
        other => {
            problems.report(span, wrong_type(field, "a string", &other));
            None
        }
    }
}

fn table<'d>(
    field: &str,
    expected: &'static str,
    value: Spanned<DeValue<'d>>,
    problems: &mut Problems<'_>,
) -> Option<Table<'d>> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(fields) => Some(Table::new(Spanned::new(span, fields))),
        other => {
            problems.report(span, wrong_type(field, expected, &other));
            None
        }
    }
}

fn keyword_of<K: Keyword>(field: &'static str, word: &Spanned<String>, problems: &mut Problems<'_>) -> Option<K> {
    let known = K::ALL.iter().find(|(name, _)| name == word.get_ref()).map(|(_, value)| *value);
    if known.is_none() {
        let names = || K::ALL.iter().map(|(name, _)| *name);
        let kind = ProblemKind::UnknownKeyword {
            field,
            value: word.get_ref().clone(),
            allowed: names().collect::<Vec<_>>().join(", "),
        };
        problems.report_near(word.span(), kind, closest(word.get_ref(), names()));
    }
    known
}

fn wrong_type(field: &str, expected: &'static str, found: &DeValue<'_>) -> ProblemKind {
    let found = match found {
        DeValue::Array(_) => "a list",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Float(_) | DeValue::Integer(_) => "a number",
        DeValue::String(_) => "a string",
        DeValue::Table(_) => "a table",
    };
    ProblemKind::WrongType { field: field.to_owned(), expected, found }
}

/// Line and column of a byte offset, both from one, the column in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
