//! The report as SARIF 2.1.0, which code-scanning views read: requirements are its rules, findings its results.
//!
//! What says nothing of the provider is no result: a failure of the adapter, and what was expected and is not so, are
//! notifications of the invocation.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::build::exit;
use super::wire::{CaseVerdict, Report};
use crate::oracle::{Finding, Line, Verdict};
use crate::spec::{Catalogue, Requirement, Strength, page_address};

/// Writes the report as SARIF.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn render(report: &Report, catalogue: &Catalogue, out: &mut dyn Write) -> io::Result<()> {
    let (failures, found): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|finding| finding.verdict == Verdict::Error);
    let mut rules = Rules::default();
    let results: Vec<Value> = found.iter().map(|finding| result(report, finding, catalogue, &mut rules)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": report.tool_version,
                "rules": rules.rows,
            }},
            "automationDetails": {"id": format!("spoolproof/{}/", report.command)},
            "invocations": [invocation(report, &failures)],
            "results": results,
            "columnKind": "unicodeCodePoints",
            "properties": {
                "provider": format!("{} {}", report.provider.name, report.provider.version).trim(),
                "verdict": report.verdict,
                "summary": report.summary,
            },
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// How the run went, with what is said of nobody's provider.
fn invocation(report: &Report, failures: &[&Finding]) -> Value {
    let broke = matches!(report.exit_code, exit::UNREADABLE | exit::FAILED);
    let notification = |text: &str| json!({"level": "error", "message": {"text": text}});
    let failed = failures.iter().map(|finding| {
        let mut it = notification(&finding.what);
        if let Some(location) = location(report, finding, finding.seq) {
            it["locations"] = json!([location]);
        }
        it
    });
    let stopped = report.stopped.map(|stopped| notification(&format!("the run was stopped {stopped}")));
    let unexpected: Vec<Value> = report.unexpected.iter().map(|it| notification(&it.what)).collect();
    json!({
        "executionSuccessful": !broke && report.stopped.is_none(),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": failed.chain(stopped).collect::<Vec<_>>(),
        "toolConfigurationNotifications": unexpected,
    })
}

fn result(report: &Report, finding: &Finding, catalogue: &Catalogue, rules: &mut Rules) -> Value {
    let (kind, level) = match finding.verdict {
        Verdict::Violation => ("fail", "error"),
        Verdict::Deviation => ("fail", "warning"),
        // The rule was asked, and there was too little to answer it.
        Verdict::Inconclusive => ("open", "none"),
        Verdict::Error | Verdict::NotExercised | Verdict::Pass | Verdict::Unsupported => ("informational", "none"),
    };
    let mut text = finding.what.clone();
    for (label, said) in [("Allowed here", &finding.expected), ("Seen", &finding.observed)] {
        if !said.is_empty() {
            text.push_str(&format!("\n{label}: {said}"));
        }
    }
    let mut result = json!({
        "kind": kind,
        "level": level,
        "message": {"text": text},
        "partialFingerprints": {"spoolproof/v1": fingerprint(finding)},
        "occurrenceCount": finding.times,
        "properties": {"requirements": finding.requirements, "readings": finding.readings, "who": finding.who},
    });
    if let Some(id) = finding.requirements.first() {
        result["ruleId"] = json!(id);
        result["ruleIndex"] = json!(rules.index(id, catalogue));
        // The others are rules that results name too.
        finding.requirements.iter().skip(1).for_each(|id| _ = rules.index(id, catalogue));
    }
    if let Some(location) = location(report, finding, finding.seq) {
        result["locations"] = json!([location]);
    }
    if !finding.history.is_empty() {
        let steps: Vec<Value> = finding.history.iter().map(|line| step(report, finding, line)).collect();
        result["codeFlows"] = json!([{"threadFlows": [{"locations": steps}]}]);
    }
    let known: Vec<Value> = case(report, finding)
        .into_iter()
        .flat_map(|case| &case.expected)
        .filter(|expected| expected.excuses(finding))
        .map(|expected| {
            let link = expected.link.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
            json!({"kind": "external", "status": "accepted", "justification": format!("{}{link}", expected.reason)})
        })
        .collect();
    // Where one result of a run says whether it is suppressed, all have to.
    result["suppressions"] = json!(known);
    result
}

/// One call of the history that shows a finding.
fn step(report: &Report, finding: &Finding, line: &Line) -> Value {
    let mut location = location(report, finding, Some(line.seq)).unwrap_or_else(|| json!({}));
    let text = format!("{}  {}  {}  {}", line.session, line.call, line.reply, line.change);
    location["message"] = json!({"text": text.trim()});
    json!({"location": location})
}

