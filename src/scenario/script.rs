//! A scenario and its steps.

use std::collections::BTreeSet;
use std::ops::Range;

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::Profile;

use super::Call;
use super::names::Names;

/// A script of calls that shows whether requirements are kept.
///
/// ```
/// use spoolproof::scenario::Scenario;
///
/// let source = r#"
/// title = "A client's write-open of a queued message is refused"
/// requirements = ["SEED1-11"]
/// steps = [
///   { call = "create_message", session = "client-1", message = "m1", recipients = ["bob@example.test"] },
///   { call = "submit_message", session = "client-1", message = "m1", expect = "S_OK" },
///   { call = "open_entry", session = "client-2", message = "m1", flags = ["MAPI_MODIFY"] },
/// ]
/// "#;
/// let scenario = Scenario::parse("open/queued-modify", source).unwrap();
/// assert_eq!(scenario.steps.len(), 3);
/// assert_eq!(scenario.openers(), [None, Some(0), None]);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scenario {
    /// The file's path below `scenarios/`, without `.toml`.
    pub id: String,
    /// What it shows, in one sentence.
    pub title: String,
    /// The requirements that it is about.
    pub requirements: Vec<String>,
    /// What `reset` overrides, because the case makes no sense without it. A case that names no coupling takes the
    /// store to be uncoupled, and leaves the other members to the provider.
    pub profile: Profile,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// For each step, the step that made the handle which it uses.
    ///
    /// That is the step which made the handle of that name; without a name, the last one that made a handle for the
    /// same session and message. Released handles, those of before a `restart` and those of an `open_entry` that is
    /// expected to fail do not count. If that call made no handle in an actual run, the step cannot be taken.
    #[must_use]
    pub fn openers(&self) -> Vec<Option<usize>> {
        let mut names = Names::default();
        self.steps
            .iter()
            .map(|step| {
                let opener = names.opener(step).ok().flatten();
                names.follow(step);
                opener
            })
            .collect()
    }

    /// The steps in groups: those that overlap with each other, and each other step by itself.
    #[must_use]
    pub fn groups(&self) -> Vec<Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            match groups.last_mut() {
                Some(last) if step.together.is_some() && step.together == self.steps[last.start].together => {
                    last.end = at + 1;
                }
                _ => groups.push(at..at + 1),
            }
        }
        groups
    }

    /// Names the handles that a reader would take for others: `wanted` says which step made the one that a step uses.
    pub(crate) fn name_handles(&mut self, wanted: &[Option<usize>]) {
        loop {
            let openers = self.openers();
            let mut pairs = wanted.iter().zip(&openers).enumerate();
            let wrong = pairs.find_map(|(at, (wanted, read))| Some((at, (*wanted).filter(|_| wanted != read)?)));
            let Some((at, opener)) = wrong else { return };
            let name = Some(format!("h{}", opener + 1));
            if self.steps[at].call.target_mut().is_none_or(|target| target.handle == name) {
                return; // The handle is closed, and no name brings it back.
            }
            for at in [opener, at] {
                if let Some(target) = self.steps[at].call.target_mut() {
                    target.handle.clone_from(&name);
                }
            }
        }
    }

    /// The scenario as its file would be read, if that is a scenario at all. A call that overlaps with nothing any more
    /// stands for itself.
    pub(crate) fn read_again(mut self) -> Option<Self> {
        let lonely: Vec<usize> =
            self.groups().into_iter().filter(|group| group.len() == 1).map(|group| group.start).collect();
        for at in lonely {
            self.steps[at].together = None;
        }
        Self::parse(&self.id, &self.to_toml()).ok().filter(|read| !read.steps.is_empty())
    }

    /// The protocol's methods without which the case is not itself: calls that are not optional, support calls
    /// that it answers in its own way, and notifications that it waits for. `observe` is never needed.
    #[must_use]
    pub fn methods(&self) -> BTreeSet<&'static str> {
        let mut methods = BTreeSet::new();
        for step in self.steps.iter().filter(|step| !step.optional) {
            match &step.call {
                Call::ExpectNotification { event, .. } => _ = methods.insert(event.method()),
                Call::Observe { .. } => {}
                call => _ = methods.insert(call.name()),
            }
            methods.extend(step.call.answers().into_iter().flat_map(super::Answers::methods));
        }
        methods
    }
}

