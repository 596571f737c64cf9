//! In a log everybody is judged: clients, spoolers and transports have duties too, and the store is not blamed for them.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use spoolproof::oracle::{Account, Setting, Verdict, Who};
use spoolproof::spec::Catalogue;
use spoolproof::trace::{ReadOptions, Reader, audit};

/// The findings of a trace as (seq, verdict, who, requirements).
#[track_caller]
fn check(name: &str, expected: &[(u64, Verdict, Who, &[&str])]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces").join(name);
    let reader = BufReader::new(File::open(path).expect("the trace is shipped"));
    let reader = Reader::new(reader, name, ReadOptions::default()).expect("the header is good");
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let setting = Setting::of_log(reader.header().clone());
    let mut account = Account::default();
    audit(&catalogue, name, reader, setting, &mut account, |_| ControlFlow::Continue(()));
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
    assert_eq!(found, expected, "{name}: {:#?}", account.ledger.findings);
}

#[test]
fn a_client_does_the_spoolers_work() {
    check("callers/client-locks.ndjson", &[(4, Verdict::Violation, Who::Client, &["SLS-01"])]);
    check("callers/client-reads-the-queue.ndjson", &[(3, Verdict::Violation, Who::Client, &["GOQ-01"])]);
    check("callers/client-announces-mail.ndjson", &[(2, Verdict::Violation, Who::Client, &["NNM-01"])]);
}

#[test]
fn a_client_asks_to_keep_and_to_delete() {
    check("callers/client-sets-both-properties.ndjson", &[(1, Verdict::Deviation, Who::Client, &["PSM-04", "PDS-02"])]);
}

#[test]
fn a_spooler_locks_what_was_never_submitted() {
    check("callers/spooler-locks-a-draft.ndjson", &[(3, Verdict::Violation, Who::Spooler, &["SLS-02"])]);
}

#[test]
fn a_spooler_that_loses_a_race_against_an_abort_is_not_to_blame() {
    check("callers/spooler-loses-a-race.ndjson", &[]);
}

#[test]
fn a_transport_sets_rows_that_are_not_its_own() {
    check("transports/rows-of-others.ndjson", &[(5, Verdict::Deviation, Who::Transport, &["XPS-14", "RSP-05"])]);
}

#[test]
fn a_transport_ends_with_flags_that_exclude_each_other() {
    let ids = ["XPE-02", "XPE-03", "XPE-04", "XPE-05"];
    check("transports/end-flags.ndjson", &[(6, Verdict::Violation, Who::Transport, &ids)]);
}

#[test]
fn a_spooler_reports_whom_the_transport_has_reported() {
    check("transports/reported-twice.ndjson", &[(9, Verdict::Violation, Who::Spooler, &["STR-02", "RSP-07"])]);
}

#[test]
fn a_transport_that_says_how_long_is_waited_for() {
    check("transports/one-serves-and-one-waits.ndjson", &[]);
}

#[test]
fn a_store_is_held_to_the_order_that_it_declares() {
    let blamed = [(5, Verdict::Violation, Who::Store, &["SEED1-50", "SEED1-16"][..])];
    check("declared/expands-first.ndjson", &blamed);
    check("declared/expands-first-judged.ndjson", &blamed);
    check("declared/expands-first-undeclared.ndjson", &[]);
}

#[test]
fn a_store_that_says_that_it_does_not_notify_owes_nothing() {
    let ids = ["SEED1-48", "GOQ-09", "OQT-08", "SAM-02", "DMS-01"];
    check("declared/tells-nobody.ndjson", &[(3, Verdict::Violation, Who::Store, &ids)]);
    check("declared/tells-nobody-declared.ndjson", &[]);
}

#[test]
fn an_error_may_be_ended_unless_the_transport_did_nothing_or_the_spooler_says_never() {
    let blamed = [(6, Verdict::Violation, Who::Spooler, &["XPS-04", "XPS-07", "XPE-01"][..])];
    check("declared/ends-an-error.ndjson", &[]);
    check("declared/ends-busy.ndjson", &blamed);
    check("declared/ends-an-error-declared.ndjson", &blamed);
}

#[test]
fn a_spooler_that_does_not_end_what_it_begins_is_blamed_for_what_it_does_next() {
    check(
        "callers/spooler-never-ends.ndjson",
        &[
            (15, Verdict::Violation, Who::Spooler, &["XPS-16", "MSM-05"]),
            (22, Verdict::Violation, Who::Spooler, &["XPS-16", "SEED2-09"]),
        ],
    );
    check("callers/spooler-waits-and-goes-on.ndjson", &[]);
}

#[test]
fn a_transport_is_blamed_for_its_own_answers() {
    let flags: &[&str] = &["XPE-02", "XPE-03", "XPE-04", "XPE-05"];
    check("callers/transport-ends-with-an-unknown-flag.ndjson", &[(12, Verdict::Violation, Who::Transport, flags)]);
    let delay: &[&str] = &["XPS-20", "XPS-08", "XPS-06"];
    check("callers/transport-names-no-delay.ndjson", &[(11, Verdict::Violation, Who::Transport, delay)]);
    check("callers/transport-delay-not-recorded.ndjson", &[(11, Verdict::Inconclusive, Who::Transport, delay)]);
    let rows: &[&str] = &["XPS-14", "RSP-05"];
    check("callers/transport-takes-anothers-recipient.ndjson", &[(11, Verdict::Deviation, Who::Transport, rows)]);
}