/// A line of the trace where there is one, and the case.
fn location(report: &Report, finding: &Finding, seq: Option<u64>) -> Option<Value> {
    let mut location = json!({});
    let trace = case(report, finding).and_then(|case| case.trace.as_ref());
    if let Some(trace) = trace {
        location["physicalLocation"] = json!({"artifactLocation": {"uri": uri(trace)}});
        if let Some(seq) = seq {
            // A trace that this program writes has its header in the first line, and counts events from 1.
            location["physicalLocation"]["region"] = json!({"startLine": seq + 1});
        }
    } else if let Some(log) = &finding.log {
        location["physicalLocation"] = json!({"artifactLocation": {"uri": uri(&log.file)}});
        if seq == finding.seq {
            location["physicalLocation"]["region"] = json!({"startLine": log.line});
        }
    } else if report.command == "audit" && !report.provider.source.contains(", ") {
        location["physicalLocation"] = json!({"artifactLocation": {"uri": uri(&report.provider.source)}});
    }
    if let Some(case) = &finding.case {
        location["logicalLocations"] = json!([{"fullyQualifiedName": case, "kind": "function"}]);
    }
    location.as_object().is_some_and(|members| !members.is_empty()).then_some(location)
}

fn case<'a>(report: &'a Report, finding: &Finding) -> Option<&'a CaseVerdict> {
    report.cases.iter().find(|case| Some(&case.id) == finding.case.as_ref())
}

/// A path as a URI reference: what may not stand in one is escaped.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// What makes a finding the same in the next run: all but the numbers of its events and the name of its message.
fn fingerprint(finding: &Finding) -> String {
    let case = finding.case.as_deref().unwrap_or_default();
    format!("{case}|{}|{}|{}", finding.who.name(), finding.requirements.join(","), finding.sentence())
}

/// The rules that the results name, in the order in which they are first named.
#[derive(Default)]
struct Rules {
    rows: Vec<Value>,
    places: BTreeMap<String, usize>,
}

impl Rules {
    fn index(&mut self, id: &str, catalogue: &Catalogue) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let place = self.rows.len();
        self.places.insert(id.to_owned(), place);
        self.rows.push(match catalogue.requirement(id) {
            Some(row) => rule(row),
            None => json!({"id": id}),
        });
        place
    }
}

fn rule(row: &Requirement) -> Value {
    let level = match row.strength {
        Strength::Must => "error",
        Strength::Should => "warning",
        Strength::May | Strength::Definition => "note",
    };
    let source = format!("{}, {}", row.page, row.section);
    let mut rule = json!({
        "id": row.id,
        "shortDescription": {"text": row.text},
        "help": {"text": format!("{} ({})\n\nSource: {source}\n`spoolproof explain {}` shows how it is read and what checks it.", row.text, row.strength, row.id)},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["mapi", row.strength.to_string()], "source": source},
    });
    if let Some(address) = page_address(&row.page) {
        rule["helpUri"] = json!(address);
    }
    rule
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{render, uri};
    use crate::report::{Report, samples};
    use crate::spec::Catalogue;

    fn sarif(report: &Report) -> Value {
        let catalogue = Catalogue::embedded().expect("the catalogue is right");
        let mut out = Vec::new();
        render(report, &catalogue, &mut out).expect("written");
        serde_json::from_slice(&out).expect("JSON")
    }

    #[test]
    fn a_result_names_its_rule_its_line_and_its_history() {
        let log = sarif(&samples::violation());
        let run = &log["runs"][0];
        let results = run["results"].as_array().expect("results");
        let aborted = results.iter().find(|it| it["ruleId"] == "ABT-04").expect("the violation");
        assert_eq!((&aborted["kind"], &aborted["level"]), (&"fail".into(), &"error".into()));
        let place = &aborted["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "out/abort.locked-message.ndjson");
        assert_eq!(place["region"]["startLine"], 5, "the fourth event, behind the header");
        let steps = aborted["codeFlows"][0]["threadFlows"][0]["locations"].as_array().map(Vec::len);
        assert_eq!(steps, Some(4));
        let rule = &run["tool"]["driver"]["rules"][aborted["ruleIndex"].as_u64().expect("a number") as usize];
        assert_eq!(rule["id"], "ABT-04");
        assert!(rule["helpUri"].as_str().is_some_and(|it| it.ends_with("/imsgstore-abortsubmit")), "{rule}");
    }

    #[test]
    fn a_failure_of_the_adapter_is_no_result() {
        let mut report = samples::violation();
        report.findings[0].verdict = crate::oracle::Verdict::Error;
        let run = &sarif(&report)["runs"][0];
        assert_eq!(run["results"].as_array().map(Vec::len), Some(1));
        assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn a_path_is_escaped() {
        assert_eq!(uri("out\\my log#1.ndjson"), "out/my%20log%231.ndjson");
    }
}
