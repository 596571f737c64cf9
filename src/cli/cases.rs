//! Which cases a command runs.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::library;
use super::suite::SuiteArg;
use crate::scenario::{Pattern, Scenario, SpoolerScenario, names};
use crate::spec::{Catalogue, closest};

/// The options of every command that runs cases.
#[derive(Args, Debug)]
pub(crate) struct Cases {
    /// Scenario files, or folders of them; without one, the cases that the program carries
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Only these cases: an id, a family or a glob, such as `abort/locked`, `abort`, `*/locked*`
    #[arg(long = "case", value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,

    /// How much is asked: the carried cases, and what is generated beside them; without it, the carried cases alone
    #[arg(long, value_enum, conflicts_with = "paths")]
    pub(crate) suite: Option<SuiteArg>,
}

/// The cases to run.
#[derive(Debug)]
pub(crate) struct Chosen<T> {
    /// In the order of their ids.
    pub(crate) scenarios: Vec<T>,
    /// The ids of all that there are, chosen or not.
    pub(crate) all: Vec<String>,
    /// Whether a file could not be read. The user has been told.
    pub(crate) unreadable: bool,
}

impl Cases {
    /// Every case in these files and folders; without one, those that the program carries.
    pub(crate) const fn whole(paths: Vec<PathBuf>) -> Self {
        Self { paths, patterns: Vec::new(), suite: None }
    }

    /// Reads the cases. A file that cannot be read is reported, and does not keep the others from running.
    pub(crate) fn choose(&self, catalogue: &Catalogue) -> Result<Chosen<Scenario>, Failure> {
        if self.paths.is_empty() {
            let all = match self.suite {
                Some(suite) => suite.cases(catalogue)?,
                None => library::carried(catalogue)?,
            };
            return self.of(all, false);
        }
        self.chosen(library::named(&self.paths, catalogue))
    }

    /// The same for the cases of spoolers.
    pub(crate) fn choose_for_spoolers(&self, catalogue: &Catalogue) -> Result<Chosen<SpoolerScenario>, Failure> {
        if self.suite.is_some() {
            return Err(Failure::usage("`--suite` is for stores: nothing is generated for spoolers")
                .help("leave it out: the carried cases for spoolers are run"));
        }
        if self.paths.is_empty() {
            return self.of(library::carried_for_spoolers(catalogue)?, false);
        }
        self.chosen(library::named_for_spoolers(&self.paths, catalogue))
    }

    fn chosen<T: Case>(&self, (scenarios, failures): (Vec<T>, Vec<Failure>)) -> Result<Chosen<T>, Failure> {
        match (scenarios.is_empty(), failures.split_last()) {
            (true, Some((last, others))) => {
                others.iter().for_each(|failure| _ = failure.report());
                Err(last.clone())
            }
            (true, None) => Err(Failure::nothing("no scenario was found, so nothing was run")
                .help("a scenario is a file whose name ends in `.toml`; scenarios/README.md has its form")),
            (false, _) => {
                failures.iter().for_each(|failure| _ = failure.report());
                self.of(scenarios, !failures.is_empty())
            }
        }
    }

    fn of<T: Case>(&self, scenarios: Vec<T>, unreadable: bool) -> Result<Chosen<T>, Failure> {
        let all = scenarios.iter().map(|scenario| scenario.id().to_owned()).collect();
        Ok(Chosen { scenarios: select(scenarios, &self.patterns)?, all, unreadable })
    }
}

/// What a pattern chooses from.
pub(crate) trait Case {
    /// The case's id.
    fn id(&self) -> &str;

    /// The requirements that it is about.
    fn requirements(&self) -> &[String];
}

impl Case for Scenario {
    fn id(&self) -> &str {
        &self.id
    }

    fn requirements(&self) -> &[String] {
        &self.requirements
    }
}

impl Case for SpoolerScenario {
    fn id(&self) -> &str {
        &self.id
    }

    fn requirements(&self) -> &[String] {
        &self.requirements
    }
}

/// Keeps the scenarios that a pattern names, in their order; without patterns, all.
///
/// A pattern is an id (`abort/locked`), a family (`abort`), or a glob over ids (`*/locked*`).
pub(crate) fn select<T: Case>(scenarios: Vec<T>, patterns: &[String]) -> Result<Vec<T>, Failure> {
    if patterns.is_empty() {
        return Ok(scenarios);
    }
    let mut matchers = Vec::new();
    for pattern in patterns {
        let matcher = Pattern::new(pattern).map_err(Failure::usage)?;
        if !scenarios.iter().any(|scenario| matcher.is_match(scenario.id())) {
            let meant = closest(pattern, scenarios.iter().flat_map(|scenario| names(scenario.id())));
            let failure = Failure::nothing(format_args!("no case matches `{pattern}`, so nothing was run"));
            return Err(match meant {
                Some(_) => failure.suggest(meant),
                None => failure.help("`spoolproof list` shows the cases"),
            });
        }
        matchers.push(matcher);
    }
    Ok(scenarios
        .into_iter()
        .filter(|scenario| matchers.iter().any(|matcher| matcher.is_match(scenario.id())))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::select;
    use crate::cli::library;

    fn ids(patterns: &[&str]) -> Result<Vec<String>, u8> {
        let catalogue = library::catalogue().expect("the catalogue is right");
        let scenarios = library::carried(&catalogue).expect("the scenarios are right");
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let selected = select(scenarios, &patterns).map_err(|failure| failure.code)?;
        Ok(selected.into_iter().map(|scenario| scenario.id).collect())
    }

    #[test]
    fn a_pattern_is_an_id_a_family_or_a_glob() {
        assert_eq!(ids(&["abort/locked"]), Ok(vec!["abort/locked".to_owned()]));
        let family = ids(&["abort"]).expect("there are such cases");
        assert!(family.len() > 5 && family.iter().all(|id| id.starts_with("abort/")), "{family:?}");
        assert_eq!(ids(&["abort/*"]), Ok(family.clone()));
        assert_eq!(ids(&["abort/"]), Ok(family));
        let several = ids(&["*/locked", "lock/twice"]).expect("there are such cases");
        assert!(several.contains(&"abort/locked".to_owned()) && several.contains(&"lock/twice".to_owned()));
    }

    #[test]
    fn a_pattern_that_names_nothing_stops_the_run() {
        assert_eq!(ids(&["abort/locked", "abrot"]), Err(4));
        assert_eq!(ids(&["a[b"]), Err(2));
    }
}
