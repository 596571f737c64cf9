//! The trace format, version 1: a header, then one event a line.
//!
//! These types read leniently (an unknown member is passed over); a strict reader adds its own check.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wire::{CallParams, CallResult, Identity, Observation, Preprocessor, Profile, Role, Transport};

/// The first line of a trace.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Header {
    /// The version of the format: 1.
    pub spoolproof_trace: u32,
    /// The provider that was recorded.
    #[serde(default)]
    pub provider: Identity,
    /// The part that it plays.
    pub role: Role,
    /// What is known of it; absent members are unknown.
    #[serde(default)]
    pub profile: Profile,
    /// What this log could contain.
    #[serde(default)]
    pub records: Records,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<String>,
    /// `mid-flight`: the log starts with messages and handles that it does not introduce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Starts>,
    /// The transports that the spooler has, in transport order; absent: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transports: Option<Vec<Transport>>,
    /// The preprocessors that are registered, in the order of registration; absent: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preprocessors: Option<Vec<Preprocessor>>,
    /// The methods that the adapter said it serves and sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_supports: Option<Vec<String>>,
}

/// Where a log begins.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Starts {
    /// In the middle of the provider's life.
    MidFlight,
}

/// What a log could contain; what it could not is never held against anyone.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Records {
    /// Whether calls on the support object are logged.
    #[serde(default)]
    pub support: bool,
    /// Whether notifications are logged.
    #[serde(default)]
    pub notifications: bool,
    /// The members of `observed` that the recorder can see; absent: whatever appears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observe: Option<Vec<String>>,
}

/// One recorded call.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Event {
    /// Strictly increasing; the order in which calls returned.
    pub seq: u64,
    /// When it happened, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// Who called, or the handle's owner; absent for `restart`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The protocol's name of the call.
    pub call: String,
    /// Its parameters.
    #[serde(default)]
    pub params: CallParams,
    /// Its result.
    #[serde(default)]
    pub result: CallResult,
    /// A JSON-RPC error instead of a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<serde_json::Value>,
    /// For support calls: the `seq` of the call in whose course they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub during: Option<u64>,
    /// Entry id → what `observe` returned right after this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<BTreeMap<String, Observation>>,
    /// The case that this event belongs to; the store is fresh at each new case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The recorder waited after this event, and everything that was sent has arrived: what is still owed, is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_settled: Option<bool>,
}

/// When an event happened.
#[derive(Clone, Debug, PartialEq)]
pub enum At {
    /// An RFC 3339 time.
    Time(String),
    /// Two readings of one clock, for calls that can overlap.
    Interval {
        /// When the call began.
        began: i64,
        /// When it returned.
        ended: i64,
    },
}

impl Serialize for At {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        match self {
            Self::Time(time) => serializer.serialize_str(time),
            Self::Interval { began, ended } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("began", began)?;
                map.serialize_entry("ended", ended)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Interval {
            began: i64,
            ended: i64,
        }
        struct AtVisitor;
        impl<'de> serde::de::Visitor<'de> for AtVisitor {
            type Value = At;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an RFC 3339 time or {\"began\": integer, \"ended\": integer}")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<At, E> {
                Ok(At::Time(text.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<At, A::Error> {
                let interval = Interval::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(At::Interval { began: interval.began, ended: interval.ended })
            }
        }
        deserializer.deserialize_any(AtVisitor)
    }
}
