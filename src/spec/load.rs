//! Rows of the two catalogue files, read and checked one by one; references between them come last.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::document::{Keyword, Problems, Table};
use super::error::ProblemKind;
use super::reading::{Ambiguity, AmbiguityStatus, Reading, Stance};
use super::requirement::{Requirement, RequirementStatus};
use super::suggest::closest;

/// What one file holds: its usable rows, and the ids of all rows, so that a broken row is not also a missing one.
#[derive(Debug)]
pub(super) struct Loaded<T> {
    pub(super) rows: Vec<T>,
    ids: BTreeMap<String, Range<usize>>,
    /// Ids of the other file's rows that this file names.
    references: Vec<Spanned<String>>,
}

impl<T> Loaded<T> {
    const fn new() -> Self {
        Self { rows: Vec::new(), ids: BTreeMap::new(), references: Vec::new() }
    }

    /// Takes a row's id, and reports one that is taken.
    fn claim(&mut self, id: &Spanned<String>, problems: &mut Problems<'_>) {
        if let Some(first) = self.ids.get(id.get_ref()) {
            let first_line = problems.line(first.start);
            problems.report(id.span(), ProblemKind::DuplicateId { id: id.get_ref().clone(), first_line });
        } else {
            self.ids.insert(id.get_ref().clone(), id.span());
        }
    }

    /// Keeps a list of references for `check_references`, and gives back the ids.
    fn refer(&mut self, ids: Vec<Spanned<String>>) -> Vec<String> {
        let names = ids.iter().map(|id| id.get_ref().clone()).collect();
        self.references.extend(ids);
        names
    }

    /// Reports every id that this file names and the other file does not have.
    pub(super) fn check_references<U>(
        &self,
        other: &Loaded<U>,
        unknown: impl Fn(String) -> ProblemKind,
        problems: &mut Problems<'_>,
    ) {
        for id in self.references.iter().filter(|id| !other.ids.contains_key(id.get_ref())) {
            let suggestion = closest(id.get_ref(), other.ids.keys().map(String::as_str));
            problems.report_near(id.span(), unknown(id.get_ref().clone()), suggestion);
        }
    }
}

/// Reads `requirements.toml`; `None` when it is not TOML.
pub(super) fn requirements(problems: &mut Problems<'_>) -> Option<Loaded<Requirement>> {
    let mut document = Table::parse(problems)?;
    let mut loaded = Loaded::new();
    for row in document.tables("requirement", problems) {
        if let Some(requirement) = requirement(row, &mut loaded, problems) {
            loaded.rows.push(requirement);
        }
    }
    document.finish(problems);
    Some(loaded)
}

fn requirement<'d>(
    mut row: Table<'d>,
    loaded: &mut Loaded<Requirement>,
    problems: &mut Problems<'d>,
) -> Option<Requirement> {
    let id = row.text("id", problems);
    if let Some(id) = &id {
        loaded.claim(id, problems);
    }
    let who = row.keywords("who", problems);
    let strength = row.keyword("strength", problems);
    let form = row.keyword_if("form", problems);
    let page = row.text("page", problems);
    let section = row.text("section", problems);
    let text = row.text("text", problems);
    let status = row.keyword::<RequirementStatus>("status", problems);
    let needs_why = status.filter(|status| status.needs_why()).map(Keyword::keyword);
    let why = why(&mut row, id.as_ref(), needs_why, problems);
    let observed_by = row.text_if("observed_by", problems);
    let ambiguity = row.texts_if("ambiguity", problems).unwrap_or_default();
    let ambiguity = loaded.refer(ambiguity);
    let shown_by = row.texts_if("shown_by", problems).unwrap_or_default();
    row.finish(problems);
    Some(Requirement {
        id: id?.into_inner(),
        who,
        strength: strength?,
        form,
        page: page?.into_inner(),
        section: section?.into_inner(),
        text: text?.into_inner(),
        status: status?,
        why,
        observed_by: observed_by.map(Spanned::into_inner),
        ambiguity,
        shown_by: shown_by.into_iter().map(Spanned::into_inner).collect(),
    })
}

