//! When a run is to end before its last case: at a signal, or when its time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::oracle::Stopped;

/// Tells those who wait whether to go on waiting. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// What a handler of signals has left: 0, or one of the constants below.
    signal: Arc<AtomicUsize>,
    until: Option<Instant>,
}

impl Stop {
    /// What a handler stores when somebody pressed Ctrl-C.
    pub const INTERRUPTED: usize = 1;
    /// What a handler stores when somebody asked the process to end.
    pub const TERMINATED: usize = 2;

    /// Stops when `signal` is set, and at `until`.
    #[must_use]
    pub fn at(signal: Arc<AtomicUsize>, until: Option<Instant>) -> Self {
        Self { signal, until }
    }

    /// Why to stop, if it is time.
    #[must_use]
    pub fn reason(&self) -> Option<Stopped> {
        match self.signal.load(Ordering::Relaxed) {
            0 => self.until.is_some_and(|until| until <= Instant::now()).then_some(Stopped::TimeLimit),
            Self::INTERRUPTED => Some(Stopped::Interrupted),
            _ => Some(Stopped::Terminated),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use super::Stop;
    use crate::oracle::Stopped;

    #[test]
    fn a_signal_and_the_end_of_the_time_stop_whoever_asks() {
        assert_eq!(Stop::default().reason(), None);
        let signal = Arc::new(AtomicUsize::new(0));
        let (stop, over) = (Stop::at(Arc::clone(&signal), None), Stop::at(Arc::clone(&signal), Some(Instant::now())));
        assert_eq!((stop.reason(), over.reason()), (None, Some(Stopped::TimeLimit)));
        signal.store(Stop::INTERRUPTED, Ordering::Relaxed);
        assert_eq!((stop.reason(), over.reason()), (Some(Stopped::Interrupted), Some(Stopped::Interrupted)));
        signal.store(Stop::TERMINATED, Ordering::Relaxed);
        assert_eq!(stop.clone().reason(), Some(Stopped::Terminated));
    }
}
