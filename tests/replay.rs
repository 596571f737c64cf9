//! The traces of every scenario on the model, one snapshot a family: a change in them is a change of meaning, and is
//! reviewed as one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spoolproof::conformance::{Plan, Progress, Simulated, run};
use spoolproof::scenario::Scenario;
use spoolproof::spec::Catalogue;
use spoolproof::trace::narrate;
use spoolproof_sdk::trace::{Event, Header};

/// Tells each case as it ends.
#[derive(Default)]
struct Tale(BTreeMap<String, String>);

impl Progress for Tale {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, id: &str, _header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        let family = id.split('/').next().unwrap_or(id).to_owned();
        let text = self.0.entry(family).or_default();
        text.push_str(&format!("{id}\n"));
        for line in narrate(events) {
            let line = format!("  {:10} {:62} {:24} {}", line.session, line.call, line.reply, line.change);
            text.push_str(&format!("{}\n", line.trim_end()));
        }
        text.push('\n');
        None
    }
}

fn scenarios(folder: &Path, root: &Path, out: &mut Vec<Scenario>) {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            scenarios(&path, root, out);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let id = path.strip_prefix(root).expect("below the root").with_extension("");
            let id = id.to_str().expect("UTF-8").replace('\\', "/");
            let source = std::fs::read_to_string(&path).expect("readable");
            out.push(Scenario::parse(&id, &source).unwrap_or_else(|problems| panic!("{id}: {problems:?}")));
        }
    }
}

#[test]
fn each_family_of_scenarios_has_the_traces_that_were_reviewed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut all = Vec::new();
    scenarios(&root, &root, &mut all);
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let plan = Plan {
        scenarios: all.iter().collect(),
        profile: None,
        patience: Duration::ZERO,
        recorded_by: "a test".to_owned(),
    };
    let mut tale = Tale::default();
    run(&catalogue, &mut Simulated::default(), &plan, &mut tale);
    for (family, text) in tale.0 {
        insta::assert_snapshot!(format!("replay_{family}"), text);
    }
}
