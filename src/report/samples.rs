//! Reports made by hand, for the tests of the formats.

use super::{CaseVerdict, Followed, Report, RequirementVerdict, Selection, Side, Sighting, Subject, Totals};
use crate::oracle::{Finding, Line, LogLine, Small, Unit, Verdict, Who};

/// A provider that breaks a rule, and shows every other verdict too.
pub(super) fn violation() -> Report {
    let cases = vec![
        case("open/queued-modify", Verdict::Pass),
        case("open/draft", Verdict::Pass),
        CaseVerdict {
            trace: Some("out/abort.locked-message.ndjson".to_owned()),
            again: Some(
                "spoolproof conform --provider './my-adapter --profile Test' --case abort/locked-message".to_owned(),
            ),
            requirements: ids(&["ABT-04", "SLS-08"]),
            ..case("abort/locked-message", Verdict::Violation)
        },
        case("submit/resend", Verdict::Deviation),
        reason("finish/unknown-sentmail", Verdict::Inconclusive, "PR_MESSAGE_FLAGS is not observed"),
        reason("restart/locked", Verdict::Unsupported, "the adapter does not serve restart"),
        reason("restart/queued", Verdict::Unsupported, "the adapter does not serve restart"),
        reason("queue/order", Verdict::NotExercised, "the queue was never read"),
    ];
    Report {
        verdict: Verdict::Violation,
        exit_code: 1,
        summary: "3 requirements exercised: 1 holds, 2 violated, 1 deviation.  NOT CONFORMANT (store, not coupled)"
            .to_owned(),
        requirements: vec![
            requirement("OPN-03", Verdict::Pass, 4),
            requirement("ABT-04", Verdict::Violation, 1),
            requirement("GOQ-05", Verdict::NotExercised, 0),
        ],
        findings: vec![resend(), aborted()],
        small: Vec::new(),
        follows: follows(),
        not_observed: vec![
            "support.*: the adapter does not route it, so nothing says whether PrepareSubmit, ExpandRecips, \
             CompleteMsg and SpoolerNotify are called in their order"
                .to_owned(),
            "PR_MESSAGE_FLAGS: absent from observe".to_owned(),
        ],
        totals: Totals { cases: 8, events: 31, messages: 8, skipped: 0, elapsed_ms: 412 },
        ..report("conform", cases)
    }
}

/// A provider with nothing to complain about.
pub(super) fn pass() -> Report {
    let cases = vec![case("open/draft", Verdict::Pass), case("submit/plain", Verdict::Pass)];
    Report {
        summary: "12 requirements exercised: 12 hold.  CONFORMANT (store, not coupled)".to_owned(),
        totals: Totals { cases: 2, events: 9, messages: 2, skipped: 0, elapsed_ms: 80 },
        ..report("conform", cases)
    }
}

/// An adapter that dies.
pub(super) fn error() -> Report {
    let died = "the adapter ended with exit code 3 while it served open_entry; the end of its log:\n  \
                loading profile Test\n  store: cannot open database";
    let cases = vec![
        case("open/draft", Verdict::Pass),
        CaseVerdict {
            again: Some("spoolproof conform --provider ./my-adapter --case open/queued-modify".to_owned()),
            ..reason("open/queued-modify", Verdict::Error, died)
        },
    ];
    Report {
        verdict: Verdict::Error,
        exit_code: 3,
        summary: "1 of 2 cases could not be judged.  NO VERDICT".to_owned(),
        totals: Totals { cases: 2, events: 4, messages: 2, skipped: 0, elapsed_ms: 90 },
        ..report("conform", cases)
    }
}

/// A log without cases.
pub(super) fn log() -> Report {
    let id = "7238619910a5407f8abbc4f83dd464a0";
    let finding = Finding {
        case: None,
        seq: Some(20_877),
        log: Some(LogLine { file: "monday.ndjson".to_owned(), line: 20_878 }),
        verdict: Verdict::Violation,
        who: Who::Store,
        requirements: ids(&["FIN-07"]),
        readings: Vec::new(),
        what: format!("FinishedMsg returned S_OK, and {id} is still in the outgoing queue: it will be sent again."),
        expected: "the message leaves the queue, or the call fails".to_owned(),
        observed: "in_outgoing_queue is true".to_owned(),
        message: Some(id.to_owned()),
        times: 411,
        history: vec![
            line(20_112, "client-1", &format!("submit {id}"), "S_OK", &format!("queue: {id}")),
            line(20_877, "spooler", &format!("finished {id}"), "S_OK", ""),
        ],
    };
    let mut report = report("audit", Vec::new());
    report.provider.source = "monday.ndjson".to_owned();
    Report {
        verdict: Verdict::Violation,
        exit_code: 1,
        summary: "1,204,311 events: 1 requirement violated.  NOT CONFORMANT".to_owned(),
        small: vec![Small {
            unit: Unit::Event,
            left: Some(5),
            file: Some("out/monday.small.ndjson".to_owned()),
            again: Some("spoolproof audit out/monday.small.ndjson".to_owned()),
            scenario: Some("out/monday.live.toml".to_owned()),
            ..Small::new(&finding, "monday".to_owned(), 20_877)
        }],
        findings: vec![finding],
        totals: Totals { cases: 0, events: 1_204_311, messages: 8_812, skipped: 3, elapsed_ms: 3100 },
        ..report
    }
}

