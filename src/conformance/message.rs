//! JSON-RPC 2.0 messages: told apart when they come in, put together when they go out.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::error::{AdapterErrorKind, excerpt};

/// How much of a text of the adapter's goes into a message of ours.
const QUOTED_MAX: usize = 500;

/// A message from the adapter.
#[derive(Debug)]
pub(super) enum Message {
    /// It wants an answer.
    Request { id: Value, method: String, params: Value },
    /// It wants none.
    Notification { method: String, params: Value },
    /// It is one.
    Response { id: Value, reply: Reply },
}

/// The answer to a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// The `result` member.
    Result(Value),
    /// The `error` member.
    Error { code: i64, message: String },
}

impl Message {
    /// Reads the message that a line holds.
    pub(super) fn parse(line: &[u8]) -> Result<Self, AdapterErrorKind> {
        let text = str::from_utf8(line).map_err(|_| AdapterErrorKind::NotUtf8)?;
        let value = serde_json::from_str(text).map_err(|reason| AdapterErrorKind::NotJson { reason })?;
        let mut members = match value {
            Value::Object(members) => members,
            Value::Array(_) => return Err(AdapterErrorKind::Batch),
            _ => return Err(AdapterErrorKind::NotAnObject),
        };
        if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(AdapterErrorKind::WrongJsonrpc);
        }
        let id = members.remove("id");
        match members.remove("method") {
            Some(Value::String(method)) => {
                let params = members.remove("params").unwrap_or_default();
                match id {
                    None => Ok(Self::Notification { method, params }),
                    Some(id @ (Value::String(_) | Value::Number(_))) => Ok(Self::Request { id, method, params }),
                    Some(_) => Err(AdapterErrorKind::BadId),
                }
            }
            Some(_) => Err(AdapterErrorKind::NotAMessage),
            None => {
                let id = id.ok_or(AdapterErrorKind::NotAMessage)?;
                Ok(Self::Response { id, reply: Reply::parse(members)? })
            }
        }
    }
}

impl Reply {
    /// Libraries of the first JSON-RPC send both members, one of them null.
    fn parse(mut members: Map<String, Value>) -> Result<Self, AdapterErrorKind> {
        let error = members.remove("error").filter(|error| !error.is_null());
        match (members.remove("result"), error) {
            (Some(result), None) => Ok(Self::Result(result)),
            (None | Some(Value::Null), Some(error)) => {
                let code = error.get("code").and_then(Value::as_i64).ok_or(AdapterErrorKind::BadError)?;
                let message = error.get("message").and_then(Value::as_str).ok_or(AdapterErrorKind::BadError)?;
                Ok(Self::Error { code, message: quoted(message) })
            }
            _ => Err(AdapterErrorKind::NotAMessage),
        }
    }
}

/// Whether `id` is the number that a request of ours went out with. `1.0` is that of `1`.
pub(super) fn is_id(id: &Value, sent: u64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "nobody sends 2^53 requests")]
    let same = |number: f64| number == sent as f64;
    id.as_u64() == Some(sent) || id.is_f64() && id.as_f64().is_some_and(same)
}

