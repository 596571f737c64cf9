//! What goes on beside a run of cases: the progress bar, the traces that are kept, and when it is to stop.

use std::path::Path;

use spoolproof_sdk::trace::{Event, Header};

use super::progress::Progress;
use super::traces::Traces;
use crate::conformance::{self, Stop};
use crate::oracle::{CaseOutcome, Finding, Stopped};
use crate::report::Contract;

/// Shows how far a run is, keeps its traces, and ends it early.
pub(crate) struct Observer<'a> {
    progress: Progress,
    traces: Traces,
    /// Set when the run is to end with the first case that fails it.
    fail_fast: Option<&'a Contract>,
    failed: bool,
    stop: Stop,
}

impl<'a> Observer<'a> {
    /// Watches a run of `cases`; `out` is where every trace goes.
    pub(crate) fn new(cases: usize, out: Option<&Path>, fail_fast: Option<&'a Contract>, stop: Stop) -> Self {
        let progress = Progress::start(Some(cases as u64), "cases");
        Self { progress, traces: Traces::new(out), fail_fast, failed: false, stop }
    }

    /// What ends the run from outside.
    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }
}

impl conformance::Progress for Observer<'_> {
    fn begins(&mut self, done: usize, id: &str) {
        self.progress.set(done as u64);
        self.progress.doing(id);
    }

    fn ended(&mut self, id: &str, header: &Header, events: &[Event], has_findings: bool) -> Option<String> {
        self.traces.keep(id, header, events, has_findings)
    }

    fn judged(&mut self, case: &CaseOutcome, findings: &[Finding]) {
        self.failed |= self.fail_fast.is_some_and(|contract| contract.fails(case, findings));
    }

    fn stops(&self) -> Option<Stopped> {
        if self.failed { Some(Stopped::FirstFailure) } else { self.stop.reason() }
    }
}
