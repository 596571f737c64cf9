//! Reads a scenario, and finds every mistake in it that can be seen without running it.

use std::collections::BTreeMap;
use std::ops::Range;

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Coupling, Profile, SortsQueue};
use toml::Spanned;
use toml::de::DeTable;

use super::names::{Names, Unopened};
use super::overlap;
use super::params::{KINDS, Kind, call, hresult};
use super::reader::{Members, Problems, Value, suggest};
use super::{Call, Scenario, Step};
use crate::spec::Problem;

impl Scenario {
    /// Reads the scenario `id` from the text of its file; any requirement may be named.
    ///
    /// # Errors
    ///
    /// All mistakes that were found, in the order of the file.
    pub fn parse(id: &str, source: &str) -> Result<Self, Vec<Problem>> {
        read(id, source, None)
    }

    /// As [`Scenario::parse`], and a requirement that is not one of `requirements` is a mistake too.
    ///
    /// # Errors
    ///
    /// All mistakes that were found, in the order of the file.
    pub fn parse_against(id: &str, source: &str, requirements: &[&str]) -> Result<Self, Vec<Problem>> {
        read(id, source, Some(requirements))
    }
}

fn read(id: &str, source: &str, requirements: Option<&[&str]>) -> Result<Scenario, Vec<Problem>> {
    let mut problems = Problems::default();
    let (document, errors) = DeTable::parse_recoverable(source);
    for error in errors {
        problems.add(error.span().unwrap_or_default(), error.message().to_owned(), None);
    }
    if !problems.is_empty() {
        return Err(problems.into_sorted());
    }
    let scenario = scenario(id, &document, requirements, &mut problems);
    match scenario {
        Some(scenario) if problems.is_empty() => Ok(scenario),
        _ => Err(problems.into_sorted()),
    }
}

fn scenario<'a>(
    id: &str,
    document: &'a Spanned<DeTable<'a>>,
    requirements: Option<&[&str]>,
    problems: &mut Problems,
) -> Option<Scenario> {
    // A whole file is too much to underline for a member that is not there.
    let mut members = Members::new("a scenario", 0..0, document.get_ref());
    let title = members.need("title", problems).and_then(|value| problems.text("title", value));
    let named = members.need("requirements", problems).and_then(|value| cited(value, requirements, problems));
    let profile = match members.take("profile") {
        Some(value) => profile(value, problems),
        None => Some(Profile::default()),
    };
    let steps = members.need("steps", problems).and_then(|value| steps(value, problems));
    members.finish(problems);
    Some(Scenario {
        id: id.to_owned(),
        title: title?.to_owned(),
        requirements: named?,
        profile: profile?,
        steps: steps?,
    })
}

fn cited(value: Value<'_>, requirements: Option<&[&str]>, problems: &mut Problems) -> Option<Vec<String>> {
    let mut cited: Vec<String> = Vec::new();
    for item in problems.items("requirements", value)? {
        let Some(id) = problems.text("requirements", item) else { continue };
        if let Some(known) = requirements.filter(|known| !known.contains(&id)) {
            let help = suggest(id, known.iter().copied());
            problems.add(item.span(), format!("the catalogue has no requirement `{id}`"), help);
        }
        if cited.iter().any(|earlier| earlier == id) {
            problems.add(item.span(), format!("`{id}` is named twice"), None);
        }
        cited.push(id.to_owned());
    }
    if cited.is_empty() {
        problems.add(value.span(), "a scenario is about at least one requirement".to_owned(), None);
    }
    Some(cited)
}

fn profile(value: Value<'_>, problems: &mut Problems) -> Option<Profile> {
    let mut members = problems.table("profile", value)?;
    let mut flag = |name, problems: &mut Problems| members.take(name).and_then(|value| problems.boolean(name, value));
    let outgoing_submission = flag("outgoing_submission", problems);
    let wants_spooler_completion = flag("wants_spooler_completion", problems);
    let persists_lock = flag("persists_lock", problems);
    let couplings = [("none", Coupling::None), ("tight", Coupling::Tight)];
    let coupling = members.take("coupling").and_then(|value| problems.one_of("coupling", value, &couplings));
    let sorters = [("store", SortsQueue::Store), ("table", SortsQueue::Table)];
    let sorts_queue = members.take("sorts_queue").and_then(|value| problems.one_of("sorter", value, &sorters));
    let handles_addrtypes =
        members.take("handles_addrtypes").and_then(|value| problems.texts("handles_addrtypes", value));
    let readings = match members.take("readings").and_then(|value| problems.table("readings", value)) {
        Some(readings) => readings
            .all()
            .filter_map(|(name, value)| Some((name.to_owned(), problems.text(name, value)?.to_owned())))
            .collect(),
        None => BTreeMap::new(),
    };
    members.finish(problems);
    Some(Profile {
        outgoing_submission,
        coupling,
        handles_addrtypes,
        wants_spooler_completion,
        persists_lock,
        sorts_queue,
        readings,
    })
}

