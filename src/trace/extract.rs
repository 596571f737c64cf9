//! Cuts a log down to what shows one of its findings: an extract that is judged alike with nothing around it.
//!
//! Nothing is run again, so what is left is still what happened, as far as it goes. A call is left out only if the judge
//! then still finds the same at the same event, and finds nothing that it did not find in the log.

use std::collections::BTreeSet;
use std::io::BufRead;

use spoolproof_sdk::trace::{Event, Header};

use super::Reader;
use super::audit::judge;
use super::part::{Unit, Units};
use crate::check::shorten::leave_out;
use crate::oracle::{Finding, Oracle, Setting, Small};
use crate::spec::Catalogue;

/// The part of a log that shows a finding.
#[derive(Clone, Debug)]
pub struct Extract {
    /// What the log says of itself.
    pub header: Header,
    /// The events of the case that lead to the finding, as they were recorded, as far as they were kept in memory.
    pub before: Vec<Event>,
    /// Those that are needed, with what is needed of them.
    pub events: Vec<Event>,
    /// How many events the case has up to the finding.
    pub of: u64,
    /// Whether the log has no other events than these.
    pub is_log: bool,
}

/// How many events are kept in memory for one finding.
const KEPT: usize = 5_000;

/// How many events behind a finding may have led to it: calls that overlap are judged together.
const BEHIND: u64 = 64;

/// How many events may be judged to cut one finding down.
const JUDGED: usize = 400_000;

/// Cuts `reader`'s log down to each of `wanted`, which were found in it; `None` where no part of it that fits into memory
/// shows the finding by itself. `found` is everything that was found in the log. Where it is damaged it ends, as it did when
/// it was judged.
pub fn extract<R: BufRead>(
    catalogue: &Catalogue,
    reader: Reader<R>,
    setting: &Setting,
    wanted: &[&Finding],
    found: &[&Finding],
) -> Vec<Option<Extract>> {
    let mut collectors: Vec<Collector<'_>> = wanted.iter().map(|finding| Collector::new(finding)).collect();
    let mut read = 0_usize;
    for (event, _) in reader.map_while(Result::ok) {
        read += 1;
        collectors.iter_mut().for_each(|collector| collector.push(&event));
        if collectors.iter().all(|collector| collector.behind >= BEHIND) {
            break;
        }
    }
    let fresh = Oracle::new(catalogue, setting.clone());
    let extract = |collector: Collector<'_>| {
        let extract = collector.extract(&fresh, &setting.header, found)?;
        Some(Extract { is_log: extract.events.len() == read, ..extract })
    };
    collectors.into_iter().map(extract).collect()
}

/// The events that may have led to a finding.
#[derive(Debug)]
struct Collector<'a> {
    finding: &'a Finding,
    /// How many events the case has up to the finding.
    of: u64,
    /// How many events of the case came behind it.
    behind: u64,
    /// The whole case, as long as it is kept.
    whole: Option<(Units, Vec<Unit>)>,
    /// What is about the finding's message.
    about: Option<(Units, Vec<Unit>)>,
}

impl<'a> Collector<'a> {
    fn new(finding: &'a Finding) -> Self {
        let start = || Some((Units::default(), Vec::new()));
        Self { finding, of: 0, behind: 0, whole: start(), about: finding.message.as_ref().and_then(|_| start()) }
    }

    fn push(&mut self, event: &Event) {
        if event.case != self.finding.case || self.behind >= BEHIND {
            return;
        }
        if self.finding.seq.is_some_and(|seq| event.seq > seq) {
            self.behind += 1;
        } else {
            self.of += 1;
        }
        if let Some((units, kept)) = &mut self.whole {
            kept.extend(units.push(event.clone(), |_| true));
            self.whole.take_if(|(_, kept)| kept.len() > KEPT);
        }
        let Some(wanted) = &self.finding.message else { return };
        if let Some((units, kept)) = &mut self.about {
            let Some(mut unit) = units.push(event.clone(), |message| message == wanted) else { return };
            let is_about = |message: &str| units.first(message) == wanted;
            let rows = unit.events.iter().any(|event| event.result.rows.is_some());
            // A read of the queue that does not show the message is needed only if that is what is wrong.
            let needed = match unit.message.as_deref() {
                Some(message) => message == wanted,
                None => !rows || unit.names().any(is_about) || Some(event.seq) == self.finding.seq,
            };
            if needed {
                unit.keep_only(is_about);
                kept.push(unit);
            }
            self.about.take_if(|(_, kept)| kept.len() > KEPT);
        }
    }