/// A request of ours as a line.
pub(super) fn request(id: u64, method: &str, params: &Value) -> Vec<u8> {
    line(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
}

/// Our answer to a request as a line.
pub(super) fn result(id: &Value, result: &impl Serialize) -> Vec<u8> {
    line(&json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

/// Our answer to a request for a method that the checker does not have, as a line.
pub(super) fn unknown_method(id: &Value, method: &str) -> Vec<u8> {
    let message = format!("the checker has no method `{}`", quoted(method));
    line(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": METHOD_NOT_FOUND, "message": message}}))
}

/// Our answer to a request with parameters that do not fit, as a line.
pub(super) fn bad_params(id: &Value, what: &str) -> Vec<u8> {
    line(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": INVALID_PARAMS, "message": what}}))
}

fn line(message: &Value) -> Vec<u8> {
    let mut line = message.to_string().into_bytes();
    line.push(b'\n');
    line
}

/// JSON-RPC: the method does not exist.
pub(super) const METHOD_NOT_FOUND: i64 = -32601;

/// JSON-RPC: the params are invalid.
pub(super) const INVALID_PARAMS: i64 = -32602;

/// Reads `value` as a `T`, all of whose members may be absent, and names the member that does not fit.
pub(super) fn members<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    let Value::Object(members) = value else {
        return Err(format!("expected an object, found {}", quoted(&value.to_string())));
    };
    // The members are read one by one only to find the culprit: serde does not say which it was.
    serde_json::from_value(Value::Object(members.clone())).map_err(|whole: serde_json::Error| {
        let culprit = members.into_iter().find_map(|(name, value)| {
            let alone = Map::from_iter([(name.clone(), value)]);
            serde_json::from_value::<T>(Value::Object(alone)).err().map(|error| (name, error))
        });
        match culprit {
            Some((name, error)) => quoted(&format!("`{name}`: {error}")),
            None => quoted(&whole.to_string()),
        }
    })
}

/// A text of the adapter's, short and printable.
pub(super) fn quoted(text: &str) -> String {
    excerpt(text.as_bytes(), QUOTED_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spoolproof_sdk::wire::{CallParams, CallResult};

    use super::{Message, is_id, members};

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let seen = match Message::parse(line.as_bytes()) {
            Ok(message) => format!("{message:?}"),
            Err(kind) => format!("{kind:?}"),
        };
        assert!(seen.starts_with(expected), "{line}: {seen}");
    }

    #[test]
    fn messages_are_told_apart() {
        check(r#"{"jsonrpc":"2.0","id":"a","method":"support.x","params":{}}"#, "Request { id: String(\"a\")");
        check(
            r#"{"jsonrpc":"2.0","method":"notify.x","surprise":1}"#,
            "Notification { method: \"notify.x\", params: Null",
        );
        check(r#"{"jsonrpc":"2.0","id":1,"result":null}"#, "Response { id: Number(1), reply: Result(Null)");
        check(
            r#"{"jsonrpc":"2.0","id":1,"result":1,"error":null}"#,
            "Response { id: Number(1), reply: Result(Number(1))",
        );
        check(
            r#"{"jsonrpc":"2.0","id":null,"result":null,"error":{"code":-32700,"message":"?"}}"#,
            "Response { id: Null, reply: Error { code: -32700",
        );
    }

    #[test]
    fn what_is_no_message_is_named() {
        check("hello", "NotJson");
        check("", "NotJson");
        check("[]", "Batch");
        check("7", "NotAnObject");
        check("{}", "WrongJsonrpc");
        check(r#"{"jsonrpc":2.0,"id":1,"result":{}}"#, "WrongJsonrpc");
        check(r#"{"jsonrpc":"2.0"}"#, "NotAMessage");
        check(r#"{"jsonrpc":"2.0","id":1}"#, "NotAMessage");
        check(r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#, "NotAMessage");
        check(r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#, "BadError");
        check(r#"{"jsonrpc":"2.0","id":[],"method":"x"}"#, "BadId");
        check(r#"{"jsonrpc":"2.0","id":1,"method":7}"#, "NotAMessage");
        check(&"[".repeat(100_000), "NotJson");
    }

    #[test]
    fn of_duplicate_keys_the_last_counts() {
        check(r#"{"jsonrpc":"1.0","jsonrpc":"2.0","id":1,"id":2,"result":{}}"#, "Response { id: Number(2)");
    }

    #[test]
    fn an_id_is_a_number_however_it_is_written() {
        assert!(is_id(&json!(3), 3) && is_id(&json!(3.0), 3));
        assert!(!is_id(&json!("3"), 3) && !is_id(&json!(3.5), 3) && !is_id(&json!(-3), 3) && !is_id(&json!(null), 3));
    }

    #[test]
    fn the_member_that_does_not_fit_is_named() {
        let reason = members::<CallResult>(json!({"handle": "h", "hresult": "MAPI_E_SUBMITED"}));
        assert_eq!(reason, Err("`hresult`: no HRESULT is named `MAPI_E_SUBMITED`".to_owned()));
        let reason = members::<CallParams>(json!({"entry_id": 7})).expect_err("a number");
        assert!(reason.starts_with("`entry_id`: invalid type: integer `7`"), "{reason}");
        assert_eq!(members::<CallParams>(json!([])), Err("expected an object, found []".to_owned()));
    }
}
