//! Which members the result of each method must have.

use serde_json::Value;
use spoolproof_sdk::wire::CallResult;

use super::message::members;

/// Reads the result of `method`, or says why it does not fit.
pub(super) fn call_result(method: &str, value: Value) -> Result<CallResult, String> {
    if method == "shutdown" && value.is_null() {
        return Ok(CallResult::default());
    }
    let result: CallResult = members(value)?;
    match missing(method, &result) {
        Some(name) => Err(format!("`{name}` is missing")),
        None => Ok(result),
    }
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
    }

    #[test]
    fn a_success_brings_what_the_next_call_needs() {
        check("create_message", json!({"hresult": 0, "handle": "h"}), Err("`entry_id` is missing"));
        check("create_message", json!({"hresult": 0, "entry_id": "m"}), Err("`handle` is missing"));
        check("open_entry", json!({"hresult": "S_OK"}), Err("`handle` is missing"));
        check("open_entry", json!({"hresult": "MAPI_E_NO_ACCESS"}), Ok(()));
        check("get_outgoing_queue", json!({"hresult": 0}), Err("`rows` is missing"));
    }
}
