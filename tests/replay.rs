//! The traces of every scenario on the model, one snapshot a family: a change in them is a change of meaning, and is
//! reviewed as one.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use spoolproof::conformance::{Plan, Progress, Simulated, run};
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

#[test]
fn each_family_of_scenarios_has_the_traces_that_were_reviewed() {
    let all = common::scenarios();
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