fn steps(value: Value<'_>, problems: &mut Problems) -> Option<Vec<Step>> {
    // A step that cannot be read may have introduced names, so names are no longer judged after it.
    let mut names = Some(Names::default());
    let mut steps = Vec::new();
    for item in problems.items("steps", value)? {
        let Some(mut members) = problems.table("a step", item) else { continue };
        let Some(step) = step(&mut members, problems) else {
            names = None;
            continue;
        };
        if let Some(names) = &mut names {
            place(&step, &members, names, problems);
        }
        members.finish(problems);
        steps.push(step);
    }
    if names.is_some() {
        overlap::check(&steps, problems);
    }
    Some(steps)
}

/// Reads one step. A step that cannot be read does not hide the mistakes of the next one.
fn step(members: &mut Members<'_>, problems: &mut Problems) -> Option<Step> {
    members.describe("a step");
    let value = members.need("call", problems)?;
    let kinds: Vec<_> = KINDS.iter().map(|(name, kind)| (*name, (*name, *kind))).collect();
    let (name, kind) = problems.one_of("call", value, &kinds)?;
    members.describe(format!("`{name}`"));
    let mut flag = |name, problems: &mut Problems| {
        members.take(name).and_then(|value| problems.boolean(name, value)).unwrap_or(false)
    };
    let (optional, otherwise) = (flag("optional", problems), flag("otherwise", problems));
    let session = match kind {
        Kind::ExpectNotification | Kind::Observe | Kind::Restart => None,
        _ => Some(session(members, problems)),
    };
    let expect = match kind {
        Kind::ExpectNotification | Kind::Observe | Kind::Restart => Vec::new(),
        _ => expected(members, problems),
    };
    let together = members.take("together").and_then(|value| problems.text("together", value)).map(str::to_owned);
    let call = call(kind, members, problems);
    let session = match session {
        Some(session) => Some(session?),
        None => None,
    };
    Some(Step { call: call?, session, expect, optional, otherwise, together, span: members.span() })
}

fn session(members: &mut Members<'_>, problems: &mut Problems) -> Option<String> {
    let value = members.need("session", problems)?;
    let name = problems.text("session", value)?;
    let number = |rest: &str| rest.parse::<u32>().is_ok_and(|number| number > 0 && number.to_string() == rest);
    let known = match name.split_once('-') {
        Some(("client", rest)) => number(rest),
        Some(("spooler", rest)) => number(rest) && rest != "1",
        _ => name == "spooler",
    };
    if !known {
        let help = "`client-1`, `client-2`, …, `spooler`, `spooler-2`, …".to_owned();
        problems.add(value.span(), format!("no session is named `{name}`"), Some(help));
    }
    known.then(|| name.to_owned())
}

fn expected(members: &mut Members<'_>, problems: &mut Problems) -> Vec<HResult> {
    let Some(value) = members.take("expect") else { return Vec::new() };
    if value.get_ref().is_array() {
        let items = problems.items("expect", value).into_iter().flatten();
        return items.filter_map(|item| hresult("expect", item, problems)).collect();
    }
    hresult("expect", value, problems).into_iter().collect()
}

