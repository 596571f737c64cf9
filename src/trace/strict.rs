//! What a trace may contain: the names of its calls and members, and what to suggest for a name that is none.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::{Event, Header, Records};
use spoolproof_sdk::wire::{
    CallParams, CallResult, Identity, NOTIFICATIONS, Observation, Profile, QueueRow, Recipient, SPOOLER_METHODS,
    SPOOLER_REQUESTS, STORE_METHODS, SUPPORT_METHODS,
};

use super::locate::Step;

/// Whether the adapter protocol has a call of this name.
pub(super) fn is_call(name: &str) -> bool {
    calls().any(|call| call == name)
}

/// Whether a member belongs to whoever wrote the trace, who may put there what he likes.
pub(super) fn is_private(path: &serde_ignored::Path<'_>) -> bool {
    matches!(path, serde_ignored::Path::Map { key, .. } if key.starts_with("x_"))
}

/// The steps from the line's object to an ignored member.
pub(super) fn steps(path: &serde_ignored::Path<'_>) -> Vec<Step> {
    use serde_ignored::Path;
    let (parent, step) = match path {
        Path::Root => return Vec::new(),
        Path::Map { parent, key } => (parent, Some(Step::Key(key.clone()))),
        Path::Seq { parent, index } => (parent, Some(Step::Index(*index))),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => (parent, None),
    };
    let mut steps = steps(parent);
    steps.extend(step);
    steps
}

/// Whether the protocol gives `call` a member at `path` that no type of a trace holds, since nobody judges by it.
pub(super) fn is_unjudged(call: &str, path: &[Step]) -> bool {
    let [Step::Key(level), inner @ .., Step::Key(member)] = path else { return false };
    let member = member.as_str();
    match (level.as_str(), call) {
        // A queue row holds whatever columns the table has.
        ("result", "get_outgoing_queue") => inner.first() == Some(&key("rows")) && member.starts_with("PR_"),
        ("params", "initialize") => inner.is_empty() && ["protocol_version", "checker"].contains(&member),
        ("result", "initialize") => {
            inner.is_empty() && ["protocol_version", "provider", "role", "profile", "supports"].contains(&member)
        }
        ("result", "observe") => inner.is_empty() && members_of::<Observation>().contains(&member),
        _ => false,
    }
}

/// The member's name as people would say it: `observed.*.exist`, `params.recipients.addres`.
pub(super) fn spell(path: &[Step]) -> String {
    let in_observed = path.first() == Some(&key("observed"));
    let names = path.iter().enumerate().filter_map(|(depth, step)| match step {
        Step::Index(_) => None,
        Step::Key(_) if in_observed && depth == 1 => Some("*"),
        Step::Key(name) => Some(name.as_str()),
    });
    names.collect::<Vec<_>>().join(".")
}

/// Which line a member was found in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LineKind {
    /// The first.
    Header,
    /// Any other.
    Event,
}

/// The member that was probably meant.
pub(super) fn similar_member(line: LineKind, path: &[Step]) -> Option<&'static str> {
    let (Step::Key(name), parents) = path.split_last()? else { return None };
    let parents: Vec<&str> = parents
        .iter()
        .filter_map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    let members = match (line, parents.as_slice()) {
        (LineKind::Header, []) => members_of::<Header>(),
        (LineKind::Header, ["provider"]) => members_of::<Identity>(),
        (LineKind::Header, ["records"]) => members_of::<Records>(),
        (LineKind::Header, ["profile"]) | (LineKind::Event, ["params", "profile"]) => members_of::<Profile>(),
        (LineKind::Event, []) => members_of::<Event>(),
        (LineKind::Event, ["params"]) => members_of::<CallParams>(),
        (LineKind::Event, ["result"]) => members_of::<CallResult>(),
        (LineKind::Event, ["result", "rows"]) => members_of::<QueueRow>(),
        (LineKind::Event, ["observed", _]) => members_of::<Observation>(),
        (LineKind::Event, [.., "recipients"]) => members_of::<Recipient>(),
        _ => return None,
    };
    similar(name, members.iter().copied())
}

/// The call that was probably meant.
pub(super) fn similar_call(name: &str) -> Option<&'static str> {
    similar(name, calls())
}

/// The HRESULT that was probably meant.
pub(super) fn similar_hresult(name: &str) -> Option<&'static str> {
    similar(name, HResult::names())
}

fn calls() -> impl Iterator<Item = &'static str> {
    [STORE_METHODS, SUPPORT_METHODS, NOTIFICATIONS, SPOOLER_METHODS, SPOOLER_REQUESTS].into_iter().flatten().copied()
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

/// The nearest candidate, if it is at most a third of the name away.
fn similar(name: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| distance * 3 <= candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// The members that a type reads, as its own `Deserialize` names them, so that there is no second list to keep.
fn members_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    struct Fields<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Fields<'_> {
        type Error = Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Error> {
            *self.0 = fields;
            self.deserialize_any(visitor)
        }

        fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
            Err(serde::de::Error::custom("only the names are wanted"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut members: &'static [&'static str] = &[];
    // It fails by design, once the names are known.
    let _ = T::deserialize(Fields(&mut members));
    members
}

#[cfg(test)]
mod tests {
    use super::{LineKind, Step, is_call, is_unjudged, key, similar_call, similar_hresult, similar_member, spell};

    fn path(steps: &[&str]) -> Vec<Step> {
        steps.iter().map(|step| step.parse().map_or_else(|_| key(step), Step::Index)).collect()
    }

    #[test]
    fn calls_of_both_roles_are_known() {
        for call in ["open_entry", "support.expand_recips", "notify.table_modified", "restart", "transport.end_message"]
        {
            assert!(is_call(call), "{call}");
        }
        assert!(!is_call("OpenEntry"));
    }

    #[test]
    fn a_near_miss_is_told_what_was_meant_and_a_far_one_is_not() {
        assert_eq!(similar_call("submit_mesage"), Some("submit_message"));
        assert_eq!(similar_call("frobnicate"), None);
        assert_eq!(similar_hresult("MAPI_E_SUBMITED"), Some("MAPI_E_SUBMITTED"));
        let member = |line, steps: &[&str]| similar_member(line, &path(steps));
        assert_eq!(member(LineKind::Header, &["record"]), Some("records"));
        assert_eq!(member(LineKind::Event, &["sesion"]), Some("session"));
        assert_eq!(member(LineKind::Event, &["observed", "m1", "exist"]), Some("exists"));
        assert_eq!(member(LineKind::Event, &["params", "recipients", "0", "adress"]), Some("address"));
        assert_eq!(member(LineKind::Event, &["thread"]), None);
    }

    #[test]
    fn what_nobody_judges_by_is_no_unknown_member() {
        assert!(is_unjudged("get_outgoing_queue", &path(&["result", "rows", "0", "PR_SENDER_NAME"])));
        assert!(!is_unjudged("get_outgoing_queue", &path(&["result", "PR_SENDER_NAME"])));
        assert!(!is_unjudged("open_entry", &path(&["params", "number"])));
        assert!(is_unjudged("observe", &path(&["result", "exists"])));
    }

    #[test]
    fn a_member_is_spelled_without_numbers_and_entry_ids() {
        assert_eq!(spell(&path(&["observed", "m1", "recipients", "0", "addres"])), "observed.*.recipients.addres");
    }
}
