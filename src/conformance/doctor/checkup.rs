//! What the doctor found: a list of checks, each with a mark and what was seen.

use serde::Serialize;

/// What a check came to, the worst last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The adapter does not serve what the check needs, or the check could not be made.
    NotServed,
    /// Nothing is wrong.
    Sound,
    /// Something is odd, which an adapter may be.
    Warning,
    /// The adapter failed during the check: it died, timed out, or sent what is no message.
    Failed,
    /// The adapter breaks the protocol in a way that its provider would be blamed for, or that hides the provider.
    Broken,
}

/// Something that was seen, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Note {
    /// How bad it is: `Warning`, `Failed` or `Broken`; `NotServed` says why a check could not be made.
    pub mark: Mark,
    /// What was seen.
    pub seen: String,
    /// What to do; empty where what was seen says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

/// One check.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What a sound adapter does.
    pub what: &'static str,
    /// What it came to: the worst of its notes.
    pub mark: Mark,
    /// What was seen.
    pub notes: Vec<Note>,
}

/// Everything that was checked, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Checkup {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Checkup {
    /// Whether verdicts on the provider behind this adapter can be believed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.checks.iter().all(|check| check.mark < Mark::Failed)
    }

    /// What the provider would be blamed for, each with the name of the check and what to do.
    pub fn causes(&self) -> impl Iterator<Item = (&'static str, &Note)> {
        let broken = |check: &'_ Check| check.mark == Mark::Broken;
        self.checks.iter().filter(move |check| broken(check)).flat_map(|check| {
            check.notes.iter().filter(|note| note.mark == Mark::Broken).map(|note| (check.name, note))
        })
    }

    /// How many checks have this mark.
    #[must_use]
    pub fn count(&self, mark: Mark) -> usize {
        self.checks.iter().filter(|check| check.mark == mark).count()
    }
}

/// The notes of a check that is being made.
#[derive(Debug, Default)]
pub(super) struct Notes(pub(super) Vec<Note>);

impl Notes {
    pub(super) fn broken(&mut self, seen: impl Into<String>, advice: impl Into<String>) {
        self.add(Mark::Broken, seen, advice);
    }

    pub(super) fn warning(&mut self, seen: impl Into<String>, advice: impl Into<String>) {
        self.add(Mark::Warning, seen, advice);
    }

    pub(super) fn add(&mut self, mark: Mark, seen: impl Into<String>, advice: impl Into<String>) {
        let note = Note { mark, seen: seen.into(), advice: advice.into() };
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    /// The check that these are the notes of.
    pub(super) fn into_check(self, name: &'static str, what: &'static str) -> Check {
        let worst = self.0.iter().map(|note| note.mark).max();
        Check { name, what, mark: worst.unwrap_or(Mark::Sound), notes: self.0 }
    }
}
