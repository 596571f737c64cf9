//! The shipped scenarios: each file reads, prints back the same, and names requirements of the catalogue.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use spoolproof::scenario::{Call, Scenario, SpoolerScenario, Step};

use common::{scenarios, spooler_cases};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The id and the text of each file below `scenarios/`, in the order of the ids.
fn files() -> BTreeMap<String, String> {
    files_below("scenarios")
}

fn files_below(folder: &str) -> BTreeMap<String, String> {
    let top = root().join(folder);
    let mut files = BTreeMap::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of scenarios") {
            let path = entry.expect("an entry of that folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                files.insert(id(&top, &path), fs::read_to_string(&path).expect("a text file"));
            }
        }
    }
    files
}

fn id(top: &Path, path: &Path) -> String {
    let below = path.strip_prefix(top).expect("a path below that folder").with_extension("");
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The ids of the catalogue.
fn requirements() -> BTreeSet<String> {
    let path = root().join("models/requirements.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let catalogue: toml::Table = text.parse().expect("the catalogue is TOML");
    let rows = catalogue["requirement"].as_array().expect("a catalogue is an array of requirements");
    rows.iter().map(|row| row["id"].as_str().expect("a requirement has an id").to_owned()).collect()
}

#[test]
fn every_file_reads_and_prints_back_the_same() {
    let files = files();
    assert!(files.len() >= 80, "{} scenarios", files.len());
    for (id, source) in files {
        let scenario = Scenario::parse(&id, &source).unwrap_or_else(|problems| panic!("{id}: {problems:#?}"));
        assert_eq!(scenario.to_toml(), source, "{id}");
        assert_eq!(Scenario::parse(&id, &scenario.to_toml()), Ok(scenario), "{id}");
    }
}

#[test]
fn every_file_for_spoolers_reads_and_prints_back_the_same() {
    let requirements = requirements();
    let known: Vec<_> = requirements.iter().map(String::as_str).collect();
    let files = files_below("spooler");
    assert!(files.len() >= 50, "{} cases", files.len());
    for (id, source) in files {
        let scenario =
            SpoolerScenario::parse(&id, &source, &known).unwrap_or_else(|problems| panic!("{id}: {problems:#?}"));
        assert_eq!(scenario.to_toml(), source, "{id}");
    }
}

/// The first example in the text that explains the files of a folder.
fn example(folder: &str) -> String {
    let readme = fs::read_to_string(root().join(folder).join("README.md")).expect("a text file");
    let (_, rest) = readme.split_once("```toml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("the example's end");
    example.to_owned()
}

#[test]
fn the_examples_of_the_readmes_are_some_too() {
    let of_store = example("scenarios");
    let scenario = Scenario::parse("open/queued-modify", &of_store).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(scenario.to_toml(), of_store);
    let of_spooler = example("spooler");
    let scenario = SpoolerScenario::parse("hand/busy", &of_spooler, &["XPS-04", "XPS-19"]);
    assert_eq!(scenario.unwrap_or_else(|problems| panic!("{problems:#?}")).to_toml(), of_spooler);
}

#[test]
fn every_requirement_that_is_named_exists() {
    let requirements = requirements();
    let known: Vec<_> = requirements.iter().map(String::as_str).collect();
    for (id, source) in files() {
        if let Err(problems) = Scenario::parse_against(&id, &source, &known) {
            panic!("{id}: {problems:#?}");
        }
    }
}

#[test]
fn ids_are_a_behaviour_and_a_kebab_case_name() {
    for id in files().into_keys() {
        let parts: Vec<_> = id.split('/').collect();
        let kebab = |part: &str| {
            part.split('-')
                .all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
        };
        assert!(parts.len() == 2 && parts.iter().all(|part| kebab(part)), "{id}");
    }
}

#[test]
fn titles_tell_the_scenarios_apart() {
    let mut titles = BTreeMap::new();
    for scenario in scenarios() {
        assert!(!scenario.title.is_empty() && !scenario.title.ends_with('.'), "{}", scenario.id);
        if let Some(other) = titles.insert(scenario.title, scenario.id.clone()) {
            panic!("{other} and {} have one title", scenario.id);
        }
    }
}

#[test]
fn no_two_scenarios_are_the_same_case() {
    let mut seen: Vec<Scenario> = Vec::new();
    for scenario in scenarios() {
        if let Some(twin) = seen.iter().find(|s| s.profile == scenario.profile && s.steps == scenario.steps) {
            panic!("{} and {} take the same steps", twin.id, scenario.id);
        }
        seen.push(scenario);
    }
}

/// The checker plays the spooler too, and must not be the one to blame: FIN-01, FIN-08, GOQ-01, NNM-01, SLS-01.
#[test]
fn the_spooler_of_a_scenario_keeps_its_own_rules() {
    for scenario in scenarios() {
        let mut locked = BTreeSet::new();
        for step in &scenario.steps {
            let spooler = step.session.as_deref().is_some_and(|session| session.starts_with("spooler"));
            match &step.call {
                Call::SetLockState { target, lock } => {
                    assert!(spooler, "{}: a client sets a lock", scenario.id);
                    if *lock {
                        locked.insert(target.message.clone());
                    } else if step.expect.iter().any(|expected| expected.is_success()) {
                        locked.remove(&target.message);
                    }
                }
                Call::FinishedMsg { message, .. } if spooler => {
                    assert!(locked.contains(message), "{}: `{message}` is finished without a lock", scenario.id);
                }
                Call::GetOutgoingQueue | Call::NotifyNewMail { .. } | Call::SetResponsibility { .. } => {
                    assert!(spooler, "{}: a client calls {}", scenario.id, step.call.name());
                }
                _ => {}
            }
        }
    }
}

/// A message is finished when every recipient is somebody's responsibility. What a coupled store or a resend has
/// settled by itself is not the spooler's to settle.
#[test]
fn the_spooler_of_a_scenario_leaves_no_recipient_behind() {
    for scenario in scenarios().iter().filter(|scenario| scenario.profile.coupling.is_none()) {
        let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for step in &scenario.steps {
            match &step.call {
                Call::CreateMessage(new) => {
                    let addresses = new.recipients.iter().map(|recipient| recipient.address.as_str());
                    left.insert(&new.target.message, addresses.collect());
                }
                Call::SubmitMessage { target, answers, .. } => {
                    if let Some(expanded) = &answers.expanded {
                        let addresses = expanded.iter().map(|recipient| recipient.address.as_str());
                        left.insert(&target.message, addresses.collect());
                    }
                }
                Call::SetResponsibility { target, recipient, value } => {
                    let addresses = left.entry(&target.message).or_default();
                    if *value {
                        addresses.remove(recipient.as_str())
                    } else {
                        addresses.insert(recipient)
                    };
                }
                Call::FinishedMsg { message, .. }
                    if step.session.as_deref().is_some_and(|s| s.starts_with("spooler")) =>
                {
                    let addresses = left.get(message.as_str());
                    assert!(addresses.is_none_or(BTreeSet::is_empty), "{}: {addresses:?} of `{message}`", scenario.id);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn what_only_some_adapters_serve_is_optional() {
    let optional = |step: &Step| matches!(step.call, Call::GetProps { .. } | Call::SetResponsibility { .. });
    for scenario in scenarios() {
        // In a race it is what the case is about.
        for step in scenario.steps.iter().filter(|step| optional(step) && step.together.is_none()) {
            assert!(step.optional, "{}: {} is not optional", scenario.id, step.call.name());
        }
    }
}

#[test]
fn what_a_modelled_requirement_says_shows_it_is_there_and_names_it() {
    let catalogue = spoolproof::spec::Catalogue::embedded().expect("the shipped catalogue is good");
    let (scenarios, of_spoolers) = (scenarios(), spooler_cases());
    let mut wrong = Vec::new();
    for row in catalogue.requirements() {
        let modelled = row.status == spoolproof::spec::RequirementStatus::Modelled;
        if modelled == row.shown_by.is_empty() {
            wrong.push(format!("{}: modelled {modelled}, shown by {:?}", row.id, row.shown_by));
        }
        for shown in &row.shown_by {
            let trace = root().join("scenarios").join(format!("{shown}.ndjson"));
            let scenario = scenarios.iter().find(|scenario| scenario.id == *shown);
            let of_store = scenario.is_some_and(|scenario| scenario.requirements.contains(&row.id));
            let of_spooler = of_spoolers.iter().find(|scenario| scenario.id == *shown);
            let of_spooler = of_spooler.is_some_and(|scenario| scenario.requirements.contains(&row.id));
            if !(of_store || of_spooler || shown.starts_with("traces/") && trace.exists()) {
                wrong.push(format!("{}: {shown} does not name it", row.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
