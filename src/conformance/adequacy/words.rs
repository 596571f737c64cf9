//! What was seen of a store, in words that are the same for two stores that do the same.
//!
//! Identifiers, handles and times are a store's own; which of them are equal, and which time is the earlier one, is not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The names that a store has given.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Entry identifier → the message's name.
    messages: BTreeMap<String, String>,
    /// The times that were seen of messages.
    times: BTreeSet<String>,
}

impl Names {
    /// The store calls this message so.
    pub(super) fn message(&mut self, entry_id: &str, name: &str) {
        self.messages.insert(entry_id.to_owned(), name.to_owned());
    }

    /// The names and times in `seen`, replaced; the times are remembered.
    pub(super) fn settle(&mut self, mut seen: Value) -> String {
        let mut times = BTreeSet::new();
        walk(&mut seen, &mut |key, text| {
            if key == "PR_CLIENT_SUBMIT_TIME" {
                times.insert(text.clone());
            }
        });
        let mut others: Vec<String> = Vec::new();
        walk(&mut seen, &mut |key, text| match key {
            "PR_CLIENT_SUBMIT_TIME" => {
                let place = times.iter().filter(|other| *other < text).count();
                let known = if self.times.contains(text) { "seen before" } else { "new" };
                *text = format!("time {place}, {known}");
            }
            "entry_id" | "entry_id_now" | "PR_ENTRYID" | "sentmail_copies" => {
                *text = match self.messages.get(text) {
                    Some(name) => name.clone(),
                    None => {
                        let place = others.iter().position(|other| other == text).unwrap_or_else(|| {
                            others.push(text.clone());
                            others.len() - 1
                        });
                        format!("another {place}")
                    }
                };
            }
            "handle" => *text = "a handle".to_owned(),
            _ => {}
        });
        self.times = times;
        seen.to_string()
    }
}

/// Calls `each` with every text, and the key of the member that it stands in.
fn walk(value: &mut Value, each: &mut impl FnMut(&str, &mut String)) {
    fn inner(key: &str, value: &mut Value, each: &mut impl FnMut(&str, &mut String)) {
        match value {
            Value::String(text) => each(key, text),
            Value::Array(values) => values.iter_mut().for_each(|value| inner(key, value, each)),
            Value::Object(members) => members.iter_mut().for_each(|(key, value)| inner(key, value, each)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    inner("", value, each);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Names;

    #[test]
    fn what_two_stores_name_differently_is_the_same() {
        let says = |entry_id: &str, times: [&str; 2]| {
            let mut names = Names::default();
            names.message(entry_id, "m1");
            let rows = |time: &str| json!({ "entry_id": entry_id, "PR_CLIENT_SUBMIT_TIME": time });
            [names.settle(json!([rows(times[0])])), names.settle(json!([rows(times[0]), rows(times[1])]))]
        };
        assert_eq!(says("a", ["1", "2"]), says("b", ["3", "4"]));
        assert_ne!(says("a", ["1", "2"]), says("a", ["2", "1"]), "another order");
        assert_ne!(says("a", ["1", "2"]), says("a", ["1", "1"]), "one time for both");
    }
}
