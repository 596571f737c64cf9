//! A profile: what a provider claims of itself, from a file.

use spoolproof_sdk::wire::{Coupling, Profile, SortsQueue};
use toml::Spanned;

use super::catalogue::Catalogue;
use super::document::{Keyword, Problems, Table};
use super::error::{LoadError, ProblemKind};
use super::suggest::closest;

/// A profile with a title, as a profile file holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedProfile {
    /// What kind of provider it describes, in a few words.
    pub title: String,
    /// The claims, in the form in which an adapter makes them.
    pub profile: Profile,
}

impl NamedProfile {
    /// Reads the text of a profile file; `file` is its name in messages.
    ///
    /// ```
    /// use spoolproof::spec::{Catalogue, NamedProfile};
    ///
    /// let catalogue = Catalogue::embedded()?;
    /// let text = "title = \"a strict store\"\ncoupling = \"none\"\n[readings]\nB1 = \"LockDominates\"\n";
    /// let strict = NamedProfile::parse("strict.toml", text, &catalogue)?;
    /// assert_eq!(strict.profile.readings["B1"], "LockDominates");
    /// # Ok::<(), spoolproof::spec::LoadError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every problem that can be found in the text, readings that the catalogue does not know among them.
    pub fn parse(file: &str, text: &str, catalogue: &Catalogue) -> Result<Self, LoadError> {
        let mut problems = Problems::new(file, text);
        let Some(table) = Table::parse(&mut problems) else {
            return Err(LoadError::new(problems.into_sorted()));
        };
        let named = read(table, catalogue, &mut problems);
        let problems = problems.into_sorted();
        if problems.is_empty() { Ok(named) } else { Err(LoadError::new(problems)) }
    }
}

fn read<'d>(mut table: Table<'d>, catalogue: &Catalogue, problems: &mut Problems<'d>) -> NamedProfile {
    let title = table.text("title", problems).map(Spanned::into_inner).unwrap_or_default();
    let mut profile = Profile {
        outgoing_submission: table.flag_if("outgoing_submission", problems),
        coupling: table.keyword_if("coupling", problems),
        handles_addrtypes: table
            .texts_if("handles_addrtypes", problems)
            .map(|types| types.into_iter().map(Spanned::into_inner).collect()),
        wants_spooler_completion: table.flag_if("wants_spooler_completion", problems),
        persists_lock: table.flag_if("persists_lock", problems),
        sorts_queue: table.keyword_if("sorts_queue", problems),
        ..Profile::default()
    };
    for (id, name) in table.map("readings", problems) {
        if check_reading(&id, &name, catalogue, problems) {
            profile.readings.insert(id.into_inner(), name.into_inner());
        }
    }
    table.finish(problems);
    NamedProfile { title, profile }
}

fn check_reading(
    id: &Spanned<String>,
    name: &Spanned<String>,
    catalogue: &Catalogue,
    problems: &mut Problems<'_>,
) -> bool {
    let Some(ambiguity) = catalogue.ambiguity(id.get_ref()) else {
        let ids = catalogue.ambiguities().iter().map(|ambiguity| ambiguity.id.as_str());
        let kind = ProblemKind::UnknownAmbiguity { id: id.get_ref().clone() };
        problems.report_near(id.span(), kind, closest(id.get_ref(), ids));
        return false;
    };
    let known = ambiguity.reading(name.get_ref()).is_some();
    if !known {
        let names = ambiguity.readings.iter().map(|reading| reading.name.as_str());
        let kind = ProblemKind::UnknownReading { ambiguity: ambiguity.id.clone(), name: name.get_ref().clone() };
        problems.report_near(name.span(), kind, closest(name.get_ref(), names));
    }
    known
}

impl Keyword for Coupling {
    const ALL: &'static [(&'static str, Self)] = &[("none", Self::None), ("tight", Self::Tight)];
}

impl Keyword for SortsQueue {
    const ALL: &'static [(&'static str, Self)] = &[("store", Self::Store), ("table", Self::Table)];
}

/// The profiles that this program carries: name and text, by name.
pub const SHIPPED_PROFILES: &[(&str, &str)] = &[
    ("coupled", include_str!("../../models/profiles/coupled.toml")),
    ("coupled-completion", include_str!("../../models/profiles/coupled-completion.toml")),
    ("sample-store", include_str!("../../models/profiles/sample-store.toml")),
    ("uncoupled", include_str!("../../models/profiles/uncoupled.toml")),
];