/// Reads `readings.toml`; `None` when it is not TOML.
pub(super) fn ambiguities(problems: &mut Problems<'_>) -> Option<Loaded<Ambiguity>> {
    let mut document = Table::parse(problems)?;
    let mut loaded = Loaded::new();
    for row in document.tables("ambiguity", problems) {
        if let Some(ambiguity) = ambiguity(row, &mut loaded, problems) {
            loaded.rows.push(ambiguity);
        }
    }
    document.finish(problems);
    Some(loaded)
}

fn ambiguity<'d>(mut row: Table<'d>, loaded: &mut Loaded<Ambiguity>, problems: &mut Problems<'d>) -> Option<Ambiguity> {
    let id = row.text("id", problems);
    if let Some(id) = &id {
        loaded.claim(id, problems);
    }
    let kind = row.keywords("kind", problems);
    let title = row.text("title", problems);
    let statements = row.texts("statements", problems);
    let statements = loaded.refer(statements);
    let text = row.text("text", problems);
    let default = row.text("default", problems);
    let status = row.keyword::<AmbiguityStatus>("status", problems);
    let needs_why = status.filter(|status| status.needs_why()).map(Keyword::keyword);
    let why = why(&mut row, id.as_ref(), needs_why, problems);
    let practice = row.text_if("practice", problems);
    let readings = readings(&mut row, id.as_ref(), default.as_ref(), problems);
    row.finish(problems);
    Some(Ambiguity {
        id: id?.into_inner(),
        kind,
        title: title?.into_inner(),
        statements,
        text: text?.into_inner(),
        default: default?.into_inner(),
        status: status?,
        why,
        practice: practice.map(Spanned::into_inner),
        readings,
    })
}

/// The readings of one ambiguity, checked against its default.
fn readings<'d>(
    row: &mut Table<'d>,
    id: Option<&Spanned<String>>,
    default: Option<&Spanned<String>>,
    problems: &mut Problems<'d>,
) -> Vec<Reading> {
    let ambiguity = || id.map(|id| id.get_ref().clone()).unwrap_or_default();
    let mut names = Vec::new();
    let mut readings: Vec<Reading> = Vec::new();
    for mut table in row.tables("reading", problems) {
        let name = table.text("name", problems);
        let permits = table.text("permits", problems);
        let stance = table.keyword::<Stance>("stance", problems);
        table.finish(problems);
        let Some(name) = name else { continue };
        if names.contains(name.get_ref()) {
            let kind = ProblemKind::DuplicateReading { ambiguity: ambiguity(), name: name.get_ref().clone() };
            problems.report(name.span(), kind);
        }
        names.push(name.get_ref().clone());
        if let (Some(permits), Some(stance)) = (permits, stance) {
            readings.push(Reading { name: name.into_inner(), permits: permits.into_inner(), stance });
        }
    }
    if let Some(default) = default {
        let name = default.get_ref().clone();
        if !names.contains(&name) {
            let suggestion = closest(&name, names.iter().map(String::as_str));
            let kind = ProblemKind::UnknownReading { ambiguity: ambiguity(), name: name.clone() };
            problems.report_near(default.span(), kind, suggestion);
        } else if readings.iter().find(|reading| reading.name == name).is_some_and(|r| r.stance != Stance::Permitted) {
            problems.report(default.span(), ProblemKind::DefaultNotPermitted { name });
        }
    }
    readings
}

/// The reason for a status, which some have to give.
fn why<'d>(
    row: &mut Table<'d>,
    id: Option<&Spanned<String>>,
    needed_by: Option<&'static str>,
    problems: &mut Problems<'d>,
) -> Option<String> {
    if let (Some(status), Some(id), false) = (needed_by, id, row.has("why")) {
        problems.report(id.span(), ProblemKind::MissingWhy { id: id.get_ref().clone(), status });
    }
    row.text_if("why", problems).map(Spanned::into_inner)
}
