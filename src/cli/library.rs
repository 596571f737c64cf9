//! The files that the program carries, and those that the user names: scenarios, the catalogue, profiles.
//!
//! What is carried is in the executable, so that it works from any folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::cases::Case;
use super::failure::Failure;
use super::reference::Part;
use crate::scenario::{Scenario, SpoolerScenario};
use crate::spec::{Catalogue, NamedProfile, SHIPPED_PROFILES, closest};

static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");
static OF_SPOOLERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/spooler");

/// The catalogue that the program carries.
pub(crate) fn catalogue() -> Result<Catalogue, Failure> {
    Catalogue::embedded().map_err(Failure::tool)
}

/// The scenarios that the program carries, in the order of their ids.
pub(crate) fn carried(catalogue: &Catalogue) -> Result<Vec<Scenario>, Failure> {
    in_order(&SCENARIOS, |id, source| read_scenario(id, &format!("scenarios/{id}.toml"), source, catalogue))
}

/// The cases for spoolers that the program carries, in the order of their ids.
pub(crate) fn carried_for_spoolers(catalogue: &Catalogue) -> Result<Vec<SpoolerScenario>, Failure> {
    in_order(&OF_SPOOLERS, |id, source| read_for_spoolers(id, &format!("spooler/{id}.toml"), source, catalogue))
}

/// The cases in a carried folder, each read from its id and its text.
fn in_order<T: Case>(dir: &Dir<'static>, read: impl Fn(&str, &str) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    let mut files = Vec::new();
    collect(dir, &mut files);
    let mut cases = files.iter().map(|(id, source)| read(id, source)).collect::<Result<Vec<_>, _>>()?;
    cases.sort_by(|one, other| one.id().cmp(other.id()));
    Ok(cases)
}

/// Every case that the program carries, for stores and then for spoolers, with the requirements that it is about.
pub(crate) fn exercising(catalogue: &Catalogue) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let stores = carried(catalogue)?.into_iter().map(|case| (case.id, case.requirements));
    let spoolers = carried_for_spoolers(catalogue)?.into_iter();
    let spoolers = spoolers.map(|case| (format!("{} (spooler)", case.id), case.requirements));
    Ok(stores.chain(spoolers).collect())
}

/// The cases for spoolers in the files and folders that the user names, and what is wrong with the others.
pub(crate) fn named_for_spoolers(paths: &[PathBuf], catalogue: &Catalogue) -> (Vec<SpoolerScenario>, Vec<Failure>) {
    let (mut scenarios, mut failures) = (Vec::new(), Vec::new());
    for (path, id) in paths.iter().flat_map(|path| below(path, &mut failures)).collect::<Vec<_>>() {
        let file = path.to_string_lossy();
        match read_text(&path).and_then(|source| read_for_spoolers(&id, &file, &source, catalogue)) {
            Ok(scenario) => scenarios.push(scenario),
            Err(failure) => failures.push(failure),
        }
    }
    (scenarios, failures)
}

fn read_for_spoolers(id: &str, file: &str, source: &str, catalogue: &Catalogue) -> Result<SpoolerScenario, Failure> {
    let requirements: Vec<&str> = catalogue.requirements().iter().map(|requirement| requirement.id.as_str()).collect();
    SpoolerScenario::parse(id, source, &requirements).map_err(|problems| Failure::in_file(file, source, &problems))
}

/// A case that the program carries, as its file is.
#[derive(Clone, Debug)]
pub(crate) struct CarriedFile {
    pub(crate) id: String,
    pub(crate) text: &'static str,
    /// Who is judged by it.
    pub(crate) part: Part,
}

/// The files of all cases that the program carries.
pub(crate) fn carried_files() -> Vec<CarriedFile> {
    let mut found = Vec::new();
    for (folder, part) in [(&SCENARIOS, Part::Store), (&OF_SPOOLERS, Part::Spooler)] {
        let mut files = Vec::new();
        collect(folder, &mut files);
        found.extend(files.into_iter().map(|(id, text)| CarriedFile { id, text, part }));
    }
    found
}

/// The title of a carried case, and the requirements that it is about.
pub(crate) fn title_and_requirements(file: &CarriedFile, catalogue: &Catalogue) -> (String, Vec<String>) {
    let read = match file.part {
        Part::Store => read_scenario(&file.id, "", file.text, catalogue).map(|it| (it.title, it.requirements)),
        Part::Spooler => read_for_spoolers(&file.id, "", file.text, catalogue).map(|it| (it.title, it.requirements)),
    };
    // What is carried has been read by a test.
    read.unwrap_or_default()
}

fn collect(folder: &Dir<'static>, files: &mut Vec<(String, &'static str)>) {
    for file in folder.files().filter(|file| is_scenario(file.path())) {
        if let Some(source) = file.contents_utf8() {
            files.push((id(file.path()), source));
        }
    }
    folder.dirs().for_each(|folder| collect(folder, files));
}

/// The scenarios in the files and folders that the user names, and what is wrong with the others.
pub(crate) fn named(paths: &[PathBuf], catalogue: &Catalogue) -> (Vec<Scenario>, Vec<Failure>) {
    let (mut scenarios, mut failures) = (Vec::<Scenario>::new(), Vec::new());
    for (path, id) in paths.iter().flat_map(|path| below(path, &mut failures)).collect::<Vec<_>>() {
        let read = read_text(&path).and_then(|source| read_scenario(&id, &path.to_string_lossy(), &source, catalogue));
        match read {
            Ok(scenario) => scenarios.push(scenario),
            Err(failure) => failures.push(failure),
        }
    }
    (scenarios, failures)
}

