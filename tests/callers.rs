//! In a log everybody is judged: clients and the spooler have duties too, and the store is not blamed for them.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use spoolproof::oracle::{Account, Setting, Verdict, Who};
use spoolproof::spec::Catalogue;
use spoolproof::trace::{ReadOptions, Reader, audit};

/// The findings of a trace as (seq, verdict, who, requirements).
#[track_caller]
fn check(name: &str, expected: &[(u64, Verdict, Who, &[&str])]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces/callers").join(name);
    let reader = BufReader::new(File::open(path).expect("the trace is shipped"));
    let reader = Reader::new(reader, name, ReadOptions::default()).expect("the header is good");
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let setting = Setting::of_log(reader.header().clone());
    let mut account = Account::default();
    audit(&catalogue, name, reader, setting, &mut account, |_| ());
    let found: Vec<_> = account
        .ledger
        .findings
        .iter()
        .map(|finding| {
            let requirements: Vec<&str> = finding.requirements.iter().map(String::as_str).collect();
            (finding.seq.unwrap_or_default(), finding.verdict, finding.who, requirements)
        })
        .collect();
    let expected: Vec<_> =
        expected.iter().map(|(seq, verdict, who, ids)| (*seq, *verdict, *who, ids.to_vec())).collect();
    assert_eq!(found, expected, "{name}");
}

#[test]
fn a_client_does_the_spoolers_work() {
    check("client-locks.ndjson", &[(4, Verdict::Violation, Who::Client, &["SLS-01"])]);
    check("client-reads-the-queue.ndjson", &[(3, Verdict::Violation, Who::Client, &["GOQ-01"])]);
    check("client-announces-mail.ndjson", &[(2, Verdict::Violation, Who::Client, &["NNM-01"])]);
}

#[test]
fn a_client_asks_to_keep_and_to_delete() {
    check("client-sets-both-properties.ndjson", &[(1, Verdict::Deviation, Who::Client, &["PSM-04", "PDS-02"])]);
}

#[test]
fn a_spooler_locks_what_was_never_submitted() {
    check("spooler-locks-a-draft.ndjson", &[(3, Verdict::Violation, Who::Spooler, &["SLS-02"])]);
}

#[test]
fn a_spooler_that_loses_a_race_against_an_abort_is_not_to_blame() {
    check("spooler-loses-a-race.ndjson", &[]);
}

#[test]
fn a_spooler_that_does_not_end_what_it_begins_is_blamed_for_what_it_does_next() {
    check(
        "spooler-never-ends.ndjson",
        &[
            (15, Verdict::Violation, Who::Spooler, &["XPS-16", "MSM-05"]),
            (22, Verdict::Violation, Who::Spooler, &["XPS-16", "SEED2-09"]),
        ],
    );
    check("spooler-waits-and-goes-on.ndjson", &[]);
}

#[test]
fn a_transport_is_blamed_for_its_own_answers() {
    let flags: &[&str] = &["XPE-02", "XPE-03", "XPE-04", "XPE-05"];
    check("transport-ends-with-an-unknown-flag.ndjson", &[(12, Verdict::Violation, Who::Transport, flags)]);
    let delay: &[&str] = &["XPS-20", "XPS-08", "XPS-06"];
    check("transport-names-no-delay.ndjson", &[(11, Verdict::Violation, Who::Transport, delay)]);
    check("transport-delay-not-recorded.ndjson", &[(11, Verdict::Inconclusive, Who::Transport, delay)]);
    let rows: &[&str] = &["XPS-14", "RSP-03"];
    check("transport-takes-anothers-recipient.ndjson", &[(11, Verdict::Deviation, Who::Transport, rows)]);
}
