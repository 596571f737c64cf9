//! What a fault is, and which of them are in: the same for the store and for the spooler.

use std::collections::BTreeSet;

/// A way to break the reference store or the reference spooler.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name on the command line.
    pub name: &'static str,
    /// The requirements that it breaks, the plainest first: a suite must report it under each of them. Of those that
    /// belong to the adapter there are none.
    pub breaks: &'static [&'static str],
    /// What is done wrong.
    pub what: &'static str,
    /// Whether it shows only after a particular history.
    pub sleeper: bool,
}

/// The faults that are in, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    table: &'static [Fault],
    inside: BTreeSet<&'static str>,
}

impl Faults {
    /// The faults of `table` that have these names; the first name that is none is an error.
    pub(super) fn parse<'a>(
        table: &'static [Fault],
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, &'a str> {
        let find = |name| table.iter().find(|fault| fault.name == name).map(|fault| fault.name);
        let inside = names.into_iter().map(|name| find(name).ok_or(name)).collect::<Result<_, _>>()?;
        Ok(Self { table, inside })
    }

    /// Whether this one is in.
    pub(super) fn has(&self, name: &str) -> bool {
        debug_assert!(self.table.iter().any(|fault| fault.name == name), "`{name}` is not in the table");
        self.inside.contains(name)
    }

    /// Whether nothing is broken.
    pub(super) fn is_empty(&self) -> bool {
        self.inside.is_empty()
    }
}

/// Declares a table of faults: those that show at once, and those that sleep until a particular history.
macro_rules! faults {
    (
        $(#[$doc:meta])* $table:ident
        at_once { $($name:literal [$($breaks:literal),*] $what:literal;)* }
        sleepers { $($sleeper:literal [$($later:literal),+] $then:literal;)* }
    ) => {
        $(#[$doc])*
        pub const $table: &[$crate::conformance::reference::Fault] = &[
            $($crate::conformance::reference::Fault {
                name: $name, breaks: &[$($breaks),*], what: $what, sleeper: false,
            },)*
            $($crate::conformance::reference::Fault {
                name: $sleeper, breaks: &[$($later),+], what: $then, sleeper: true,
            },)*
        ];
    };
}
pub(super) use faults;

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use super::{Fault, Faults};

    const TABLE: &[Fault] = &[Fault { name: "one", breaks: &[], what: "nothing", sleeper: false }];

    #[test]
    fn an_unknown_fault_is_refused_by_name() {
        assert!(Faults::parse(TABLE, ["one"]).expect("known").has("one"));
        assert_eq!(Faults::parse(TABLE, ["one", "two"]).expect_err("unknown"), "two");
    }

    /// Holds that the table has exactly the faults that the sources ask for, each once.
    #[track_caller]
    pub(in super::super) fn check(table: &[Fault], sources: &[&'static str]) {
        let asks = |source: &&'static str| {
            let calls = source.split("fault(").chain(source.split("bend("));
            let quoted = calls.filter_map(|rest| rest.trim_start().strip_prefix('"'));
            quoted.filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>()
        };
        let used: BTreeSet<_> = sources.iter().flat_map(asks).collect();
        let listed: BTreeSet<_> = table.iter().map(|fault| fault.name).collect();
        assert_eq!(used, listed);
        assert_eq!(listed.len(), table.len(), "a name is there twice");
    }
}
