//! A recorded trace, judged without the provider.

use std::ops::ControlFlow;

use spoolproof::oracle::{Account, Finding, Setting, Verdict, Who};
use spoolproof::spec::Catalogue;
use spoolproof::trace::{Audited, ReadOptions, Reader, Writer, audit};
use spoolproof_sdk::trace::{Event, Header};

/// What tells two findings apart that mean the same.
pub(crate) type Gist = (Verdict, Who, Vec<String>, Option<u64>);

pub(crate) fn gist(findings: &[Finding]) -> Vec<Gist> {
    let gist = |finding: &Finding| (finding.verdict, finding.who, finding.requirements.clone(), finding.seq);
    findings.iter().filter(|finding| finding.who == Who::Store).map(gist).collect()
}

/// Writes the trace, reads it back, and judges the store by it.
pub(crate) fn judge(catalogue: &Catalogue, header: &Header, events: &[Event]) -> Account {
    let mut writer = Writer::new(Vec::new(), header).expect("memory");
    for event in events {
        writer.write(event).expect("memory");
    }
    let file = writer.finish().expect("memory");
    let reader = Reader::new(file.as_slice(), "trace", ReadOptions::default()).expect("its own header");
    let setting = Setting { header: reader.header().clone(), judged: vec![Who::Store] };
    let mut account = Account::default();
    match audit(catalogue, "trace", reader, setting, &mut account, |_| ControlFlow::Continue(())) {
        Audited::Whole | Audited::Contradicted => {}
        Audited::Damaged(error) => panic!("{error}"),
    }
    account.settle();
    account
}