/// Checks that the step may name what it names, and takes note of what it introduces.
fn place(step: &Step, members: &Members<'_>, names: &mut Names, problems: &mut Problems) {
    match (&step.call, step.call.message()) {
        (Call::CreateMessage(_), Some(message)) if names.has_message(message) => {
            let message = format!("a message named `{message}` has already been created");
            problems.add(members.span_of("message"), message, None);
        }
        (Call::CreateMessage(_), _) => {}
        (_, Some(message)) if !names.has_message(message) => {
            let help = suggest(message, names.messages());
            problems.add(members.span_of("message"), format!("no message named `{message}` has been created"), help);
            return;
        }
        _ => {}
    }
    if let Call::SetResponsibility { target, recipient, .. } = &step.call
        && !names.addresses(&target.message).any(|address| address == recipient)
    {
        let help = suggest(recipient, names.addresses(&target.message));
        let message = format!("`{}` has no recipient `{recipient}`", target.message);
        problems.add(members.span_of("recipient"), message, help);
    }
    if let Some(name) = step.call.opens().and_then(|target| target.handle.as_deref()).filter(|name| names.is_open(name))
    {
        problems.add(members.span_of("handle"), format!("a handle named `{name}` is still open"), None);
    }
    if let Err(reason) = names.opener(step) {
        let (span, message, help) = unopened(step, members, names, &reason);
        problems.add(span, message, help);
    }
    names.follow(step);
}