fn report(command: &str, cases: Vec<CaseVerdict>) -> Report {
    Report {
        spoolproof_report: 1,
        tool_version: "0.1.0".to_owned(),
        command: command.to_owned(),
        provider: Subject {
            name: "my-store".to_owned(),
            version: "2.1".to_owned(),
            role: "store".to_owned(),
            profile: "store, not coupled".to_owned(),
            source: "./my-adapter --profile Test".to_owned(),
            ..Subject::default()
        },
        verdict: Verdict::Pass,
        exit_code: 0,
        summary: String::new(),
        requirements: vec![requirement("OPN-03", Verdict::Pass, 4)],
        cases,
        findings: Vec::new(),
        small: Vec::new(),
        follows: Vec::new(),
        not_observed: Vec::new(),
        totals: Totals::default(),
        selection: Selection::default(),
        stopped: None,
        unexpected: Vec::new(),
    }
}

fn aborted() -> Finding {
    Finding {
        log: None,
        case: Some("abort/locked-message".to_owned()),
        seq: Some(4),
        verdict: Verdict::Violation,
        who: Who::Store,
        requirements: ids(&["ABT-04", "SLS-08"]),
        readings: Vec::new(),
        what: "AbortSubmit took a message out of the queue that the spooler had locked.".to_owned(),
        expected: "MAPI_E_UNABLE_TO_ABORT, or another failure (F7)".to_owned(),
        observed: "S_OK".to_owned(),
        message: Some("m1".to_owned()),
        times: 1,
        history: vec![
            line(1, "client-1", "create m1 → bob@example.test", "S_OK", "outbox: m1"),
            line(2, "client-1", "submit m1", "S_OK", "queue: m1, m1 +SUBMIT"),
            line(3, "spooler", "lock m1", "S_OK", "m1 +LOCKED"),
            line(4, "client-1", "abort m1", "S_OK", "queue: –"),
        ],
    }
}

fn resend() -> Finding {
    Finding {
        log: None,
        case: Some("submit/resend".to_owned()),
        seq: Some(2),
        verdict: Verdict::Deviation,
        who: Who::Store,
        requirements: ids(&["SEED1-11"]),
        readings: vec!["F5=AnyOrder".to_owned()],
        what: "SubmitMessage of a message with MSGFLAG_RESEND left PR_CLIENT_SUBMIT_TIME as it was, so that the queue \
               orders it by the time of its first submission."
            .to_owned(),
        expected: "a new PR_CLIENT_SUBMIT_TIME".to_owned(),
        observed: "the time of the first submission".to_owned(),
        message: Some("m1".to_owned()),
        times: 3,
        history: vec![line(2, "client-1", "submit m1", "S_OK", "queue: m1")],
    }
}

fn line(seq: u64, session: &str, call: &str, reply: &str, change: &str) -> Line {
    Line { seq, session: session.to_owned(), call: call.to_owned(), reply: reply.to_owned(), change: change.to_owned() }
}

fn case(id: &str, verdict: Verdict) -> CaseVerdict {
    CaseVerdict {
        id: id.to_owned(),
        verdict,
        reason: None,
        requirements: ids(&["OPN-03"]),
        trace: None,
        again: None,
        counts_as: None,
        expected: Vec::new(),
    }
}

fn reason(id: &str, verdict: Verdict, reason: &str) -> CaseVerdict {
    CaseVerdict { reason: Some(reason.to_owned()), ..case(id, verdict) }
}

fn requirement(id: &str, verdict: Verdict, exercised: u64) -> RequirementVerdict {
    RequirementVerdict { id: id.to_owned(), verdict, exercised }
}

/// One of each kind: singled out, narrowed down, declared otherwise, rejected, now so and now so, and nothing special.
fn follows() -> Vec<Followed> {
    let at = |case: &str, seq| Sighting { case: Some(case.to_owned()), seq };
    let followed = |ambiguity: &str, readings: &[&str], excluded: &[&str], events| Followed {
        ambiguity: ambiguity.to_owned(),
        readings: ids(readings),
        excluded: ids(excluded),
        events,
        decided: Some(at("open/queued-modify", 4)),
        ..Followed::default()
    };
    let side = |reading: &str, at| Side { readings: ids(&[reading]), at };
    let differing = vec![side("HolderIdempotent", at("lock/twice", 5)), side("StrictError", at("lock/unlock", 7))];
    vec![
        followed("A13", &["SeparateObject"], &[], 20),
        Followed { declared: Some("AnyRefusal".to_owned()), ..followed("B1", &["LockDominates"], &["AnyRefusal"], 6) },
        Followed { rejected: true, ..followed("B2", &["OpenTimeOnly"], &["WriteRefused", "StaleHandle"], 1) },
        Followed { decided: None, differs: differing, ..followed("C1", &[], &["HolderIdempotent", "StrictError"], 3) },
        followed("D4", &["DequeueAndClear"], &[], 4),
        followed("F5", &["UnspecifiedWhileQueued", "UnsentWhileQueued", "SetAgain"], &["Cleared"], 12),
        followed("H2", &["EitherRow", "RowKept"], &["RowRemoved"], 1),
    ]
}

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
