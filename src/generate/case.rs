//! A generated case: a scenario, and what it is there for.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use petgraph::graph::EdgeIndex;

use super::behaviour::Behaviour;
use super::script;
use crate::scenario::Scenario;

/// A scenario, and what it covers.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario.
    pub scenario: Scenario,
    /// What is covered by it and by no case before it, one a line.
    pub covers: Vec<String>,
}

impl Case {
    /// The case that goes along `way`; its requirements are those that the moves among `new` rest on.
    pub(super) fn new(
        behaviour: &Behaviour,
        (id, title): (String, String),
        way: &[EdgeIndex],
        new: impl IntoIterator<Item = EdgeIndex>,
        covers: Vec<String>,
    ) -> Self {
        let cited: BTreeSet<&str> = new
            .into_iter()
            .flat_map(|edge| &behaviour.graph[edge].clauses)
            .flat_map(|clause| clause.cites.iter().flat_map(|cite| cite.ids.iter().copied()))
            .collect();
        let scenario = Scenario {
            id,
            title,
            requirements: cited.into_iter().map(str::to_owned).collect(),
            profile: behaviour.scribe.profile(),
            steps: script::steps(behaviour, way),
        };
        Self { scenario, covers }
    }

    /// The text of its file: what it covers, and the scenario.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::from("# Generated. Covers, as the first:\n");
        for line in &self.covers {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# - {line}");
        }
        text + &self.scenario.to_toml()
    }
}
