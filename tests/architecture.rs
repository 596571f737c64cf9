//! What no compiler holds together: the layers, the sizes, the dependencies, and ids in code and catalogue.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use spoolproof::model::{AMBIGUITIES, all_clauses};
use spoolproof::spec::{AmbiguityStatus, Catalogue, RequirementStatus};

/// The layers from left to right. A module uses those to its left; neighbours in one layer do not know each other.
const LAYERS: &[&[&str]] = &[
    &["spec"],
    &["model"],
    &["scenario", "oracle"],
    &["check"],
    &["generate"],
    &["trace"],
    &["conformance"],
    &["report"],
    &["cli"],
];

/// What the checker's side of the reference provider would share with it: nothing.
const APART: &str = "src/conformance/reference/";

const LINES_MAX: usize = 900;

/// A source file: its path below the root, with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The module of the crate that it belongs to.
    fn module(&self) -> Option<&str> {
        let (module, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(module)
    }

    /// Its lines with their numbers, comments left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// As `code`, up to the unit tests, which stand last.
    fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code().take_while(|(_, line)| line.trim() != "#[cfg(test)]")
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder.
fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry of that folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(Source { text: fs::read_to_string(&path).expect("a source is text"), path: below(&path) });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no sources below {folder}");
    found
}

fn below(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("a path below the root");
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn catalogue() -> Catalogue {
    Catalogue::embedded().unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// The modules of this crate that a line names.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""))
}

#[test]
fn no_module_knows_what_is_to_its_right() {
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let mut wrong = Vec::new();
    for source in sources("src") {
        let Some(module) = source.module() else { continue };
        let own = layer(module).unwrap_or_else(|| panic!("{module} is in no layer: add it to LAYERS"));
        for (number, line) in source.code() {
            for other in named(line) {
                let left = layer(other).is_some_and(|other| other < own);
                if !left && other != module {
                    wrong.push(format!("{}:{number}: {module} names `crate::{other}`", source.path));
                }
            }
        }
    }
    none("arrows that point the wrong way", &wrong);
}

#[test]
fn the_reference_provider_shares_nothing_with_its_judge() {
    let reference = sources("src").into_iter().filter(|source| source.path.starts_with(APART));
    let mut shared = Vec::new();
    for source in reference {
        for (number, line) in source.shipped() {
            let others = named(line).filter(|module| *module != "conformance");
            shared.extend(others.map(|module| format!("{}:{number}: `crate::{module}`", source.path)));
        }
    }
    none("an independent implementation knows the protocol alone", &shared);
}

#[test]
fn files_are_of_a_size_to_be_read() {
    let all = ["src", "tests", "crates"].map(sources).into_iter().flatten();
    let long: Vec<String> = all
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none("look for a seam", &long);
}

/// Every line of shipped code in `modules` that has one of `words`.
fn uses(modules: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources("src") {
        if source.module().is_some_and(|module| modules.contains(&module)) {
            for (number, line) in source.shipped() {
                let words = words.iter().filter(|word| line.contains(*word));
                found.extend(words.map(|word| format!("{}:{number}: {word}", source.path)));
            }
        }
    }
    found
}

#[test]
fn the_rules_touch_nothing_but_their_arguments() {
    let outside =
        ["std::fs", "std::env", "std::net", "std::process", "std::thread", "std::time", "println!", "print!(", "dbg!"];
    none("no files, clocks, threads or printing", &uses(&["spec", "model", "scenario", "oracle"], &outside));
}

#[test]
fn equal_inputs_give_equal_verdicts() {
    none("hash order is chance", &uses(&["spec", "model", "scenario", "oracle"], &["HashMap", "HashSet"]));
}

#[test]
fn only_the_checker_knows_the_libraries_that_it_searches_with() {
    let all = || LAYERS.iter().flat_map(|layer| *layer).copied();
    let others: Vec<&str> = all().filter(|name| *name != "check").collect();
    none("stateright stays behind src/check", &uses(&others, &["stateright"]));
    let others: Vec<&str> = all().filter(|name| !matches!(*name, "check" | "generate")).collect();
    none("petgraph stays where graphs are", &uses(&others, &["petgraph"]));
}

#[test]
fn every_module_says_what_it_is() {
    let all = ["src", "tests", "crates"].map(sources).into_iter().flatten();
    let silent: Vec<String> = all.filter(|source| !source.text.starts_with("//! ")).map(|source| source.path).collect();
    none("a file starts with what it owns", &silent);
}

fn manifest(file: &str) -> toml::Table {
    read(file).parse().unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn dependencies<'a>(manifest: &'a toml::Table, table: &str) -> BTreeSet<&'a str> {
    manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn the_sdk_depends_on_serde_and_serde_json_alone() {
    let manifest = manifest("crates/spoolproof-sdk/Cargo.toml");
    assert_eq!(dependencies(&manifest, "dependencies"), BTreeSet::from(["serde", "serde_json"]));
    assert_eq!(dependencies(&manifest, "build-dependencies"), BTreeSet::new());
}

#[test]
fn architecture_says_why_each_dependency_is_there() {
    let (text, manifest) = (read("ARCHITECTURE.md"), manifest("Cargo.toml"));
    for table in ["dependencies", "dev-dependencies"] {
        for name in dependencies(&manifest, table) {
            assert!(text.contains(&format!("| `{name}` |")), "ARCHITECTURE.md says nothing of {name}");
        }
    }
}

#[test]
fn architecture_has_a_line_for_each_module() {
    let text = read("ARCHITECTURE.md");
    for module in LAYERS.iter().flat_map(|layer| *layer) {
        assert!(text.contains(&format!("| `{module}` |")), "ARCHITECTURE.md says nothing of {module}");
    }
}

/// The requirement ids that stand as literals in the code that decides: where each is first.
fn cited() -> BTreeMap<String, String> {
    let mut cited = BTreeMap::new();
    for source in sources("src") {
        if !matches!(source.module(), Some("model" | "oracle" | "check")) {
            continue;
        }
        for (number, line) in source.shipped() {
            for id in line.split('"').skip(1).step_by(2).filter(|literal| is_id(literal)) {
                cited.entry(id.to_owned()).or_insert_with(|| format!("{}:{number}", source.path));
            }
        }
    }
    cited
}

/// Whether a text has the form of a requirement's id: `SLS-08`, `SEED1-11`.
fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(group, number)| {
        group.len() >= 3
            && group.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            && number.len() == 2
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

#[test]
fn every_id_that_decides_is_a_modelled_requirement() {
    let catalogue = catalogue();
    let mut wrong = Vec::new();
    for (id, place) in cited() {
        match catalogue.requirement(&id).map(|row| row.status) {
            Some(RequirementStatus::Modelled) => {}
            Some(status) => wrong.push(format!("{place}: {id} is `{status}`")),
            None => wrong.push(format!("{place}: the catalogue has no {id}")),
        }
    }
    none("the code cites", &wrong);
    let clauses = all_clauses().flat_map(|clause| clause.cites.iter().flat_map(|cite| cite.ids).chain(clause.breaks));
    let cited = cited();
    none(
        "not seen as a literal",
        &clauses.filter(|id| !cited.contains_key(**id)).map(|id| (*id).to_owned()).collect::<Vec<_>>(),
    );
}

#[test]
fn every_modelled_requirement_is_cited_by_code_that_decides() {
    let (catalogue, cited) = (catalogue(), cited());
    let modelled = catalogue.requirements().iter().filter(|row| row.status == RequirementStatus::Modelled);
    let idle: Vec<String> =
        modelled.filter(|row| !cited.contains_key(&row.id)).map(|row| format!("{}: {}", row.id, row.text)).collect();
    none("`modelled`, and no code decides it", &idle);
}

#[test]
fn clauses_have_names_of_their_own() {
    let mut names = BTreeSet::new();
    let twice: Vec<String> =
        all_clauses().filter(|clause| !names.insert(clause.name)).map(|clause| clause.name.to_owned()).collect();
    none("two clauses of one name", &twice);
}

#[test]
fn readings_in_code_are_those_of_the_register_the_default_first() {
    let catalogue = catalogue();
    for (_, id, readings) in AMBIGUITIES {
        let row = catalogue.ambiguity(id).unwrap_or_else(|| panic!("the register has no {id}"));
        assert_eq!(row.status, AmbiguityStatus::Modelled, "{id}");
        let registered: Vec<&str> = row.readings.iter().map(|reading| reading.name.as_str()).collect();
        let unknown: Vec<_> = readings.iter().filter(|reading| !registered.contains(reading)).collect();
        assert!(unknown.is_empty(), "{id}: the register has no {unknown:?}");
        assert_eq!(readings.first(), Some(&row.default.as_str()), "{id}: the default comes first");
    }
}

#[test]
fn texts_name_no_machine() {
    let texts = ["README.md", "ARCHITECTURE.md", "STYLE.md", "CONTRIBUTING.md", "CHANGELOG.md", "models/README.md"];
    for file in texts {
        let text = read(file);
        let found: Vec<&str> =
            ["/home/", "/work/", "/tmp/", "/root/"].into_iter().filter(|it| text.contains(it)).collect();
        assert!(found.is_empty(), "{file}: {found:?}");
    }
}
