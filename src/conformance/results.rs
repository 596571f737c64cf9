//! Which members the result of each method must have.

use serde_json::Value;
use spoolproof_sdk::wire::{CallResult, Observation};

use super::message::{members, quoted};
use crate::spec::closest;

/// Reads the result of `method`, or says why it does not fit.
pub(super) fn call_result(method: &str, value: Value) -> Result<CallResult, String> {
    if method == "shutdown" && value.is_null() {
        return Ok(CallResult::default());
    }
    if method == "spooler.wake" {
        let result: CallResult = members(value)?;
        return if result.idle.is_some() { Ok(result) } else { Err("`idle` is missing".to_owned()) };
    }
    let result: CallResult = members(value)?;
    if let Some(name) = missing(method, &result) {
        return Err(format!("`{name}` is missing"));
    }
    for row in result.rows.iter().flatten() {
        flags(&row.submit_flags, "PR_SUBMIT_FLAGS", SUBMIT_FLAGS)?;
        time(row.client_submit_time.as_deref())?;
    }
    Ok(result)
}

/// What a caller could not go on without.
fn missing(method: &str, result: &CallResult) -> Option<&'static str> {
    let Some(hresult) = result.hresult else {
        return (method != "shutdown").then_some("hresult");
    };
    if !hresult.is_success() {
        return None;
    }
    match method {
        "create_message" if result.entry_id.is_none() => Some("entry_id"),
        "create_message" | "open_entry" if result.handle.is_none() => Some("handle"),
        "get_outgoing_queue" if result.rows.is_none() => Some("rows"),
        "get_props" if result.props.is_none() => Some("props"),
        _ => None,
    }
}

/// Checks what the types of an observation leave open: names of flags, and times.
pub(super) fn observation(seen: Observation) -> Result<Observation, String> {
    flags(&seen.message_flags, "PR_MESSAGE_FLAGS", MESSAGE_FLAGS)?;
    flags(&seen.submit_flags, "PR_SUBMIT_FLAGS", SUBMIT_FLAGS)?;
    time(seen.client_submit_time.as_ref().and_then(Option::as_deref))?;
    Ok(seen)
}

/// How the names of a property's flags begin, and those that decide something, without that.
type Names = (&'static str, &'static [&'static str]);

const MESSAGE_FLAGS: Names = ("MSGFLAG_", &["RESEND", "SUBMIT", "UNMODIFIED", "UNSENT"]);
const SUBMIT_FLAGS: Names = ("SUBMITFLAG_", &["LOCKED", "PREPROCESS"]);

/// A flag that nobody knows is passed over; one that is nearly a flag which decides something was meant to be that one.
fn flags(flags: &Option<Vec<String>>, member: &str, (prefix, names): Names) -> Result<(), String> {
    for flag in flags.iter().flatten() {
        let shown = quoted(flag);
        let Some(name) = flag.strip_prefix(prefix) else {
            return Err(format!("`{member}`: `{shown}` is no flag of that property; their names begin with {prefix}"));
        };
        let near = closest(name, names.iter().copied()).filter(|near| *near != name);
        if let Some(near) = near {
            return Err(format!("`{member}`: there is no flag `{shown}`; did you mean `{prefix}{near}`?"));
        }
    }
    Ok(())
}

fn time(time: Option<&str>) -> Result<(), String> {
    match time.filter(|time| time.parse::<jiff::Timestamp>().is_err()) {
        Some(time) => Err(format!(
            "`PR_CLIENT_SUBMIT_TIME`: `{}` is no RFC 3339 time, such as 2026-01-31T12:00:00Z",
            quoted(time)
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::call_result;

    #[track_caller]
    fn check(method: &str, value: Value, expected: Result<(), &str>) {
        assert_eq!(call_result(method, value).map(|_| ()), expected.map_err(str::to_owned), "{method}");
    }

    #[test]
    fn every_result_has_an_hresult() {
        check("submit_message", json!({"hresult": 0}), Ok(()));
        check("submit_message", json!({"hresult": "0x8004FFFF"}), Ok(()));
        check("submit_message", json!({}), Err("`hresult` is missing"));
        check("submit_message", json!(null), Err("expected an object, found null"));
        check("shutdown", json!(null), Ok(()));
        check("spooler.wake", json!({"idle": true}), Ok(()));
        check("spooler.wake", json!({"hresult": 0}), Err("`idle` is missing"));
    }

    #[test]
    fn an_observation_names_flags_and_times_as_the_protocol_does() {
        let check = |member: Value, expected: Result<(), &str>| {
            let seen = super::members(member).and_then(super::observation);
            assert_eq!(seen.map(|_| ()), expected.map_err(str::to_owned));
        };
        check(json!({"PR_MESSAGE_FLAGS": ["MSGFLAG_SUBMIT", "MSGFLAG_ANY"], "PR_CLIENT_SUBMIT_TIME": null}), Ok(()));
        check(json!({"PR_CLIENT_SUBMIT_TIME": "2026-11-21T21:48:17.1375906Z"}), Ok(()));
        let flag = "`PR_MESSAGE_FLAGS`: `SUBMIT` is no flag of that property; their names begin with MSGFLAG_";
        check(json!({"PR_MESSAGE_FLAGS": ["SUBMIT"]}), Err(flag));
        let near = "`PR_MESSAGE_FLAGS`: there is no flag `MSGFLAG_SUBMITTED`; did you mean `MSGFLAG_SUBMIT`?";
        check(json!({"PR_MESSAGE_FLAGS": ["MSGFLAG_SUBMITTED"]}), Err(near));
        let time = "`PR_CLIENT_SUBMIT_TIME`: `yesterday` is no RFC 3339 time, such as 2026-01-31T12:00:00Z";
        check(json!({"PR_CLIENT_SUBMIT_TIME": "yesterday"}), Err(time));
    }

    #[test]
    fn a_success_brings_what_the_next_call_needs() {
        check("create_message", json!({"hresult": 0, "handle": "h"}), Err("`entry_id` is missing"));
        check("create_message", json!({"hresult": 0, "entry_id": "m"}), Err("`handle` is missing"));
        check("open_entry", json!({"hresult": "S_OK"}), Err("`handle` is missing"));
        check("open_entry", json!({"hresult": "MAPI_E_NO_ACCESS"}), Ok(()));
        check("get_outgoing_queue", json!({"hresult": 0}), Err("`rows` is missing"));
        let row = |flag: &str| json!({"hresult": 0, "rows": [{"entry_id": "m", "PR_SUBMIT_FLAGS": [flag]}]});
        check("get_outgoing_queue", row("SUBMITFLAG_LOCKED"), Ok(()));
        let near = "`PR_SUBMIT_FLAGS`: there is no flag `SUBMITFLAG_LOKED`; did you mean `SUBMITFLAG_LOCKED`?";
        check("get_outgoing_queue", row("SUBMITFLAG_LOKED"), Err(near));
    }
}
