//! What several tests read: the shipped cases for spoolers.

use std::fs;
use std::path::{Path, PathBuf};

use spoolproof::scenario::SpoolerScenario;
use spoolproof::spec::Catalogue;

/// The shipped cases for spoolers, in the order of their paths.
pub(crate) fn spooler_scenarios() -> Vec<SpoolerScenario> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("spooler");
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let known: Vec<&str> = catalogue.requirements().iter().map(|row| row.id.as_str()).collect();
    let parse = |path: PathBuf| {
        let below = path.strip_prefix(&top).expect("below the folder of cases").with_extension("");
        let id = below.to_str().expect("UTF-8").replace('\\', "/");
        let source = fs::read_to_string(&path).expect("a text file");
        SpoolerScenario::parse(&id, &source, &known).unwrap_or_else(|problems| panic!("{id}: {problems:#?}"))
    };
    let folders = fs::read_dir(&top).expect("a folder of cases").map(|entry| entry.expect("an entry").path());
    let folders = folders.filter(|path| path.is_dir());
    let inside = folders.flat_map(|folder| fs::read_dir(folder).expect("a folder of cases"));
    let mut files: Vec<PathBuf> = inside.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files.into_iter().map(parse).collect()
}
