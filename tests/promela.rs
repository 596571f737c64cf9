//! The Promela twin of the benchmark's instance: SPIN finds as many states and transitions in it as we in ours.
//!
//! Where there is no SPIN, nothing is compared, and the test says so.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use spoolproof::check::{Bounds, Pins, Plan, run};
use spoolproof::model::Rules;

/// What the script's exit status says when SPIN or a C compiler is missing.
const MISSING: i32 = 3;

/// How large an instance is by SPIN, if it is there. `arguments` are those of `run.sh`.
#[expect(clippy::print_stderr, reason = "whoever has no SPIN is told that nothing was compared")]
fn spin(arguments: &str) -> Option<Pins> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/promela/run.sh");
    let output = match Command::new("sh").arg(script).args(arguments.split_whitespace()).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("not compared: there is no shell");
            return None;
        }
        started => started.expect("a shell starts"),
    };
    let (line, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(MISSING) {
        eprint!("not compared: {complaint}");
        return None;
    }
    assert!(output.status.success(), "`{arguments}`: {complaint}");
    let number = |name: &str| {
        let field = line.split_whitespace().find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        field.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("`{arguments}`: no {name} in `{line}`"))
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
    let outcome = run(&bounds, &Rules::defaults(), &Plan::default(), &mut |_| {});
    Pins { states: outcome.states, transitions: outcome.transitions }
}

#[test]
fn smaller_instances_have_the_same_size_on_both_sides() {
    for (messages, recipients, crashes, search) in [(1, 1, 0, ""), (1, 3, 1, "breadth")] {
        let size = format!("{search} -DMESSAGES={messages} -DRECIPIENTS={recipients} -DCRASHES={crashes}");
        if let Some(theirs) = spin(&size) {
            assert_eq!(theirs, explored(messages, recipients, crashes), "{size}");
        }
    }
}

#[test]
fn the_twin_is_as_large_as_the_bounds_file_says() {
    if let Some(theirs) = spin("") {
        assert_eq!(Some(theirs), lifecycle().pins);
    }
}