fn unopened(
    step: &Step,
    members: &Members<'_>,
    names: &Names,
    reason: &Unopened,
) -> (Range<usize>, String, Option<String>) {
    let session = step.session.as_deref().unwrap_or_default();
    let target = step.call.uses().cloned().unwrap_or_default();
    let handle = target.handle.unwrap_or_default();
    match reason {
        Unopened::None => {
            let message = format!("`{session}` has no open handle on `{}`", target.message);
            (members.span_of("message"), message, Some("open it first, with `open_entry`".to_owned()))
        }
        Unopened::OtherMessage(other) => {
            (members.span_of("handle"), format!("the handle `{handle}` is on `{other}`"), None)
        }
        Unopened::OtherSession(other) => {
            (members.span_of("handle"), format!("the handle `{handle}` belongs to `{other}`"), None)
        }
        Unopened::Unknown => {
            let help = suggest(&handle, names.handles());
            (members.span_of("handle"), format!("no open handle is named `{handle}`"), help)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scenario;

    const CREATE: &str =
        r#"{ call = "create_message", session = "client-1", message = "m1", recipients = ["bob@example.test"] },"#;

    /// Each expected problem is what the span covers, the message, and the help.
    #[track_caller]
    fn check(steps: &str, expected: &[(&str, &str, &str)]) {
        check_file(&format!("title = \"t\"\nrequirements = [\"SUB-01\"]\nsteps = [\n{steps}\n]\n"), expected);
    }

    #[track_caller]
    fn check_file(source: &str, expected: &[(&str, &str, &str)]) {
        let problems = Scenario::parse_against("a/b", source, &["SUB-01", "SUB-04"]).err().unwrap_or_default();
        let found: Vec<_> = problems
            .iter()
            .map(|p| (&source[p.span.clone()], p.message.as_str(), p.help.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn an_unknown_call_member_or_flag_is_named_and_the_likely_one_offered() {
        check(
            r#"{ call = "open_entri", session = "client-1", message = "m1" }"#,
            &[("\"open_entri\"", "no call is named `open_entri`", "did you mean `open_entry`?")],
        );
        check(
            &format!(r#"{CREATE} {{ call = "release", session = "client-1", mesage = "m1" }}"#),
            &[(r#"{ call = "release", session = "client-1", mesage = "m1" }"#, "`release` needs `message`", "")],
        );
        check(
            &format!(r#"{CREATE} {{ call = "release", session = "client-1", message = "m1", hndle = "h" }}"#),
            &[("hndle", "`release` has no member `hndle`", "did you mean `handle`?")],
        );
        check(
            &format!(
                r#"{CREATE} {{ call = "open_entry", session = "spooler", message = "m1", flags = ["MAPI_MODIFI"] }}"#
            ),
            &[("\"MAPI_MODIFI\"", "no flag is named `MAPI_MODIFI`", "did you mean `MAPI_MODIFY`?")],
        );
    }

    #[test]
    fn an_unknown_hresult_is_named() {
        check(
            &format!(
                r#"{CREATE} {{ call = "abort_submit", session = "client-1", message = "m1", expect = "MAPI_E_SUBMITED" }}"#
            ),
            &[("\"MAPI_E_SUBMITED\"", "no HRESULT is named `MAPI_E_SUBMITED`", "did you mean `MAPI_E_SUBMITTED`?")],
        );
    }

    #[test]
    fn every_mistake_of_a_file_is_found() {
        check_file(
            "titel = \"t\"\nrequirements = [\"SUB-03\"]\nsteps = [{ call = \"restart\", kind = 3 }, { call = \"restart\" }]\n",
            &[
                ("", "a scenario needs `title`", ""),
                ("titel", "a scenario has no member `titel`", "did you mean `title`?"),
                ("\"SUB-03\"", "the catalogue has no requirement `SUB-03`", "did you mean `SUB-01`?"),
                ("3", "`kind` is a string, not an integer", ""),
                ("{ call = \"restart\" }", "`restart` needs `kind`", ""),
            ],
        );
    }

    #[test]
    fn what_is_no_toml_is_a_problem_with_a_place() {
        check_file(
            "title = \"t\nsteps = [",
            &[("", "invalid basic string, expected `\"`", ""), ("", "unclosed array, expected `]`", "")],
        );
    }

    #[test]
    fn sessions_are_clients_and_spoolers() {
        for name in ["client-0", "client", "spooler-1", "spooler-02", "store", "client-+1"] {
            check(
                &format!(r#"{{ call = "get_outgoing_queue", session = "{name}" }}"#),
                &[(
                    &format!("\"{name}\""),
                    &format!("no session is named `{name}`"),
                    "`client-1`, `client-2`, …, `spooler`, `spooler-2`, …",
                )],
            );
        }
        for name in ["client-1", "client-12", "spooler", "spooler-2"] {
            check(&format!(r#"{{ call = "get_outgoing_queue", session = "{name}" }}"#), &[]);
        }
    }

    #[test]
    fn a_message_is_created_once_and_before_its_use() {
        check(
            &format!(r#"{{ call = "observe", message = "m1" }}, {CREATE}"#),
            &[("\"m1\"", "no message named `m1` has been created", "")],
        );
        check(&format!("{CREATE} {CREATE}"), &[("\"m1\"", "a message named `m1` has already been created", "")]);
    }

    #[test]
    fn responsibility_is_for_a_recipient_of_the_message() {
        let set = |recipient: &str| {
            format!(
                r#"{{ call = "set_responsibility", session = "client-1", message = "m1", recipient = "{recipient}" }}"#
            )
        };
        check(&format!("{CREATE} {}", set("bob@example.test")), &[]);
        check(
            &format!("{CREATE} {}", set("bbo@example.test")),
            &[("\"bbo@example.test\"", "`m1` has no recipient `bbo@example.test`", "did you mean `bob@example.test`?")],
        );
        let expand =
            r#"{ call = "submit_message", session = "client-1", message = "m1", expanded = ["eve@example.test"] },"#;
        check(&format!("{CREATE} {expand} {}", set("eve@example.test")), &[]);
    }

    #[test]
    fn a_handle_is_opened_by_its_user_and_not_yet_released() {
        let release = r#"{ call = "release", session = "client-1", message = "m1" },"#;
        let gone = ("\"m1\"", "`client-1` has no open handle on `m1`", "open it first, with `open_entry`");
        check(&format!("{CREATE} {release} {release}"), &[gone]);
        check(&format!(r#"{CREATE} {{ call = "restart", kind = "crash" }}, {release}"#), &[gone]);
        let refused = r#"{ call = "open_entry", session = "client-2", message = "m1", expect = "MAPI_E_NO_ACCESS" },"#;
        check(
            &format!(r#"{CREATE} {refused} {{ call = "release", session = "client-2", message = "m1" }}"#),
            &[("\"m1\"", "`client-2` has no open handle on `m1`", "open it first, with `open_entry`")],
        );
    }

    #[test]
    fn a_named_handle_belongs_to_one_session_and_message() {
        let open = r#"{ call = "open_entry", session = "client-2", message = "m1", handle = "early" },"#;
        let release = |session: &str, handle: &str| {
            format!(r#"{{ call = "release", session = "{session}", message = "m1", handle = "{handle}" }}"#)
        };
        check(&format!("{CREATE} {open} {}", release("client-2", "early")), &[]);
        check(
            &format!("{CREATE} {open} {}", release("client-1", "early")),
            &[("\"early\"", "the handle `early` belongs to `client-2`", "")],
        );
        check(
            &format!("{CREATE} {open} {}", release("client-2", "erly")),
            &[("\"erly\"", "no open handle is named `erly`", "did you mean `early`?")],
        );
        check(&format!("{CREATE} {open} {open}"), &[("\"early\"", "a handle named `early` is still open", "")]);
    }
}