    fn extract(self, fresh: &Oracle, header: &Header, found: &[&Finding]) -> Option<Extract> {
        let Self { finding, of, whole, about, .. } = self;
        let known: Vec<&Finding> = found.iter().copied().filter(|other| other.case == finding.case).collect();
        let wanted = Small::new(finding, String::new(), 0);
        let mut cutter = Cutter { fresh, finding, wanted, known, left: JUDGED };
        let mut parts = [whole, about].into_iter().flatten().filter(|(_, calls)| cutter.shows(calls));
        let (units, calls) = parts.next()?;
        let before = events(&calls);
        // What is about one message is less than what is about all.
        let (units, calls) = parts.next().unwrap_or((units, calls));
        drop(parts);
        let events = events(&cutter.least(&units, calls));
        // A finding about a support call stands before the call in whose course it came.
        let of = of.max(events.len() as u64);
        Some(Extract { header: header.clone(), before, events, of, is_log: false })
    }
}

/// The events of the calls, in the order of the log.
fn events(calls: &[Unit]) -> Vec<Event> {
    let mut events: Vec<Event> = calls.iter().flat_map(|call| call.events.iter().cloned()).collect();
    events.sort_by_key(|event| event.seq);
    events
}

/// Cuts a part of a log down to what shows one finding.
struct Cutter<'a> {
    /// The judge, before the first event.
    fresh: &'a Oracle,
    finding: &'a Finding,
    wanted: Small,
    /// What was found in the whole case.
    known: Vec<&'a Finding>,
    /// How many events may still be judged.
    left: usize,
}

impl Cutter<'_> {
    /// The least that is found to show it.
    fn least(&mut self, units: &Units, mut calls: Vec<Unit>) -> Vec<Unit> {
        loop {
            let size = |calls: &[Unit]| {
                let events = calls.iter().flat_map(|call| &call.events);
                events.map(|event| 1 + event.observed.as_ref().map_or(0, |seen| 1 + seen.len())).sum::<usize>()
            };
            let before = size(&calls);
            calls = self.without_messages(units, calls);
            calls = leave_out(calls, |fewer| self.shows(&fewer).then_some(fewer));
            calls = self.without_observations(calls);
            if size(&calls) == before || self.left == 0 {
                return calls;
            }
        }
    }

    /// Takes out whole messages.
    fn without_messages(&mut self, units: &Units, mut calls: Vec<Unit>) -> Vec<Unit> {
        let names = |calls: &[Unit]| -> BTreeSet<String> {
            calls.iter().flat_map(Unit::names).map(|name| units.first(name).to_owned()).collect()
        };
        for message in names(&calls) {
            let stays = |name: &str| units.first(name) != message;
            let mut fewer: Vec<Unit> =
                calls.iter().filter(|call| call.message.as_deref().is_none_or(stays)).cloned().collect();
            fewer.iter_mut().for_each(|call| call.keep_only(stays));
            if self.shows(&fewer) {
                calls = fewer;
            }
        }
        calls
    }

    /// Takes out what was observed where that shows nothing.
    fn without_observations(&mut self, calls: Vec<Unit>) -> Vec<Unit> {
        let seeing: Vec<usize> = (0..calls.len()).filter(|at| calls[*at].names().next().is_some()).collect();
        let blind = |seeing: &[usize]| -> Vec<Unit> {
            let mut calls = calls.clone();
            for (at, call) in calls.iter_mut().enumerate() {
                if !seeing.contains(&at) {
                    call.events.iter_mut().for_each(|event| event.observed = None);
                }
            }
            calls
        };
        let left = leave_out(seeing, |seeing| self.shows(&blind(&seeing)).then_some(seeing));
        blind(&left)
    }

    /// Whether the judge finds the same in these calls alone, at the same event, and nothing that is new.
    fn shows(&mut self, calls: &[Unit]) -> bool {
        let events = events(calls);
        if events.len() > self.left {
            self.left = 0;
            return false;
        }
        self.left -= events.len();
        let Some(ledger) = judge(self.fresh.clone(), events) else { return false };
        let same = |finding: &Finding| {
            finding.verdict == self.finding.verdict && finding.seq == self.finding.seq && self.wanted.shows(finding)
        };
        let is_known = |finding: &Finding| {
            let kind = Small::new(finding, String::new(), 0);
            self.known.iter().any(|known| known.verdict >= finding.verdict && kind.shows(known))
        };
        ledger.findings.iter().any(same) && ledger.findings.iter().all(is_known)
    }
}
