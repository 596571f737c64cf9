//! Judging a recorded trace: every event goes through the oracle, and nothing is kept of it.

use std::io::BufRead;
use std::ops::ControlFlow;

use spoolproof_sdk::trace::Event;

use super::overlap::{Group, Window};
use super::{Place, ReadError, Reader};
use crate::oracle::{Account, CaseOutcome, Ledger, LogLine, Oracle, Setting, Span, Stopped, Unjudged, Verdict};
use crate::spec::Catalogue;

/// How an audit of one file ended.
#[derive(Debug)]
pub enum Audited {
    /// It was read to its end.
    Whole,
    /// It is damaged: what came before was judged, and nothing after.
    Damaged(ReadError),
    /// It contradicts itself at this line: nothing after it in the same case was judged.
    Contradicted,
}

/// Judges one trace, and adds to the account of the run.
///
/// A log without cases is one case, called `name`. `progress` hears the line number from time to time, and may stop the
/// audit there: what came before was judged.
pub fn audit<R: BufRead>(
    catalogue: &Catalogue,
    name: &str,
    mut reader: Reader<R>,
    setting: Setting,
    account: &mut Account,
    mut progress: impl FnMut(u64) -> ControlFlow<Stopped>,
) -> Audited {
    let mut run = Run::new(Oracle::new(catalogue, setting), account, name);
    run.oracle.ledger = std::mem::take(&mut run.account.ledger);
    let mut damage = None;
    for next in reader.by_ref() {
        match next {
            Ok((event, place)) => {
                if place.line % 4096 == 0
                    && let ControlFlow::Break(stopped) = progress(place.line)
                {
                    run.account.stopped = Some(stopped);
                    break;
                }
                run.read(event, place);
            }
            Err(error) => damage = Some(error),
        }
    }
    run.drain();
    let contradicted = run.contradicted;
    if let Some(error) = &damage {
        let case = run.current.take().flatten();
        run.fail(case, (None, error.line), error.to_string(), "a trace in the format of version 1");
    }
    let Run { oracle, account, .. } = run;
    account.skipped += reader.skipped();
    account.ledger = oracle.ledger;
    match damage {
        Some(error) => Audited::Damaged(error),
        None if contradicted => Audited::Contradicted,
        None => Audited::Whole,
    }
}

/// Judges events that are all there, with an oracle that has seen none; `None` if they contradict themselves.
pub(super) fn judge(oracle: Oracle, events: Vec<Event>) -> Option<Ledger> {
    let mut account = Account::default();
    let mut run = Run::new(oracle, &mut account, "");
    for event in events {
        let line = event.seq;
        run.read(event, Place { line });
    }
    run.drain();
    let (contradicted, mut ledger) = (run.contradicted, run.oracle.ledger);
    ledger.settle();
    (!contradicted).then_some(ledger)
}

/// One file as it is judged.
struct Run<'a> {
    oracle: Oracle,
    account: &'a mut Account,
    name: &'a str,
    /// Events that may overlap with some that were not read yet.
    window: Window,
    /// The support calls that wait for their call, each with its line.
    inner: Vec<(u64, u64)>,
    /// The case in which an event could not be judged: what follows in it is passed over.
    lost: Option<Option<String>>,
    current: Option<Option<String>>,
    contradicted: bool,
}

impl<'a> Run<'a> {
    fn new(oracle: Oracle, account: &'a mut Account, name: &'a str) -> Self {
        let (window, inner) = (Window::default(), Vec::new());
        Self { oracle, account, name, window, inner, lost: None, current: None, contradicted: false }
    }

    fn read(&mut self, event: Event, place: Place) {
        if self.current.as_ref() != Some(&event.case) {
            // The store is fresh: nothing reaches from one case into the next.
            self.drain();
            self.account.cases.push(case(event.case.clone().unwrap_or_else(|| self.name.to_owned())));
            self.current = Some(event.case.clone());
        }
        if self.lost.as_ref() == Some(&event.case) {
            return;
        }
        if event.call.starts_with("support.") || (self.window.is_empty() && Span::of(&event).is_none()) {
            // A support call waits in the oracle for the call in whose course it came.
            return self.one(&event, place);
        }
        self.oracle.claim_support(event.seq);
        self.window.push(&self.oracle, event, place);
        while self.window.is_full() {
            self.judge_next();
        }
    }

    /// Judges all that waits.
    fn drain(&mut self) {
        while !self.window.is_empty() {
            self.judge_next();
        }
    }

    fn judge_next(&mut self) {
        match self.window.take() {
            Some(Group::One(event, place)) => self.one(&event, place),
            Some(Group::Timed(calls, places)) => {
                let case = calls.first().and_then(|call| call.event.case.clone());
                if self.lost.as_ref() == Some(&case) {
                    return;
                }
                let before = self.oracle.ledger.findings.len();
                let judged = self.oracle.overlapping(calls);
                let last = places.keys().next_back().copied().unwrap_or_default();
                self.locate(before, last, |seq| places.get(&seq).map(|place| place.line));
                if let Err((seq, error)) = judged {
                    let line = places.get(&seq).map_or(0, |place| place.line);
                    self.contradiction(case, seq, line, &error);
                }
            }
            None => {}
        }
    }

    fn one(&mut self, event: &Event, place: Place) {
        if self.lost.as_ref() == Some(&event.case) {
            return;
        }
        let before = self.oracle.ledger.findings.len();
        let judged = self.oracle.event(event);
        if event.call.starts_with("support.") {
            self.inner.push((event.seq, place.line));
        } else {
            self.locate(before, event.seq, |seq| (seq == event.seq).then_some(place.line));
        }
        if let Err(error) = judged {
            self.contradiction(event.case.clone(), event.seq, place.line, &error);
        }
    }

    /// Says of what was found since where its event stands, when the calls up to the event `last` have been judged.
    fn locate(&mut self, before: usize, last: u64, line: impl Fn(u64) -> Option<u64>) {
        for finding in &mut self.oracle.ledger.findings[before..] {
            let inner = |seq: u64| self.inner.iter().find(|(inner, _)| *inner == seq).map(|(_, line)| *line);
            let line = finding.seq.and_then(|seq| line(seq).or_else(|| inner(seq)));
            finding.log = line.map(|line| LogLine { file: self.name.to_owned(), line });
        }
        self.inner.retain(|(seq, _)| *seq > last);
    }

    fn contradiction(&mut self, case: Option<String>, seq: u64, line: u64, error: &Unjudged) {
        let what = format!("{}:{line}: {error}", self.name);
        let expected = "a log that introduces what it names, or says that it starts mid-flight";
        self.fail(case.clone(), (Some(seq), line), what, expected);
        self.lost = Some(case);
        self.contradicted = true;
    }

    fn fail(&mut self, case: Option<String>, (seq, line): (Option<u64>, u64), what: String, expected: &str) {
        let before = self.oracle.ledger.findings.len();
        self.oracle.ledger.fail(case, seq, what, expected);
        for failure in &mut self.oracle.ledger.findings[before..] {
            failure.log = Some(LogLine { file: self.name.to_owned(), line });
        }
        self.account.unreadable = true;
    }
}

fn case(id: String) -> CaseOutcome {
    CaseOutcome { id, verdict: Verdict::Pass, reason: None, requirements: Vec::new(), trace: None }
}
