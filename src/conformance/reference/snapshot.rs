//! A store at a moment, whole: to be put back, and to be told from other moments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::types::Value;
use spoolproof_sdk::CallError;

use super::handle::Handles;
use super::history::History;
use super::message::{MessageId, Ticks};
use super::profile::Behaviour;
use super::provider::Reference;

/// A table of the database: its name, its columns, and its rows.
pub(super) type Table = (String, Vec<String>, Vec<Vec<Value>>);

/// Everything that a store has: in its database, and in its head.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Snapshot {
    database: Arc<Database>,
    behaviour: Behaviour,
    handles: Handles,
    locks: BTreeMap<MessageId, Option<String>>,
    ready: BTreeSet<String>,
    history: History,
}

/// What lies in the database, and the part of the key that it is.
#[derive(Debug)]
struct Database {
    tables: Vec<Table>,
    key: String,
    /// How many rows the store had written by then.
    written: u64,
}

/// Whether what a store remembers of the past is part of what it is: only faults ask for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::conformance) enum Past {
    Counts,
    IsNothing,
}

/// What the history has above this is taken for one thing, so that a search comes to an end.
const COUNTED: u64 = 3;

impl Reference {
    /// The store as it is now. What `before` has of the database is not read again where nothing was written since.
    pub(in crate::conformance) fn snapshot(&self, before: Option<&Snapshot>) -> Result<Snapshot, CallError> {
        let written = self.store.written();
        let same = before.map(|before| &before.database).filter(|database| database.written == written);
        let database = match same {
            Some(database) => Arc::clone(database),
            None => {
                let tables = self.store.tables()?;
                Arc::new(Database { key: key_of(&tables), tables, written })
            }
        };
        Ok(Snapshot {
            database,
            behaviour: self.behaviour.clone(),
            handles: self.handles.clone(),
            locks: self.locks.clone(),
            ready: self.ready.clone(),
            history: self.history.clone(),
        })
    }

    /// Makes the store what it was then.
    pub(in crate::conformance) fn put_back(&mut self, then: &Snapshot) -> Result<(), CallError> {
        if self.store.written() != then.database.written {
            self.store.put_back(&then.database.tables)?;
        }
        self.behaviour = then.behaviour.clone();
        self.handles = then.handles.clone();
        self.locks.clone_from(&then.locks);
        self.ready.clone_from(&then.ready);
        self.history = then.history.clone();
        Ok(())
    }
}

impl Snapshot {
    /// What the store is, in words that are equal for stores that cannot be told apart later on.
    ///
    /// Names of objects are those of `names`; of times only their order counts, and how many hours ago they were; what is
    /// only there to make names and times new is left out.
    pub(in crate::conformance) fn key(&self, names: &BTreeMap<&str, usize>, past: Past) -> String {
        let mut key = self.database.key.clone();
        let mut objects: Vec<String> =
            self.handles.iter().map(|(name, handle)| format!("{:?}={handle:?}\n", names.get(name.as_str()))).collect();
        objects.sort();
        key.extend(objects);
        key.push_str(&format!("{:?}{:?}", self.locks, self.ready));
        if past == Past::Counts {
            let restarts = self.database.tables.iter().flat_map(|(_, _, rows)| rows).filter(|row| is_count(row));
            key.push_str(&capped(&format!("{:?}{:?}", self.history, restarts.collect::<Vec<_>>())));
        }
        key
    }
}

fn key_of(tables: &[Table]) -> String {
    let mut key = String::new();
    for (table, columns, rows) in tables {
        let at = columns.iter().position(|column| column == "submitted_at");
        let mut times: Vec<i64> = rows.iter().filter_map(|row| time(row, at)).collect();
        times.sort_unstable();
        for row in rows.iter().filter(|row| !(table == "meta" && is_volatile(row))) {
            let told = row.iter().enumerate().map(|(column, value)| match time(row, at) {
                Some(when) if Some(column) == at => {
                    let hours = Ticks::now().0.saturating_sub(when).saturating_add(HOUR / 2) / HOUR;
                    format!("t{}-{hours}h", times.partition_point(|other| *other < when))
                }
                _ => format!("{value:?}"),
            });
            key.push_str(&format!("{table}{:?}\n", told.collect::<Vec<_>>()));
        }
    }
    key
}

/// An hour of FILETIME.
const HOUR: i64 = 36_000_000_000;

fn time(row: &[Value], at: Option<usize>) -> Option<i64> {
    match row.get(at?)? {
        Value::Integer(when) => Some(*when),
        _ => None,
    }
}

/// Settings that differ from run to run, or that only faults ask for.
fn is_volatile(row: &[Value]) -> bool {
    let name = |name: &&str| matches!(row.first(), Some(Value::Text(text)) if text == name);
    ["generation", "last_time", "restarts"].iter().any(name)
}

fn is_count(row: &[Value]) -> bool {
    matches!(row.first(), Some(Value::Text(text)) if text == "restarts")
}

/// The text with every number above [`COUNTED`] as one and the same.
fn capped(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            let few = digits.parse::<u64>().is_ok_and(|number| number <= COUNTED);
            out.push_str(if few { &digits } else { "many" });
            digits.clear();
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use spoolproof_sdk::wire::CallParams;
    use spoolproof_sdk::{Answer, Mapi, Provider};

    use super::{Past, Reference, capped};

    /// MAPI with nothing to say.
    struct Nobody;

    impl Mapi for Nobody {
        fn call(&mut self, _: &mut dyn Provider, _: &str, _: &CallParams) -> Answer {
            Ok(spoolproof_sdk::HResult::S_OK.into())
        }

        fn notify(&mut self, _: &str, _: &CallParams) -> Result<(), spoolproof_sdk::CallError> {
            Ok(())
        }
    }

    fn call(store: &mut Reference, method: &str, params: serde_json::Value) -> spoolproof_sdk::wire::CallResult {
        let params: CallParams = serde_json::from_value(params).expect("params");
        spoolproof_sdk::call(store, &mut Nobody, method, &params).expect("a result")
    }

    #[test]
    fn what_is_put_back_is_what_it_was() {
        let mut store = Reference::open(None, []).expect("a store");
        let bob = json!([{ "address": "bob@example.test" }]);
        let made = call(&mut store, "create_message", json!({ "session": "client-1", "recipients": bob }));
        let handle = made.handle.expect("a handle");
        let names = BTreeMap::from([(handle.as_str(), 0)]);
        let before = store.snapshot(None).expect("a snapshot");
        let submit = json!({ "session": "client-1", "handle": handle });
        assert_eq!(call(&mut store, "submit_message", submit.clone()).hresult, Some(spoolproof_sdk::HResult::S_OK));
        let key = |store: &Reference| store.snapshot(None).expect("a snapshot").key(&names, Past::IsNothing);
        let after = key(&store);
        assert_ne!(after, before.key(&names, Past::IsNothing));
        store.put_back(&before).expect("put back");
        assert_eq!(key(&store), before.key(&names, Past::IsNothing));
        call(&mut store, "submit_message", submit);
        assert_eq!(key(&store), after, "the same again, though the time is another");
    }

    #[test]
    fn large_numbers_are_one() {
        assert_eq!(capped("a 3, b 4, c 1234"), "a 3, b many, c many ");
    }
}
