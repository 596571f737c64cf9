//! The Promela twin of the benchmark's instance: SPIN finds as many states and transitions in it as we in ours.
//!
//! Where there is no SPIN, nothing is compared, and the test says so.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use spoolproof::check::{Bounds, Pins, run};
use spoolproof::model::Rules;

/// What the script's exit status says when SPIN or a C compiler is missing.
const MISSING: i32 = 3;

/// How large an instance is by SPIN; `None` where it is missing. `arguments` are those of `run.sh`.
fn spin(arguments: &[String]) -> Option<Pins> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/promela/run.sh");
    let output = match Command::new("sh").arg(script).args(arguments).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        started => started.expect("a shell starts"),
    };
    let (line, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(MISSING) {
        return None;
    }
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    let number = |name: &str| {
        let field = line.split_whitespace().find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        field.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{arguments:?}: no {name} in `{line}`"))
    };
    Some(Pins { states: number("states"), transitions: number("transitions") })
}

/// The instance that SPIN is measured with.
fn lifecycle() -> Bounds {
    let text = include_str!("../benches/promela/lifecycle.toml");
    Bounds::parse("lifecycle", text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The same with less of everything.
fn explored(messages: usize, recipients: u8, crashes: u8) -> Pins {
    let mut bounds = lifecycle();
    bounds.scope.messages.truncate(messages);
    for draft in bounds.scope.messages.iter_mut().flat_map(|message| &mut message.drafts) {
        draft.recipients = recipients;
    }
    bounds.scope.crashes = crashes;
    let outcome = run(&bounds, &Rules::defaults(), &mut |_| {});
    Pins { states: outcome.states, transitions: outcome.transitions }
}

#[test]
#[expect(clippy::print_stderr, reason = "whoever has no SPIN is told that nothing was compared")]
fn the_twin_has_as_many_states_and_transitions() {
    // The full instance stands last: our side of it is in its file, and held by the benchmark.
    for (messages, recipients, crashes) in [(1, 1, 0), (1, 3, 1), (2, 1, 0), (2, 3, 1)] {
        let sizes = [("MESSAGES", messages.to_string()), ("RECIPIENTS", recipients.to_string())];
        let sizes = sizes.into_iter().chain([("CRASHES", crashes.to_string())]);
        let sizes: Vec<_> = sizes.map(|(name, number)| format!("-D{name}={number}")).collect();
        let Some(depth_first) = spin(&sizes) else {
            eprintln!("SPIN or a C compiler is missing; the Promela twin was not compared");
            return;
        };
        let full = (messages, recipients, crashes) == (2, 3, 1);
        let ours = if full {
            lifecycle().pins.expect("the file states its size")
        } else {
            explored(messages, recipients, crashes)
        };
        assert_eq!(depth_first, ours, "{sizes:?}");
        if !full {
            assert_eq!(spin(&[&["breadth".to_owned()], &*sizes].concat()), Some(ours), "{sizes:?}, breadth first");
        }
    }
}
