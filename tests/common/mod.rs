//! What several tests read: the shipped scenarios, the cases for spoolers, and what no store shows of the register.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use spoolproof::generate::{Extent, permitted_readings};
use spoolproof::scenario::{Scenario, SpoolerScenario};
use spoolproof::spec::{Catalogue, Problem};

/// Ambiguities with a switch whose readings no case on a store tells apart, with the reason.
#[allow(dead_code, reason = "not every test asks for them")]
pub(crate) const NOT_OF_A_STORE: &[(&str, &str)] = &[
    ("A5", "how often PrepareSubmit is called for a new message is free; what it does then is MAPI's, and a search's"),
    ("A6", "what MAPI makes of a resend's recipients is the checker's answer; a search follows it to the deliveries"),
    ("A11", "the spooler's choice"),
    ("C5", "the spooler's choice"),
    ("C7", "the caller is to blame, whatever the store does"),
    ("D5", "the caller is to blame, and the checker, which is innocent, makes no such call"),
    ("D8", "the spooler's choice"),
    ("E1", "the spooler's choice"),
    ("F2", "the spooler's choice"),
    ("F4", "the spooler's choice"),
    ("G3", "the spooler's choice"),
    ("G4", "the spooler's and the transports' choice"),
    ("G5", "the spooler's choice"),
    ("G14", "the transport's choice"),
    ("G15", "the spooler's choice"),
    ("G16", "the spooler's choice"),
    ("G17", "the spooler's choice"),
    ("H12", "the spooler of the cases opens the message anew after its SubmitMessage"),
    ("H13", "the model as a store serves the old handle, which each reading permits"),
    ("H15", "the caller is to blame, whatever the store does"),
];

/// The shipped scenarios, in the order of their paths.
#[allow(dead_code, reason = "not every test asks for them")]
pub(crate) fn scenarios() -> Vec<Scenario> {
    read("scenarios", Scenario::parse)
}

/// The shipped scenarios, and those that are generated beside them.
#[allow(dead_code, reason = "not every test asks for them")]
pub(crate) fn suite(catalogue: &Catalogue, extent: Extent) -> Vec<Scenario> {
    let mut all = scenarios();
    for goal in extent.goals(permitted_readings(catalogue)) {
        let suite = goal.generate(&goal.usual_bounds(), 1 << 30, &AtomicBool::new(false));
        let suite = suite.unwrap_or_else(|error| panic!("{error}"));
        all.extend(suite.cases().map(|case| case.scenario.clone()));
    }
    all
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