/// One step of a scenario.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub call: Call,
    /// Who does it; nobody in `expect_notification`, `observe` and `restart`.
    pub session: Option<String>,
    /// The replies that this path assumes; empty: whatever the oracle permits.
    pub expect: Vec<HResult>,
    /// It is left out when the adapter does not serve its method.
    pub optional: bool,
    /// The group of calls that overlap to which it belongs: neighbours with this name in common.
    pub together: Option<String>,
    /// It is taken only where the last step that is not so was refused, or could not be taken: a branch of the case.
    pub otherwise: bool,
    /// The bytes of the file that hold it. Steps that differ in nothing else are equal.
    pub span: Range<usize>,
}

impl Step {
    /// A step that assumes nothing and is always taken.
    #[must_use]
    pub const fn new(call: Call, session: Option<String>) -> Self {
        Self { call, session, expect: Vec::new(), optional: false, otherwise: false, together: None, span: 0..0 }
    }

    /// Whether every reply that this path assumes is a failure.
    #[must_use]
    pub fn expects_failure(&self) -> bool {
        !self.expect.is_empty() && self.expect.iter().all(|expected| !expected.is_success())
    }
}

impl Eq for Step {}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        let Self { call, session, expect, optional, otherwise, together, span: _ } = self;
        *call == other.call
            && *session == other.session
            && *expect == other.expect
            && *together == other.together
            && (*optional, *otherwise) == (other.optional, other.otherwise)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Scenario;

    fn scenario(steps: &str) -> Scenario {
        let create = r#"{ call = "create_message", session = "client-1", message = "m1", recipients = ["bob"] },"#;
        let source = format!("title = \"t\"\nrequirements = [\"SUB-01\"]\nsteps = [{create} {steps}]\n");
        Scenario::parse("a/b", &source).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn a_step_uses_the_last_handle_of_its_session_on_that_message() {
        let scenario = scenario(
            r#"
            { call = "open_entry", session = "client-1", message = "m1" },
            { call = "open_entry", session = "client-2", message = "m1" },
            { call = "get_props", session = "client-1", message = "m1", props = [] },
            { call = "release", session = "client-1", message = "m1" },
            { call = "get_props", session = "client-1", message = "m1", props = [] },
            { call = "open_entry", session = "client-1", message = "m1", handle = "h", expect = "MAPI_E_SUBMITTED" },
            { call = "release", session = "client-1", message = "m1" },
            "#,
        );
        assert_eq!(scenario.openers(), [None, None, None, Some(1), Some(1), Some(0), None, Some(0)]);
    }

    #[test]
    fn a_step_uses_the_handle_that_it_names() {
        let scenario = scenario(
            r#"
            { call = "open_entry", session = "client-1", message = "m1", handle = "first" },
            { call = "open_entry", session = "client-1", message = "m1" },
            { call = "release", session = "client-1", message = "m1", handle = "first" },
            { call = "open_entry", session = "client-1", message = "m1", handle = "first" },
            { call = "release", session = "client-1", message = "m1", handle = "first" },
            { call = "release", session = "client-1", message = "m1" },
            "#,
        );
        assert_eq!(scenario.openers(), [None, None, None, Some(1), None, Some(4), Some(2)]);
    }

    #[test]
    fn a_case_needs_what_is_neither_optional_nor_mere_looking() {
        let scenario = scenario(
            r#"
            { call = "submit_message", session = "client-1", message = "m1", needs = ["NEEDS_PREPROCESSING"] },
            { call = "observe", message = "m1" },
            { call = "expect_notification", event = "added" },
            { call = "expect_notification", event = "new_mail", optional = true },
            { call = "set_responsibility", session = "client-1", message = "m1", recipient = "bob", optional = true },
            "#,
        );
        let methods = ["create_message", "notify.table_modified", "submit_message", "support.expand_recips"];
        assert_eq!(scenario.methods(), BTreeSet::from(methods));
    }
}