#[cfg(test)]
mod tests {
    use spoolproof_sdk::wire::{Coupling, SortsQueue};

    use super::{NamedProfile, SHIPPED_PROFILES};
    use crate::spec::{Catalogue, Stance};

    fn embedded() -> Catalogue {
        Catalogue::embedded().unwrap_or_else(|error| panic!("{error}"))
    }

    fn parse(text: &str) -> Result<NamedProfile, String> {
        let catalogue = embedded();
        NamedProfile::parse("p.toml", text, &catalogue).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let error = parse(text).expect_err("the text has problems");
        assert_eq!(error.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_claim_is_read() {
        let named = parse(
            "title = \"all of it\"\noutgoing_submission = true\ncoupling = \"tight\"\nhandles_addrtypes = [\"SMTP\"]\n\
             wants_spooler_completion = true\npersists_lock = false\nsorts_queue = \"table\"\n\
             [readings]\nB1 = \"LockDominates\"\nC3 = \"LockLost\"\n",
        )
        .expect("the text is right");
        assert_eq!(named.title, "all of it");
        assert_eq!(named.profile.outgoing_submission, Some(true));
        assert_eq!(named.profile.coupling, Some(Coupling::Tight));
        assert_eq!(named.profile.handles_addrtypes, Some(vec!["SMTP".to_owned()]));
        assert_eq!(named.profile.wants_spooler_completion, Some(true));
        assert_eq!(named.profile.persists_lock, Some(false));
        assert_eq!(named.profile.sorts_queue, Some(SortsQueue::Table));
        let readings: Vec<_> = named.profile.readings.iter().map(|(id, name)| format!("{id}={name}")).collect();
        assert_eq!(readings, ["B1=LockDominates", "C3=LockLost"]);
    }

    #[test]
    fn what_is_not_claimed_is_unknown() {
        let named = parse("title = \"nothing\"\n").expect("the text is right");
        assert_eq!(named.profile, spoolproof_sdk::wire::Profile::default());
    }

    #[test]
    fn unknown_readings_are_named_with_their_place() {
        check(
            "title = \"x\"\n[readings]\nB1 = \"LockDominate\"\nZ99 = \"Any\"\nF77 = \"SampleStore\"\nC3 = true\n",
            &[
                "p.toml:3:6: `B1` has no reading called `LockDominate`; did you mean `LockDominates`?",
                "p.toml:4:1: no ambiguity is called `Z99`",
                "p.toml:5:1: no ambiguity is called `F77`; did you mean `F7`?",
                "p.toml:6:6: `C3` has to be a string, and is true or false",
            ],
        );
    }

    #[test]
    fn wrong_claims_are_named_with_their_place() {
        check(
            "coupling = \"loose\"\npersist_lock = true\nsorts_queue = 3\n",
            &[
                "p.toml:1:1: the field `title` is missing",
                "p.toml:1:12: `coupling` cannot be `loose`: it is one of none, tight",
                "p.toml:2:1: no field is called `persist_lock` here; did you mean `persists_lock`?",
                "p.toml:3:15: `sorts_queue` has to be a string, and is a number",
            ],
        );
    }

    #[test]
    fn every_syntax_error_is_named_with_its_place() {
        check(
            "title = \ncoupling = \"none\"\ncoupling = \"tight\"\n[readings\n",
            &[
                "p.toml:1:9: string values must be quoted, expected literal string",
                "p.toml:3:1: duplicate key",
                "p.toml:4:10: unclosed table, expected `]`",
            ],
        );
    }

    #[test]
    fn the_shipped_profiles_are_right() {
        let catalogue = embedded();
        for (name, text) in SHIPPED_PROFILES {
            let named = NamedProfile::parse(name, text, &catalogue).expect("the shipped profile is right");
            assert_eq!(named.profile.outgoing_submission, Some(true), "{name}");
            for (id, reading) in &named.profile.readings {
                let stance = catalogue.ambiguity(id).and_then(|row| row.reading(reading)).map(|row| row.stance);
                assert!(stance.is_some_and(|stance| stance != Stance::Rejected), "{name}: {id}={reading}");
            }
        }
    }
}
