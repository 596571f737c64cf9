//! The catalogue: every requirement and every ambiguity, by id.

use std::collections::BTreeMap;

use super::document::Problems;
use super::error::{LoadError, ProblemKind};
use super::load;
use super::reading::Ambiguity;
use super::requirement::Requirement;
use super::suggest::closest;

/// Every requirement and every ambiguity, in the order of their files.
#[derive(Clone, Debug)]
pub struct Catalogue {
    requirements: Vec<Requirement>,
    ambiguities: Vec<Ambiguity>,
    requirement_index: BTreeMap<String, usize>,
    ambiguity_index: BTreeMap<String, usize>,
}

impl Catalogue {
    /// Reads the texts of `models/requirements.toml` and `models/readings.toml`.
    ///
    /// ```
    /// use spoolproof::spec::Catalogue;
    ///
    /// let error = Catalogue::parse("[[requirement]]\nid = \"SLS-08\"\n", "").unwrap_err();
    /// assert!(error.to_string().starts_with("models/requirements.toml:1:1: the field `who` is missing"));
    /// ```
    ///
    /// # Errors
    ///
    /// Every problem that can be found in both texts, with its place. A text that is not TOML is checked no further,
    /// and what the other one refers to in it is not checked either.
    pub fn parse(requirements: &str, readings: &str) -> Result<Self, LoadError> {
        let mut requirement_problems = Problems::new(REQUIREMENTS_FILE, requirements);
        let mut ambiguity_problems = Problems::new(READINGS_FILE, readings);
        let requirements = load::requirements(&mut requirement_problems);
        let ambiguities = load::ambiguities(&mut ambiguity_problems);
        if let (Some(requirements), Some(ambiguities)) = (&requirements, &ambiguities) {
            let unknown_ambiguity = |id| ProblemKind::UnknownAmbiguity { id };
            requirements.check_references(ambiguities, unknown_ambiguity, &mut requirement_problems);
            let unknown_requirement = |id| ProblemKind::UnknownRequirement { id };
            ambiguities.check_references(requirements, unknown_requirement, &mut ambiguity_problems);
        }
        let mut problems = requirement_problems.into_sorted();
        problems.extend(ambiguity_problems.into_sorted());
        let (Some(requirements), Some(ambiguities), true) = (requirements, ambiguities, problems.is_empty()) else {
            return Err(LoadError::new(problems));
        };
        let (requirements, ambiguities) = (requirements.rows, ambiguities.rows);
        Ok(Self {
            requirement_index: index(requirements.iter().map(|requirement| &requirement.id)),
            ambiguity_index: index(ambiguities.iter().map(|ambiguity| &ambiguity.id)),
            requirements,
            ambiguities,
        })
    }

    /// The catalogue that this program carries.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::parse`]; the files that are shipped have no problem, which a test sees to.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::parse(include_str!("../../models/requirements.toml"), include_str!("../../models/readings.toml"))
    }

    /// The requirement of that id.
    #[must_use]
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        self.requirement_index.get(id).and_then(|&at| self.requirements.get(at))
    }

    /// Every requirement, in the order of the file.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The ambiguity of that id.
    #[must_use]
    pub fn ambiguity(&self, id: &str) -> Option<&Ambiguity> {
        self.ambiguity_index.get(id).and_then(|&at| self.ambiguities.get(at))
    }

    /// Every ambiguity, in the order of the file.
    #[must_use]
    pub fn ambiguities(&self) -> &[Ambiguity] {
        &self.ambiguities
    }

    /// The id of a requirement or an ambiguity that was probably meant by one that nothing has.
    #[must_use]
    pub fn suggest(&self, id: &str) -> Option<&str> {
        let ids = self.requirement_index.keys().chain(self.ambiguity_index.keys());
        closest(id, ids.map(String::as_str))
    }
}

fn index<'a>(ids: impl Iterator<Item = &'a String>) -> BTreeMap<String, usize> {
    ids.enumerate().map(|(at, id)| (id.clone(), at)).collect()
}

const REQUIREMENTS_FILE: &str = "models/requirements.toml";
const READINGS_FILE: &str = "models/readings.toml";

#[cfg(test)]
mod tests {
    use super::Catalogue;

    const REQUIREMENT: &str = r#"[[requirement]]
id = "SLS-08"
who = ["store"]
strength = "MUST"
page = "imsgstore-setlockstate"
section = "Notes"
text = "A locked message cannot be aborted."
status = "modelled"
ambiguity = ["F7"]
"#;

