//! What several tests read: the shipped scenarios, and the cases for spoolers.

use std::fs;
use std::path::{Path, PathBuf};

use spoolproof::scenario::{Scenario, SpoolerScenario};
use spoolproof::spec::{Catalogue, Problem};

/// The shipped scenarios, in the order of their paths.
#[allow(dead_code, reason = "not every test asks for them")]
pub(crate) fn scenarios() -> Vec<Scenario> {
    read("scenarios", |id, source| Scenario::parse(id, source))
}

/// The shipped cases for spoolers, in the order of their paths.
#[allow(dead_code, reason = "not every test asks for them")]
pub(crate) fn spooler_cases() -> Vec<SpoolerScenario> {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let ids: Vec<&str> = catalogue.requirements().iter().map(|row| row.id.as_str()).collect();
    read("spooler", |id, source| SpoolerScenario::parse(id, source, &ids))
}

/// Every file below `folder`, in the order of the paths.
fn read<T>(folder: &str, parse: impl Fn(&str, &str) -> Result<T, Vec<Problem>>) -> Vec<T> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let read = |path: PathBuf| {
        let below = path.strip_prefix(&top).expect("below the folder of scenarios").with_extension("");
        let id = below.to_str().expect("UTF-8").replace('\\', "/");
        let source = fs::read_to_string(&path).expect("a text file");
        parse(&id, &source).unwrap_or_else(|problems| panic!("{id}: {problems:#?}"))
    };
    files(&top).into_iter().map(read).collect()
}

/// The files below `folder`, in the order of their paths.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of scenarios");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let is_toml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
    paths.into_iter().flat_map(below).filter(is_toml).collect()
}
