//! HRESULTs: the codes that MAPI calls return, by name and by number.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A MAPI status code. Equal by number, so `"MAPI_E_SUBMITTED"`, `2147747336` and `"0x80040608"` are one.
///
/// Serialized by its symbolic name where it has one, else as `"0x…"`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HResult(u32);

/// Aliases that the Windows headers give to codes which have a MAPI name.
const ALIASES: &[(&str, u32)] = &[
    ("E_ACCESSDENIED", 0x8007_0005),
    ("E_FAIL", 0x8000_4005),
    ("E_INVALIDARG", 0x8007_0057),
    ("E_NOINTERFACE", 0x8000_4002),
    ("E_OUTOFMEMORY", 0x8007_000E),
    ("SUCCESS_SUCCESS", 0),
];

macro_rules! hresults {
    ($($name:ident = $code:literal),* $(,)?) => {
        impl HResult {
            $(#[doc = concat!("`", stringify!($name), "` (", stringify!($code), ").")]
            pub const $name: Self = Self($code);)*
        }

        /// Every code that has a symbolic name here, in numeric groups as the headers list them.
        const NAMED: &[(&str, u32)] = &[$((stringify!($name), $code)),*];
    };
}

hresults! {
    S_OK = 0x0000_0000,
    MAPI_E_CALL_FAILED = 0x8000_4005,
    MAPI_E_NOT_ENOUGH_MEMORY = 0x8007_000E,
    MAPI_E_INVALID_PARAMETER = 0x8007_0057,
    MAPI_E_INTERFACE_NOT_SUPPORTED = 0x8000_4002,
    MAPI_E_NO_ACCESS = 0x8007_0005,
    MAPI_E_NO_SUPPORT = 0x8004_0102,
    MAPI_E_BAD_CHARWIDTH = 0x8004_0103,
    MAPI_E_STRING_TOO_LONG = 0x8004_0105,
    MAPI_E_UNKNOWN_FLAGS = 0x8004_0106,
    MAPI_E_INVALID_ENTRYID = 0x8004_0107,
    MAPI_E_INVALID_OBJECT = 0x8004_0108,
    MAPI_E_OBJECT_CHANGED = 0x8004_0109,
    MAPI_E_OBJECT_DELETED = 0x8004_010A,
    MAPI_E_BUSY = 0x8004_010B,
    MAPI_E_NOT_ENOUGH_DISK = 0x8004_010D,
    MAPI_E_NOT_ENOUGH_RESOURCES = 0x8004_010E,
    MAPI_E_NOT_FOUND = 0x8004_010F,
    MAPI_E_VERSION = 0x8004_0110,
    MAPI_E_LOGON_FAILED = 0x8004_0111,
    MAPI_E_SESSION_LIMIT = 0x8004_0112,
    MAPI_E_USER_CANCEL = 0x8004_0113,
    MAPI_E_UNABLE_TO_ABORT = 0x8004_0114,
    MAPI_E_NETWORK_ERROR = 0x8004_0115,
    MAPI_E_DISK_ERROR = 0x8004_0116,
    MAPI_E_TOO_COMPLEX = 0x8004_0117,
    MAPI_E_BAD_COLUMN = 0x8004_0118,
    MAPI_E_EXTENDED_ERROR = 0x8004_0119,
    MAPI_E_COMPUTED = 0x8004_011A,
    MAPI_E_CORRUPT_DATA = 0x8004_011B,
    MAPI_E_UNCONFIGURED = 0x8004_011C,
    MAPI_E_FAILONEPROVIDER = 0x8004_011D,
    MAPI_E_END_OF_SESSION = 0x8004_0200,
    MAPI_E_UNKNOWN_ENTRYID = 0x8004_0201,
    MAPI_E_MISSING_REQUIRED_COLUMN = 0x8004_0202,
    MAPI_E_BAD_VALUE = 0x8004_0301,
    MAPI_E_INVALID_TYPE = 0x8004_0302,
    MAPI_E_TYPE_NO_SUPPORT = 0x8004_0303,
    MAPI_E_UNEXPECTED_TYPE = 0x8004_0304,
    MAPI_E_TOO_BIG = 0x8004_0305,
    MAPI_E_DECLINE_COPY = 0x8004_0306,
    MAPI_E_UNABLE_TO_COMPLETE = 0x8004_0400,
    MAPI_E_TIMEOUT = 0x8004_0401,
    MAPI_E_TABLE_EMPTY = 0x8004_0402,
    MAPI_E_TABLE_TOO_BIG = 0x8004_0403,
    MAPI_E_INVALID_BOOKMARK = 0x8004_0405,
    MAPI_E_WAIT = 0x8004_0500,
    MAPI_E_CANCEL = 0x8004_0501,
    MAPI_E_NOT_ME = 0x8004_0502,
    MAPI_E_CORRUPT_STORE = 0x8004_0600,
    MAPI_E_NOT_IN_QUEUE = 0x8004_0601,
    MAPI_E_NO_SUPPRESS = 0x8004_0602,
    MAPI_E_COLLISION = 0x8004_0604,
    MAPI_E_NOT_INITIALIZED = 0x8004_0605,
    MAPI_E_NON_STANDARD = 0x8004_0606,
    MAPI_E_NO_RECIPIENTS = 0x8004_0607,
    MAPI_E_SUBMITTED = 0x8004_0608,
    MAPI_E_HAS_FOLDERS = 0x8004_0609,
    MAPI_E_HAS_MESSAGES = 0x8004_060A,
    MAPI_E_FOLDER_CYCLE = 0x8004_060B,
    MAPI_E_AMBIGUOUS_RECIP = 0x8004_0700,
    MAPI_W_NO_SERVICE = 0x0004_0203,
    MAPI_W_ERRORS_RETURNED = 0x0004_0380,
    MAPI_W_POSITION_CHANGED = 0x0004_0481,
    MAPI_W_APPROX_COUNT = 0x0004_0482,
    MAPI_W_CANCEL_MESSAGE = 0x0004_0580,
    MAPI_W_PARTIAL_COMPLETION = 0x0004_0680,
}

