//! What calls must be like so that they can overlap: each can be sent before any of the others has answered.

use super::names::Names;
use super::reader::Problems;
use super::{Call, Step};

/// Finds the steps that cannot be in the group which they name.
pub(super) fn check(steps: &[Step], problems: &mut Problems) {
    let mut names = Names::default();
    let openers: Vec<Option<usize>> = steps
        .iter()
        .map(|step| {
            let opener = names.opener(step).ok().flatten();
            names.follow(step);
            opener
        })
        .collect();
    let mut ended: Vec<&str> = Vec::new();
    let mut start = 0;
    while let Some(first) = steps.get(start) {
        let Some(name) = first.together.as_deref() else {
            start += 1;
            continue;
        };
        let count = steps[start..].iter().take_while(|step| step.together.as_deref() == Some(name)).count();
        if ended.contains(&name) {
            let message = format!("the calls of `together = \"{name}\"` do not stand one after the other");
            problems.add(first.span.clone(), message, None);
        } else if count == 1 {
            let help = "name the same group in the step before or behind it".to_owned();
            problems.add(first.span.clone(), format!("nothing overlaps with the only call of `{name}`"), Some(help));
        }
        for at in start..start + count {
            let before = &steps[start..at];
            let uses_new = openers[at].is_some_and(|opener| opener >= start);
            let shares = (start..at).any(|other| openers[other].is_some() && openers[other] == openers[at]);
            let releases = steps[start..=at].iter().any(|step| matches!(step.call, Call::Release { .. }));
            let message = if uses_new {
                Some("the handle is not there before the calls that overlap have returned".to_owned())
            } else if shares && releases {
                Some("a handle cannot be released while a call uses it".to_owned())
            } else {
                misplaced(&steps[at], before)
            };
            if let Some(message) = message {
                problems.add(steps[at].span.clone(), message, None);
            }
        }
        ended.push(name);
        start += count;
    }
}

/// Why `step` cannot overlap with those of its group that stand before it.
fn misplaced(step: &Step, before: &[Step]) -> Option<String> {
    let name = step.call.name();
    if matches!(step.call, Call::ExpectNotification { .. } | Call::Observe { .. } | Call::Restart { .. }) {
        return Some(format!("`{name}` cannot overlap with a call"));
    }
    if step.optional {
        return Some("a call that overlaps with others is not `optional`".to_owned());
    }
    if !step.expect.is_empty() || matches!(step.call, Call::OpenEntry { access: Some(_), .. }) {
        return Some("which call comes first is not known, so none of them can assume what it returns".to_owned());
    }
    let creates = |other: &Step| match &other.call {
        Call::CreateMessage(new) => step.call.message() == Some(&new.target.message),
        _ => false,
    };
    if before.iter().any(creates) {
        return Some("the message is not there before the calls that overlap have returned".to_owned());
    }
    // MAPI's answers tell calls of one kind on one message apart by nothing, so they must be the same for both.
    let differs = |other: &Step| {
        other.call.name() == name
            && other.call.message() == step.call.message()
            && other.call.answers() != step.call.answers()
    };
    before.iter().any(differs).then(|| format!("MAPI answers all `{name}` on one message alike while they overlap"))
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;

    #[track_caller]
    fn check(steps: &str, expected: &[&str]) {
        let create =
            r#"{ call = "create_message", session = "client-1", message = "m1", recipients = ["b@example.test"] },"#;
        let source = format!("title = \"t\"\nrequirements = [\"SUB-01\"]\nsteps = [\n{create}\n{steps}\n]\n");
        let problems = Scenario::parse("a/b", &source).err().unwrap_or_default();
        let found: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(found, expected, "{source}");
    }

    const ABORT: &str = r#"{ call = "abort_submit", session = "client-2", message = "m1", together = "a" },"#;
    const SUBMIT: &str = r#"{ call = "submit_message", session = "client-1", message = "m1", together = "a" },"#;

    #[test]
    fn neighbours_of_one_name_overlap() {
        check(&format!("{SUBMIT} {ABORT}"), &[]);
        let source = format!(
            "title = \"t\"\nrequirements = [\"SUB-01\"]\nsteps = [{}, {SUBMIT} {ABORT} {}]\n",
            r#"{ call = "create_message", session = "client-1", message = "m1", recipients = ["b@example.test"] }"#,
            r#"{ call = "observe", message = "m1" }"#
        );
        let scenario = Scenario::parse("a/b", &source).expect("a scenario");
        assert_eq!(scenario.groups(), [0..1, 1..3, 3..4]);
    }

    #[test]
    fn what_cannot_overlap_is_refused() {
        check(SUBMIT, &["nothing overlaps with the only call of `a`"]);
        let observe = r#"{ call = "observe", message = "m1" },"#;
        check(
            &format!("{SUBMIT} {ABORT} {observe} {}", ABORT.replace("client-2", "client-3")),
            &["the calls of `together = \"a\"` do not stand one after the other"],
        );
        let restart = r#"{ call = "restart", kind = "crash", together = "a" },"#;
        check(&format!("{SUBMIT} {restart}"), &["`restart` cannot overlap with a call"]);
        let release = r#"{ call = "release", session = "client-1", message = "m1", together = "a" },"#;
        check(&format!("{SUBMIT} {release}"), &["a handle cannot be released while a call uses it"]);
        let assumes = ABORT.replace("together", "expect = \"S_OK\", together");
        check(
            &format!("{SUBMIT} {assumes}"),
            &["which call comes first is not known, so none of them can assume what it returns"],
        );
        let optional = ABORT.replace("together", "optional = true, together");
        check(&format!("{SUBMIT} {optional}"), &["a call that overlaps with others is not `optional`"]);
    }

    #[test]
    fn a_call_uses_no_handle_that_another_of_its_group_makes() {
        let open = r#"{ call = "open_entry", session = "spooler", message = "m1", handle = "h", together = "a" },"#;
        let lock = r#"{ call = "set_lock_state", session = "spooler", message = "m1", handle = "h", lock = true, together = "a" },"#;
        check(&format!("{open} {lock}"), &["the handle is not there before the calls that overlap have returned"]);
    }

    #[test]
    fn mapi_answers_calls_of_one_kind_alike() {
        let open = r#"{ call = "open_entry", session = "client-2", message = "m1", flags = ["MAPI_MODIFY"] },"#;
        let other =
            SUBMIT.replace("client-1", "client-2").replace("together", "expand = \"MAPI_E_CALL_FAILED\", together");
        check(
            &format!("{open} {SUBMIT} {other}"),
            &["MAPI answers all `submit_message` on one message alike while they overlap"],
        );
    }
}
