//! The line of an answer, spoilt.

use serde_json::{Value, json};
use spoolproof_sdk::HResult;

/// What is sent instead of an answer.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Spoilt {
    pub(super) bytes: Vec<u8>,
    /// Whether the adapter ends then.
    pub(super) exits: bool,
}

/// What the fault `name` makes of the line of an answer.
pub(super) fn spoil(name: &str, answer: &Value) -> Spoilt {
    let (bytes, exits) = match name {
        "adapter-exit-mid-call" => (Vec::new(), true),
        "adapter-half-line" => {
            let whole = line(answer);
            (whole[..whole.len() / 2].to_vec(), true)
        }
        "adapter-hang" => (Vec::new(), false),
        _ => (changed(name, answer).map_or_else(|| framed(name, answer), |answer| line(&answer)), false),
    };
    Spoilt { bytes, exits }
}

fn line(message: &Value) -> Vec<u8> {
    format!("{message}\n").into_bytes()
}

/// The answer with another content.
fn changed(name: &str, answer: &Value) -> Option<Value> {
    let id = answer.get("id").cloned().unwrap_or_default();
    let with = |member: &str, value: Value| {
        let mut answer = answer.clone();
        answer[member] = value;
        Some(answer)
    };
    let has_result = answer.get("result").is_some();
    let returning = |hresult: Value| {
        let mut answer = answer.clone();
        answer["result"]["hresult"] = hresult;
        has_result.then_some(answer)
    };
    let code = || {
        let text = answer["result"]["hresult"].as_str().unwrap_or_default();
        HResult::parse(text).unwrap_or(HResult::S_OK).code()
    };
    let failed = json!({ "code": -32000, "message": "the provider's library could not be loaded" });
    match name {
        "adapter-batch" => Some(json!([answer])),
        "adapter-error-without-code" => Some(json!({ "jsonrpc": "2.0", "id": id, "error": "it did not work" })),
        "adapter-hresult-hexadecimal" => returning(format!("0x{:08X}", code()).into()),
        "adapter-hresult-is-true" => returning(true.into()),
        "adapter-hresult-number" => returning(code().into()),
        "adapter-hresult-too-large" => returning(0x1_8004_0608_u64.into()),
        "adapter-id-as-fraction" => with("id", id.as_f64().map_or(id, Value::from)),
        "adapter-id-as-text" => with("id", id.to_string().into()),
        "adapter-id-missing" => Some(json!({ "jsonrpc": "2.0", "result": answer["result"] })),
        "adapter-missing-hresult" => with("result", json!({})),
        "adapter-null-error" if has_result => with("error", Value::Null),
        "adapter-null-result" => with("result", Value::Null),
        "adapter-own-members" if has_result => {
            let mut answer = with("x_took_ms", 3.into())?;
            answer["result"]["x_note"] = "nobody reads this".into();
            Some(answer)
        }
        "adapter-result-and-error" => with("error", failed),
        "adapter-rpc-error" => Some(json!({ "jsonrpc": "2.0", "id": id, "error": failed })),
        "adapter-unknown-hresult" => with("result", json!({ "hresult": "MAPI_E_TIRED" })),
        "adapter-unknown-id" => with("id", "nobody-asked".into()),
        "adapter-wrong-jsonrpc" => with("jsonrpc", "1.0".into()),
        _ => None,
    }
}

/// The answer as another line, or with others around it.
fn framed(name: &str, answer: &Value) -> Vec<u8> {
    let whole = line(answer);
    let text = answer.to_string();
    let beside = |member: &str| format!("{{{member},{}\n", &text[1..]).into_bytes();
    match name {
        "adapter-answers-twice" => whole.repeat(2),
        "adapter-blank-lines" => [b"\n  \r\n".as_slice(), &whole, b"\n"].concat(),
        "adapter-bom" => [b"\xEF\xBB\xBF".as_slice(), &whole].concat(),
        "adapter-crlf" => format!("{text}\r\n").into_bytes(),
        "adapter-deep-nesting" => beside(&format!("\"x_deep\":{}{}", "[".repeat(200), "]".repeat(200))),
        "adapter-duplicate-keys" if answer.get("result").is_some() => {
            beside("\"result\":{\"hresult\":\"MAPI_E_CALL_FAILED\"}")
        }
        "adapter-embedded-newline" => format!("{answer:#}\n").into_bytes(),
        "adapter-flood" => [vec![b'x'; 2 << 20], b"\n".to_vec()].concat(),
        "adapter-garbage-line" => [b"\xFF\xFE\x80garbage\n".as_slice(), &whole].concat(),
        "adapter-huge-number" => beside("\"x_huge\":1e999"),
        "adapter-log-on-stdout" => [b"2026-01-31 12:00:00 INFO SubmitMessage done\n".as_slice(), &whole].concat(),
        "adapter-not-json" => b"message submitted\n".to_vec(),
        "adapter-own-notifications" => {
            let log = json!({ "jsonrpc": "2.0", "method": "log.message", "params": { "text": "submitted" } });
            [line(&log), whole].concat()
        }
        "adapter-utf-16" => text.encode_utf16().chain([u16::from(b'\n')]).flat_map(u16::to_le_bytes).collect(),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::{json, spoil};

    #[test]
    fn a_fault_of_the_line_spoils_it_and_others_leave_it_alone() {
        let answer = json!({ "jsonrpc": "2.0", "id": 7, "result": { "hresult": "S_OK" } });
        let whole = format!("{answer}\n").into_bytes();
        let own = include_str!("spoil.rs").split("#[cfg(test)]").next().unwrap_or_default();
        for fault in super::super::adapter_fault::ADAPTER_FAULTS {
            let spoilt = spoil(fault.name, &answer);
            let here = own.contains(&format!("\"{}\"", fault.name));
            assert_eq!(spoilt.bytes != whole || spoilt.exits, here, "{}", fault.name);
        }
    }
}