impl HResult {
    /// The code with this number.
    #[must_use]
    pub const fn from_code(code: u32) -> Self {
        Self(code)
    }

    /// The number.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0
    }

    /// Whether the call succeeded: the severity bit is clear (warnings such as `MAPI_W_ERRORS_RETURNED` succeed).
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 & 0x8000_0000 == 0
    }

    /// The symbolic name, if this code has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMED.iter().find(|(_, code)| *code == self.0).map(|(name, _)| *name)
    }

    /// The code with this symbolic name, `0x…` or decimal number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        if let Some(digits) = digits {
            return u32::from_str_radix(digits, 16).ok().map(Self);
        }
        if let Ok(number) = text.parse::<i64>() {
            return Self::from_number(number);
        }
        NAMED.iter().chain(ALIASES).find(|(name, _)| *name == text).map(|(_, code)| Self(*code))
    }

    /// Every symbolic name, for suggestions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name)
    }

    /// Accepts the signed form too, since many languages print an HRESULT as a negative `int`.
    fn from_number(number: i64) -> Option<Self> {
        u32::try_from(number)
            .or_else(|_| i32::try_from(number).map(|code| u32::from_ne_bytes(code.to_ne_bytes())))
            .ok()
            .map(Self)
    }
}

impl fmt::Display for HResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

impl Serialize for HResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Code;
        impl Visitor<'_> for Code {
            type Value = HResult;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an HRESULT: its symbolic name, a number or \"0x…\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<HResult, E> {
                HResult::parse(text).ok_or_else(|| E::custom(format_args!("no HRESULT is named `{text}`")))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<HResult, E> {
                HResult::from_number(number).ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<HResult, E> {
                i64::try_from(number)
                    .ok()
                    .and_then(HResult::from_number)
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_any(Code)
    }
}

#[cfg(test)]
mod tests {
    use super::HResult;

    #[track_caller]
    fn check(json: &str, expected: Option<HResult>) {
        assert_eq!(serde_json::from_str::<HResult>(json).ok(), expected, "{json}");
    }

    #[test]
    fn a_name_a_number_and_hexadecimal_are_one_code() {
        for json in ["\"MAPI_E_SUBMITTED\"", "2147747336", "-2147219960", "\"0x80040608\"", "\"2147747336\""] {
            check(json, Some(HResult::MAPI_E_SUBMITTED));
        }
        check("\"E_ACCESSDENIED\"", Some(HResult::MAPI_E_NO_ACCESS));
        check("\"0x8004FFFF\"", Some(HResult::from_code(0x8004_FFFF)));
    }

    #[test]
    fn a_bare_unknown_name_is_refused() {
        check("\"MAPI_E_SUBMITED\"", None);
        check("4294967296", None);
        check("true", None);
    }

    #[test]
    fn the_severity_bit_decides_success() {
        assert!(HResult::MAPI_W_ERRORS_RETURNED.is_success());
        assert!(!HResult::MAPI_E_NO_ACCESS.is_success());
        assert_eq!(HResult::from_code(0x8004_FFFF).to_string(), "0x8004FFFF");
    }
}
