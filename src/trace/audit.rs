//! Judging a recorded trace: every event goes through the oracle, and nothing is kept of it.

use std::io::BufRead;

use super::{ReadError, Reader};
use crate::oracle::{Account, CaseOutcome, Oracle, Setting, Verdict};
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
/// `named` is called for each file without cases, and `progress` with the line number from time to time.
pub fn audit<R: BufRead>(
    catalogue: &Catalogue,
    name: &str,
    mut reader: Reader<R>,
    setting: Setting,
    account: &mut Account,
    mut progress: impl FnMut(u64),
) -> Audited {
    let mut oracle = Oracle::new(catalogue, setting);
    oracle.ledger = std::mem::take(&mut account.ledger);
    let mut ended = Audited::Whole;
    // The case in which an event could not be judged: what follows in it is passed over.
    let mut lost: Option<Option<String>> = None;
    let mut current: Option<Option<String>> = None;
    for next in reader.by_ref() {
        let (event, place) = match next {
            Ok(read) => read,
            Err(error) => {
                account.ledger = std::mem::take(&mut oracle.ledger);
                account.fail(
                    event_case(current.as_ref()),
                    None,
                    error.to_string(),
                    "a trace in the format of version 1",
                );
                oracle.ledger = std::mem::take(&mut account.ledger);
                account.unreadable = true;
                ended = Audited::Damaged(error);
                break;
            }
        };
        if place.line % 4096 == 0 {
            progress(place.line);
        }
        if current.as_ref() != Some(&event.case) {
            account.cases.push(case(event.case.clone().unwrap_or_else(|| name.to_owned())));
            current = Some(event.case.clone());
        }
        if lost.as_ref() == Some(&event.case) {
            continue;
        }
        if let Err(error) = oracle.event(&event) {
            account.ledger = std::mem::take(&mut oracle.ledger);
            let what = format!("{name}:{}: {error}", place.line);
            account.fail(
                event.case.clone(),
                Some(event.seq),
                what,
                "a log that introduces what it names, or says that it starts mid-flight",
            );
            oracle.ledger = std::mem::take(&mut account.ledger);
            account.unreadable = true;
            lost = Some(event.case);
            ended = Audited::Contradicted;
        }
    }
    account.skipped += reader.skipped();
    account.ledger = oracle.ledger;
    ended
}

fn event_case(current: Option<&Option<String>>) -> Option<String> {
    current.cloned().flatten()
}

fn case(id: String) -> CaseOutcome {
    CaseOutcome { id, verdict: Verdict::Pass, reason: None, requirements: Vec::new(), trace: None }
}
