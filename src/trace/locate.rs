//! Finds the place of a member or a value in one line of JSON.
//!
//! Only used once something is known to be wrong: it walks the text anew, which costs nothing to the lines that are right.

/// One step from a value to a value inside it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Into the element of an array.
    Index(usize),
    /// Into the member of an object.
    Key(String),
}

/// A value at the place of an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Value<'a> {
    /// Where it starts, in bytes.
    pub start: usize,
    /// Its text; for an object or array, its bracket.
    pub text: &'a str,
    /// The key of the member that it is the value of, as it is written.
    pub key: Option<&'a str>,
}

/// Where the key of the member at `path` starts.
pub(super) fn member(text: &str, path: &[Step]) -> Option<usize> {
    let mut here: Vec<Step> = Vec::new();
    for token in tokens(text) {
        match token.kind {
            Kind::Key => {
                let raw = &text[token.start..token.end];
                here.pop();
                here.push(Step::Key(serde_json::from_str(raw).ok()?));
                if here == path {
                    return Some(token.start);
                }
            }
            // The placeholder is replaced by the first key, or counts the elements.
            Kind::Open => here.push(Step::Index(0)),
            Kind::Close => {
                here.pop();
            }
            Kind::Comma => {
                if let Some(Step::Index(index)) = here.last_mut() {
                    *index += 1;
                }
            }
            Kind::Scalar => {}
        }
    }
    None
}

/// The value that a parser means when it complains after `consumed` bytes.
///
/// A parser complains about a scalar or a second key of one name after it, about an object that lacks a member at
/// its end, and about an object or array that should not be there in front of it.
pub(super) fn value_at(text: &str, consumed: usize) -> Option<Value<'_>> {
    let mut opened: Vec<Value<'_>> = Vec::new();
    let mut last = None;
    let mut key = None;
    for token in tokens(text) {
        let value = Value { start: token.start, text: &text[token.start..token.end], key };
        if token.start >= consumed {
            return if token.kind == Kind::Open && token.start == consumed { Some(value) } else { last };
        }
        key = None;
        match token.kind {
            // A member that is there twice is complained about at its second key.
            Kind::Key if token.end == consumed => return Some(value),
            Kind::Key => key = Some(text[token.start..token.end].trim_matches('"')),
            Kind::Open => {
                opened.push(value);
                last = Some(value);
            }
            Kind::Close => last = opened.pop(),
            Kind::Scalar => last = Some(value),
            Kind::Comma => {}
        }
    }
    last
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Close,
    Comma,
    Key,
    Open,
    Scalar,
}

#[derive(Clone, Copy)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// The tokens of `text`, in order; a text that is no JSON yields some tokens and no panic.
fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while bytes.get(at).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b':') {
            at += 1;
        }
        let start = at;
        let kind = match bytes.get(at)? {
            b'{' | b'[' => Kind::Open,
            b'}' | b']' => Kind::Close,
            b',' => Kind::Comma,
            b'"' => {
                at = end_of_string(bytes, at);
                let colon = bytes[at..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                return Some(Token { kind: if colon { Kind::Key } else { Kind::Scalar }, start, end: at });
            }
            _ => {
                let len = bytes[at..].iter().position(|byte| b"{}[],:\" \t\r\n".contains(byte));
                at = len.map_or(bytes.len(), |len| at + len);
                return Some(Token { kind: Kind::Scalar, start, end: at });
            }
        };
        at += 1;
        Some(Token { kind, start, end: at })
    })
}

/// The offset behind the closing quote of the string that starts at `start`, or the end of the text.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{Step, member, value_at};

    const LINE: &str = r#"{"a": {"b\"": [1, {"c": "x"}, {"c": true}]}, "d": []}"#;

    #[track_caller]
    fn check_member(path: &[&str], expected: Option<&str>) {
        let path: Vec<Step> =
            path.iter().map(|step| step.parse().map_or_else(|_| Step::Key((*step).to_owned()), Step::Index)).collect();
        assert_eq!(member(LINE, &path).map(|start| &LINE[start..]), expected);
    }

    #[test]
    fn a_member_is_found_by_its_path() {
        check_member(&["a"], Some(LINE.strip_prefix('{').unwrap()));
        check_member(&["a", "b\"", "2", "c"], Some(r#""c": true}]}, "d": []}"#));
        check_member(&["d"], Some(r#""d": []}"#));
        check_member(&["a", "b\"", "0", "c"], None);
    }

    #[track_caller]
    fn check_value(text: &str, consumed: usize, expected: &str, key: Option<&str>) {
        let value = value_at(text, consumed).unwrap();
        assert_eq!((&text[value.start..], value.key), (expected, key));
    }

    #[test]
    fn a_complaint_is_about_the_scalar_before_it_the_object_that_ends_or_the_one_that_follows() {
        check_value(r#"{"a":"x","b":1}"#, 8, r#""x","b":1}"#, Some("a"));
        check_value(r#"{"a":"x","b":1}"#, 15, r#"{"a":"x","b":1}"#, None);
        check_value(r#"{"a":{"b":1}}"#, 5, r#"{"b":1}}"#, Some("a"));
        check_value(r#"{"a":1,"a":2}"#, 10, r#""a":2}"#, None);
        check_value(r#"{"a":{"b":1},"c":2}"#, 12, r#"{"b":1},"c":2}"#, Some("a"));
    }

    #[test]
    fn a_text_that_is_no_json_is_walked_all_the_same() {
        for text in ["", "\"", "\"\\", "}}]", "{\"a", "→:→", "[[[", "{\"a\":\\}"] {
            assert_eq!(member(text, &[Step::Key("z".to_owned())]), None);
            let _ = value_at(text, text.len());
        }
    }
}
