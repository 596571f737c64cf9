//! How an instance is explored, and what that may take.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::engine::Visited;

/// How an instance is explored.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What searches.
    pub engine: Engine,
    /// How many threads do. What they find does not depend on it.
    pub threads: usize,
    /// How states are told apart.
    pub visited: Visited,
    /// Whether one state stands for all that are equal to it but for the names of interchangeable messages and recipients.
    /// What happens at last is not judged then: whose turn it is, is lost with the names.
    pub symmetry: bool,
    /// How many bytes the states and the tables may take.
    pub memory: u64,
    /// How long it may take.
    pub time: Option<Duration>,
    /// Set by whoever wants the search to end, with what it has.
    pub stop: Arc<AtomicBool>,
}

/// What searches.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Engine {
    /// Our own search.
    #[default]
    Own,
    /// stateright's search, on one thread, by fingerprints, and as long as it takes: what ours is compared with. It heeds
    /// nothing else in the plan.
    Stateright,
}

/// What ended a search before it had seen every state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Budget {
    /// The memory that it may use, in bytes.
    Memory(u64),
    /// The time that it may take.
    Time(Duration),
    /// Numbers for states, or for the actions of one state.
    Numbers,
    /// None of these: somebody wanted it to end.
    Interruption,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            engine: Engine::Own,
            threads: 1,
            visited: Visited::Fingerprints,
            symmetry: false,
            memory: 2 << 30,
            time: None,
            stop: Arc::default(),
        }
    }
}

/// As a sentence goes on after `stopped at`.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(bytes) => write!(f, "the memory budget of {}", Bytes(*bytes)),
            Self::Time(time) => write!(f, "the time budget of {time:?}"),
            Self::Numbers => f.write_str("the last number: there are 2³² states, or 2¹⁶ actions of one state"),
            Self::Interruption => f.write_str("an interruption"),
        }
    }
}

/// An amount of memory, in the largest unit that leaves no fraction.
struct Bytes(u64);

const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.iter().find(|(size, _)| self.0 >= *size && self.0.is_multiple_of(*size));
        let (size, name) = unit.unwrap_or(&(1, "bytes"));
        write!(f, "{} {name}", self.0 / size)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Budget;

    #[test]
    fn budgets_are_told_in_the_units_that_people_gave() {
        let told = |budget: Budget| budget.to_string();
        assert_eq!(told(Budget::Memory(2 << 30)), "the memory budget of 2 GiB");
        assert_eq!(told(Budget::Memory(1536 << 20)), "the memory budget of 1536 MiB");
        assert_eq!(told(Budget::Memory(1025)), "the memory budget of 1025 bytes");
        assert_eq!(told(Budget::Time(Duration::from_secs(60))), "the time budget of 60s");
        assert_eq!(told(Budget::Time(Duration::from_millis(1500))), "the time budget of 1.5s");
    }
}
