//! What several tests read: the shipped scenarios.

use std::fs;
use std::path::{Path, PathBuf};

use spoolproof::scenario::Scenario;

/// The shipped scenarios, in the order of their paths.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let parse = |path: PathBuf| {
        let below = path.strip_prefix(&top).expect("below the folder of scenarios").with_extension("");
        let id = below.to_str().expect("UTF-8").replace('\\', "/");
        let source = fs::read_to_string(&path).expect("a text file");
        Scenario::parse(&id, &source).unwrap_or_else(|problems| panic!("{id}: {problems:#?}"))
    };
    files(&top).into_iter().map(parse).collect()
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
