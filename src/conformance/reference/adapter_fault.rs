//! Faults of the adapter: they break the protocol, and say nothing of the store behind it.

use serde_json::{Value, json};

/// A way to break the adapter. All but the first show on the answer to `submit_message`.
#[derive(Clone, Copy, Debug)]
pub struct AdapterFault {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the adapter does wrong.
    pub what: &'static str,
    /// Whether a checker must go on as if nothing were.
    pub harmless: bool,
}

/// Every fault of the adapter.
pub const ADAPTER_FAULTS: &[AdapterFault] = &[
    AdapterFault { name: EXIT_AT_START, what: "exits before it reads anything", harmless: false },
    fault("adapter-answers-twice", "sends the answer a second time"),
    fault("adapter-exit-mid-call", "exits instead of answering"),
    fault("adapter-flood", "sends a line of 2 MiB"),
    fault("adapter-garbage-line", "sends bytes that are no UTF-8 before the answer"),
    fault("adapter-half-line", "sends the first half of the answer and exits"),
    fault("adapter-hang", "never answers"),
    fault("adapter-missing-hresult", "answers without an hresult"),
    fault("adapter-not-json", "prints a sentence where the answer should be"),
    fault("adapter-rpc-error", "answers with the JSON-RPC error -32000"),
    AdapterFault { name: STDERR_NOISE, what: "writes to stderr and answers well", harmless: true },
    fault("adapter-unknown-hresult", "answers with a name that is no HRESULT"),
    fault("adapter-unknown-id", "answers a request that nobody made"),
    fault("adapter-wrong-jsonrpc", "answers in JSON-RPC 1.0"),
];

/// The one that shows at once.
pub(super) const EXIT_AT_START: &str = "adapter-exit-at-start";
/// The one that is none.
pub(super) const STDERR_NOISE: &str = "adapter-stderr-noise";

/// What is sent instead of an answer.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Spoiled {
    pub(super) bytes: Vec<u8>,
    /// Whether the adapter ends then.
    pub(super) exits: bool,
}

const fn fault(name: &'static str, what: &'static str) -> AdapterFault {
    AdapterFault { name, what, harmless: false }
}

/// What the fault `name` makes of an answer.
pub(super) fn spoil(name: &str, answer: &Value) -> Spoiled {
    let line = |answer: &Value| format!("{answer}\n").into_bytes();
    let with = |member: &str, value: Value| {
        let mut answer = answer.clone();
        answer[member] = value;
        line(&answer)
    };
    let id = answer.get("id").cloned().unwrap_or_default();
    let (bytes, exits) = match name {
        "adapter-answers-twice" => (line(answer).repeat(2), false),
        "adapter-exit-mid-call" => (Vec::new(), true),
        "adapter-flood" => ([vec![b'x'; 2 << 20], b"\n".to_vec()].concat(), false),
        "adapter-garbage-line" => ([b"\xFF\xFE\x80garbage\n".to_vec(), line(answer)].concat(), false),
        "adapter-half-line" => {
            let whole = line(answer);
            (whole[..whole.len() / 2].to_vec(), true)
        }
        "adapter-hang" => (Vec::new(), false),
        "adapter-missing-hresult" => (with("result", json!({})), false),
        "adapter-not-json" => (b"message submitted\n".to_vec(), false),
        "adapter-rpc-error" => {
            let error = json!({ "code": -32000, "message": "the provider's library could not be loaded" });
            (line(&json!({ "jsonrpc": "2.0", "id": id, "error": error })), false)
        }
        "adapter-unknown-hresult" => (with("result", json!({ "hresult": "MAPI_E_TIRED" })), false),
        "adapter-unknown-id" => (with("id", "nobody-asked".into()), false),
        "adapter-wrong-jsonrpc" => (with("jsonrpc", "1.0".into()), false),
        _ => (line(answer), false),
    };
    Spoiled { bytes, exits }
}

#[cfg(test)]
mod tests {
    use super::{ADAPTER_FAULTS, EXIT_AT_START, json, spoil};

    #[test]
    fn every_fault_spoils_the_answer_unless_it_is_harmless() {
        let answer = json!({ "jsonrpc": "2.0", "id": 7, "result": { "hresult": "S_OK" } });
        let whole = format!("{answer}\n").into_bytes();
        for fault in ADAPTER_FAULTS.iter().filter(|fault| fault.name != EXIT_AT_START) {
            let spoiled = spoil(fault.name, &answer);
            assert_eq!(spoiled.bytes == whole && !spoiled.exits, fault.harmless, "{}", fault.name);
        }
    }
}