/// The scenario files that a path stands for, in order, each with its id.
fn below(path: &Path, failures: &mut Vec<Failure>) -> Vec<(PathBuf, String)> {
    if !path.is_dir() {
        return vec![(path.to_owned(), id(after_scenarios(path).unwrap_or_else(|| file_name(path))))];
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                failures.push(unreadable(&folder, &error));
                continue;
            }
        };
        for entry in entries.filter_map(Result::ok) {
            let inner = entry.path();
            // A link is not followed, so that a loop of them does no harm.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(inner);
            } else if is_scenario(&inner) {
                let shorter = inner.strip_prefix(path).unwrap_or(&inner);
                let id = id(after_scenarios(&inner).unwrap_or(shorter));
                found.push((inner, id));
            }
        }
    }
    found.sort_by(|(_, a), (_, b)| a.cmp(b));
    found
}

/// The part of a path behind its last folder `scenarios`: there a scenario's id begins.
fn after_scenarios(path: &Path) -> Option<&Path> {
    let folder = path.ancestors().skip(1).find(|folder| folder.file_name().is_some_and(|name| name == "scenarios"))?;
    path.strip_prefix(folder).ok()
}

fn file_name(path: &Path) -> &Path {
    path.file_name().map_or(path, Path::new)
}

/// A path as an id: without its extension, `/` between its parts, and without spaces, so that a shell takes it whole.
fn id(path: &Path) -> String {
    let path = path.with_extension("");
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy().replace(char::is_whitespace, "-")),
        Component::CurDir | Component::ParentDir | Component::Prefix(_) | Component::RootDir => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

fn read_scenario(id: &str, file: &str, source: &str, catalogue: &Catalogue) -> Result<Scenario, Failure> {
    let requirements: Vec<&str> = catalogue.requirements().iter().map(|requirement| requirement.id.as_str()).collect();
    Scenario::parse_against(id, source, &requirements).map_err(|problems| Failure::in_file(file, source, &problems))
}

/// The profile of that name, if the program carries one, or in that file.
pub(crate) fn profile(name: &Path, catalogue: &Catalogue) -> Result<NamedProfile, Failure> {
    let shipped = SHIPPED_PROFILES.iter().find(|(shipped, _)| Path::new(shipped) == name);
    let file = name.to_string_lossy();
    let source = match shipped {
        Some((_, source)) => (*source).to_owned(),
        None => read_named(name, "a profile is a file", SHIPPED_PROFILES.iter().map(|(name, _)| *name))?,
    };
    NamedProfile::parse(&file, &source, catalogue).map_err(|error| Failure::loading(&file, &source, &error))
}

/// Reads a file that might have been meant as one of the `carried` names.
pub(crate) fn read_named<'a>(
    file: &Path,
    expected: &str,
    carried: impl Iterator<Item = &'a str> + Clone,
) -> Result<String, Failure> {
    read_text(file).map_err(|failure| {
        if file.components().count() > 1 || file.extension().is_some() {
            return failure;
        }
        let meant = closest(&file.to_string_lossy(), carried.clone());
        failure.suggest(meant).help(format_args!("{expected}, or one of {}", carried.collect::<Vec<_>>().join(", ")))
    })
}

fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// A file that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format_args!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{after_scenarios, carried, catalogue, id, named};

    #[test]
    fn every_scenario_on_disk_is_carried() {
        let catalogue = catalogue().expect("the catalogue is right");
        let carried = carried(&catalogue).expect("the scenarios are right");
        let (named, failures) = named(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")], &catalogue);
        assert!(failures.is_empty(), "{failures:?}");
        let ids = |scenarios: &[crate::scenario::Scenario]| -> Vec<String> {
            scenarios.iter().map(|scenario| scenario.id.clone()).collect()
        };
        assert_eq!(ids(&carried), ids(&named));
        assert!(carried.len() >= 80, "{}", carried.len());
    }

    #[test]
    fn an_id_begins_behind_the_last_folder_of_scenarios() {
        let at = |path: &'static str| after_scenarios(Path::new(path)).map(id);
        assert_eq!(at("/a/scenarios/b/scenarios/open/locked.toml").as_deref(), Some("open/locked"));
        assert_eq!(at("scenarios/open/locked.toml").as_deref(), Some("open/locked"));
        assert_eq!(at("./mine/locked.toml"), None);
        assert_eq!(id(Path::new("../mine/locked.toml")), "mine/locked");
    }

    #[test]
    fn a_broken_file_does_not_hide_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let good = include_str!("../../scenarios/abort/locked.toml");
        fs::write(folder.path().join("good.toml"), good).expect("written");
        fs::write(folder.path().join("bad.toml"), "title = 3\n").expect("written");
        fs::write(folder.path().join("notes.md"), "no scenario").expect("written");
        let catalogue = catalogue().expect("the catalogue is right");
        let (scenarios, failures) = named(&[folder.path().to_owned(), folder.path().join("gone.toml")], &catalogue);
        assert_eq!(scenarios.iter().map(|scenario| scenario.id.as_str()).collect::<Vec<_>>(), ["good"]);
        assert_eq!(failures.len(), 2);
    }
}