    const AMBIGUITY: &str = r#"[[ambiguity]]
id = "F7"
kind = ["gap"]
title = "which error"
statements = ["SLS-08"]
text = "Several codes."
default = "Any"
status = "modelled"

[[ambiguity.reading]]
name = "Any"
permits = "Any failure."
stance = "permitted"

[[ambiguity.reading]]
name = "Exact"
permits = "One code."
stance = "rejected"
"#;

    fn embedded() -> Catalogue {
        Catalogue::embedded().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Every problem with both texts, a line each, equals `expected`.
    #[track_caller]
    fn check(requirements: &str, readings: &str, expected: &[&str]) {
        let error = Catalogue::parse(requirements, readings).expect_err("the text has problems");
        assert_eq!(error.to_string().lines().collect::<Vec<_>>(), expected);
        for problem in error.problems() {
            let text = if problem.file == "models/requirements.toml" { requirements } else { readings };
            assert!(text.get(problem.span.clone()).is_some(), "{problem} has a span within the text");
        }
    }

    /// As `check`, for a requirement with one thing changed.
    #[track_caller]
    fn check_requirement(from: &str, to: &str, expected: &str) {
        assert!(REQUIREMENT.contains(from));
        let expected = format!("models/requirements.toml:{expected}");
        check(&REQUIREMENT.replacen(from, to, 1), AMBIGUITY, &expected.lines().collect::<Vec<_>>());
    }

    /// As `check`, for an ambiguity with one thing changed.
    #[track_caller]
    fn check_ambiguity(from: &str, to: &str, expected: &str) {
        assert!(AMBIGUITY.contains(from));
        check(REQUIREMENT, &AMBIGUITY.replacen(from, to, 1), &[&format!("models/readings.toml:{expected}")]);
    }

    #[test]
    fn rows_are_found_by_id() {
        let catalogue = Catalogue::parse(REQUIREMENT, AMBIGUITY).expect("both texts are right");
        assert_eq!(catalogue.requirement("SLS-08").map(|row| row.section.as_str()), Some("Notes"));
        assert_eq!(catalogue.ambiguity("F7").map(|row| row.default.as_str()), Some("Any"));
        assert!(catalogue.ambiguity("F7").and_then(|row| row.reading("Exact")).is_some());
        assert!(catalogue.requirement("SLS-8").is_none());
        assert_eq!(catalogue.suggest("sls-8"), Some("SLS-08"));
        assert_eq!(catalogue.suggest("f7"), Some("F7"));
        assert_eq!(catalogue.suggest("nothing-like-it"), None);
    }

    #[test]
    fn a_broken_document_is_reported_and_hides_no_problem_of_the_other() {
        let broken = "[[requirement]]\nid = \nwho = [\"store\"\n";
        let readings = AMBIGUITY.replacen("kind = [\"gap\"]", "kind = []", 1);
        let error = Catalogue::parse(broken, &readings).expect_err("the text has problems");
        let lines: Vec<_> = error.to_string().lines().map(str::to_owned).collect();
        assert!(lines[0].starts_with("models/requirements.toml:2:"), "{lines:?}");
        assert!(lines[1].starts_with("models/requirements.toml:3:"), "{lines:?}");
        // `SLS-08` is not called unknown: nobody can tell.
        assert_eq!(lines[2..], ["models/readings.toml:3:8: `kind` is empty"]);
    }

    #[test]
    fn each_mistake_in_a_requirement_is_named_with_its_place() {
        check_requirement("status =", "note = \"x\"\nstatus =", "8:1: no field is called `note` here");
        check_requirement("section = \"Notes\"\n", "", "1:1: the field `section` is missing");
        check_requirement("\"A locked message cannot be aborted.\"", "\" \"", "7:8: `text` is empty");
        check_requirement("who = [\"store\"]", "who = []", "3:7: `who` is empty");
        check_requirement("[\"store\"]", "\"store\"", "3:7: `who` has to be a list of strings, and is a string");
        check_requirement("\"MUST\"", "1", "4:12: `strength` has to be a string, and is a number");
        check_requirement(
            "[\"store\"]",
            "[\"store\", \"spoolr\"]",
            "3:17: `who` cannot be `spoolr`: it is one of client, mapi, preprocessor, spooler, store, transport; \
             did you mean `spooler`?",
        );
        check_requirement(
            "\"modelled\"",
            "\"untestable\"",
            "2:6: `SLS-08` is `untestable` and does not say why: add `why`",
        );
        check_requirement("[\"F7\"]", "[\"F77\"]", "9:14: no ambiguity is called `F77`; did you mean `F7`?");
    }

    #[test]
    fn each_mistake_in_an_ambiguity_is_named_with_its_place() {
        check_ambiguity(
            "[\"SLS-08\"]",
            "[\"SLS-8\"]",
            "5:15: no requirement is called `SLS-8`; did you mean `SLS-08`?",
        );
        check_ambiguity("\"Any\"", "\"Exactly\"", "7:11: `F7` has no reading called `Exactly`; did you mean `Exact`?");
        check_ambiguity("\"Any\"", "\"Exact\"", "7:11: the default reading `Exact` is not `permitted`");
        check_ambiguity("name = \"Exact\"", "name = \"Any\"", "16:8: `F7` already has a reading called `Any`");
        check_ambiguity("\"modelled\"", "\"todo\"", "2:6: `F7` is `todo` and does not say why: add `why`");
        check_ambiguity("permits = \"One code.\"\n", "", "15:1: the field `permits` is missing");
        check_ambiguity(
            "stance = \"rejected\"",
            "stance = \"rejected\"\nwhy = \"x\"",
            "19:1: no field is called `why` here",
        );
        check_ambiguity(
            "[\"gap\"]",
            "[\"contradicton\"]",
            "3:9: `kind` cannot be `contradicton`: it is one of \
             contradiction, gap, naming, overlap; did you mean `contradiction`?",
        );
    }

    #[test]
    fn columns_count_characters() {
        check_requirement(
            "who = [\"store\"]",
            "who = [\"störe\", \"x\"]",
            "3:8: `who` cannot be `störe`: it is one of \
             client, mapi, preprocessor, spooler, store, transport; did you mean `store`?\n\
             models/requirements.toml:3:17: `who` cannot be `x`: it is one of client, mapi, preprocessor, spooler, \
             store, transport",
        );
    }

    #[test]
    fn an_id_is_taken_once() {
        let twice = format!("{REQUIREMENT}\n{REQUIREMENT}");
        check(&twice, AMBIGUITY, &["models/requirements.toml:12:6: the id `SLS-08` is already taken on line 2"]);
        let twice = format!("{AMBIGUITY}\n{AMBIGUITY}");
        check(REQUIREMENT, &twice, &["models/readings.toml:21:6: the id `F7` is already taken on line 2"]);
    }

    #[test]
    fn all_problems_come_at_once_in_the_order_of_the_files() {
        let requirements = REQUIREMENT.replacen("\"MUST\"", "\"must\"", 1).replacen("[\"F7\"]", "[\"Q1\"]", 1);
        let readings = AMBIGUITY.replacen("title = \"which error\"\n", "", 1).replacen("\"permitted\"", "true", 1);
        check(
            &requirements,
            &readings,
            &[
                "models/requirements.toml:4:12: `strength` cannot be `must`: it is one of MUST, SHOULD, MAY, DEF; \
                 did you mean `MUST`?",
                "models/requirements.toml:9:14: no ambiguity is called `Q1`",
                "models/readings.toml:1:1: the field `title` is missing",
                "models/readings.toml:12:10: `stance` has to be a string, and is true or false",
            ],
        );
    }

    #[test]
    fn no_cut_off_text_makes_the_reader_panic() {
        for end in 0..AMBIGUITY.len() {
            let cut = &AMBIGUITY[..end];
            if let Err(error) = Catalogue::parse(cut, cut) {
                assert!(!error.problems().is_empty());
            }
        }
    }

    #[test]
    fn the_shipped_catalogue_has_every_ambiguity_in_order() {
        let catalogue = embedded();
        let ids: Vec<_> = catalogue.ambiguities().iter().map(|ambiguity| ambiguity.id.clone()).collect();
        let sizes = [('A', 14), ('B', 4), ('C', 7), ('D', 10), ('E', 8), ('F', 9), ('G', 17), ('H', 16)];
        let expected: Vec<_> =
            sizes.iter().flat_map(|&(letter, size)| (1..=size).map(move |n| format!("{letter}{n}"))).collect();
        assert_eq!(ids, expected);
        assert_eq!(ids.len(), 85);
    }

    #[test]
    fn the_shipped_default_comes_first_among_its_readings() {
        let catalogue = embedded();
        for ambiguity in catalogue.ambiguities() {
            assert_eq!(ambiguity.readings.first().map(|reading| &reading.name), Some(&ambiguity.default));
        }
    }
}
