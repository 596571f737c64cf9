//! Prints a case for spoolers in its canonical form: one step a line, members in a fixed order, defaults left out.

use std::fmt;

use serde::Serialize as _;

use super::row::{Row, list, quoted, texts};
use super::{Handing, Happening, PlayedPreprocessor, PlayedTransport, Preparing, SpoolerScenario};

impl SpoolerScenario {
    /// The text of its file. Reading that text gives this case again, and comments are the only thing it loses.
    #[must_use]
    pub fn to_toml(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for SpoolerScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id: _, title, requirements, transports, preprocessors, steps } = self;
        writeln!(f, "title = {}", quoted(title))?;
        writeln!(f, "requirements = {}", texts(requirements))?;
        writeln!(f, "transports = {}", list(transports.iter().map(PlayedTransport::to_string)))?;
        if !preprocessors.is_empty() {
            writeln!(f, "preprocessors = {}", list(preprocessors.iter().map(PlayedPreprocessor::to_string)))?;
        }
        f.write_str("steps = [\n")?;
        for step in steps {
            writeln!(f, "  {step},")?;
        }
        f.write_str("]\n")
    }
}

impl fmt::Display for PlayedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addrtypes, answers } = self;
        let mut row = Row::default();
        row.maybe("addrtypes", (!addrtypes.is_empty()).then(|| texts(addrtypes)));
        row.maybe("answers", script(answers));
        row.fmt(f)
    }
}

impl fmt::Display for PlayedPreprocessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transport, addrtypes, removes, answers } = self;
        let mut row = Row::default();
        row.push("transport", transport);
        row.maybe("addrtypes", addrtypes.as_deref().map(texts));
        row.unset("removes", *removes);
        row.maybe("answers", script(answers));
        row.fmt(f)
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = Row::default();
        match self {
            Self::SubmitMessage { message, recipients, sentmail, delete_after_submit } => {
                row.text("call", Some("submit_message"));
                row.text("message", Some(message));
                row.push("recipients", texts(recipients));
                row.set("sentmail", *sentmail);
                row.set("delete_after_submit", *delete_after_submit);
            }
            Self::AbortSubmit { message } => {
                row.text("call", Some("abort_submit"));
                row.text("message", Some(message));
            }
            Self::Wake { ready, sent_deferred, of, dies_after } => {
                row.text("call", Some("wake"));
                row.maybe("ready", *ready);
                row.text("sent_deferred", sent_deferred.as_deref());
                row.maybe("of", *of);
                row.maybe("dies_after", *dies_after);
            }
        }
        row.fmt(f)
    }
}

impl fmt::Display for Handing {
    /// As a case names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Preparing {
    /// As a case names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The answers of a part, if it has any but the usual one.
fn script(answers: &[impl fmt::Display]) -> Option<String> {
    (!answers.is_empty()).then(|| list(answers.iter().map(|answer| quoted(&answer.to_string()))))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use crate::scenario::{Handing, Happening, PlayedPreprocessor, PlayedTransport, Preparing, SpoolerScenario};

    const PREPARINGS: [Preparing; 3] = [Preparing::Succeeds, Preparing::Undeliverable, Preparing::Fails];

    /// What happens to the messages `m` and `n`, around two transports.
    fn happening() -> impl Strategy<Value = Happening> {
        let place = || option::of(1..=2_usize);
        let message = option::of(select(vec!["m".to_owned(), "n".to_owned()]));
        let woken = (place(), message, 1..=2_usize, option::of(1..20_usize));
        prop_oneof![
            woken.prop_map(|(ready, sent_deferred, of, dies_after)| Happening::Wake {
                ready,
                of: sent_deferred.is_some().then_some(of),
                sent_deferred,
                dies_after,
            }),
            Just(Happening::AbortSubmit { message: "m".to_owned() }),
        ]
    }

    fn submitted(message: &str) -> impl Strategy<Value = Happening> + use<> {
        let message = message.to_owned();
        (vec(any::<String>(), 0..3), any::<bool>(), any::<bool>()).prop_map(
            move |(recipients, sentmail, delete_after_submit)| Happening::SubmitMessage {
                message: message.clone(),
                recipients,
                sentmail,
                delete_after_submit,
            },
        )
    }

    fn scenario() -> impl Strategy<Value = SpoolerScenario> {
        let transport = (vec(any::<String>(), 0..3), vec(select(Handing::ALL.to_vec()), 0..3))
            .prop_map(|(addrtypes, answers)| PlayedTransport { addrtypes, answers });
        let answers = vec(select(PREPARINGS.to_vec()), 0..3);
        let preprocessor = (1..=2_usize, option::of(vec(any::<String>(), 0..3)), any::<bool>(), answers).prop_map(
            |(transport, addrtypes, removes, answers)| PlayedPreprocessor { transport, addrtypes, removes, answers },
        );
        let parts = (vec(transport, 2..4), vec(preprocessor, 0..3));
        let steps = (submitted("m"), submitted("n"), vec(happening(), 0..5));
        (any::<String>(), parts, steps).prop_map(|(title, (transports, preprocessors), (first, second, rest))| {
            SpoolerScenario {
                id: "a/b".to_owned(),
                title,
                requirements: vec!["SUB-01".to_owned()],
                transports,
                preprocessors,
                steps: [first, second].into_iter().chain(rest).collect(),
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(scenario in scenario()) {
            let printed = scenario.to_toml();
            prop_assert_eq!(SpoolerScenario::parse("a/b", &printed, &["SUB-01"]), Ok(scenario), "{}", printed);
        }
    }
}
