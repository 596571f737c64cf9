//! The report for CI: one `JUnit` test case for each case.
//!
//! There are no times in it, so that the same verdicts give the same bytes.

use std::io::{self, Write};

use anstream::adapter::strip_str;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::layout::family;
use super::text::Options;
use super::{CaseVerdict, Listed, Outcome, Report, Unexpected, block, expected};
use crate::oracle::{Finding, Verdict};

/// Writes the report as `JUnit` XML.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut suite = TestSuite::new(format!("{} {}", report.provider.name, report.provider.version).trim());
    for case in &report.cases {
        let findings = report.findings.iter().filter(|finding| finding.case.as_ref() == Some(&case.id)).collect();
        let reason = case.reason.as_deref();
        let judged = Judged { verdict: case.counts(), reason, findings, case: Some(case) };
        let unexpected = report.unexpected.iter().find(|it| it.case.as_ref() == Some(&case.id));
        suite.add_test_case(judged.test_case(&case.id, family(case), unexpected)?);
    }
    for followed in report.follows.iter().filter(|followed| !followed.readings.is_empty()) {
        suite.add_property((format!("follows {}", followed.ambiguity), followed.readings.join(" or ")));
    }
    // A log need not have cases, and what was found there must still turn the build red.
    let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.case.is_none()).collect();
    if !findings.is_empty() {
        let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(report.verdict);
        let judged = Judged { verdict, reason: Some(&report.summary), findings, case: None };
        let name = if report.provider.source.is_empty() { "run" } else { &report.provider.source };
        suite.add_test_case(judged.test_case(name, &report.command, None)?);
    }
    let is_red = |case: &TestCase| matches!(case.status, TestCaseStatus::NonSuccess { .. });
    if report.exit_code != 0 && !suite.test_cases.iter().any(is_red) {
        suite.add_test_case(run(report));
    }
    let mut junit = quick_junit::Report::new(format!("spoolproof {}", report.command));
    junit.add_test_suite(suite);
    junit.serialize(out).map_err(io::Error::other)
}

/// The run as a test of its own, where no other test tells that it was no success.
fn run(report: &Report) -> TestCase {
    let kind = if report.unexpected.is_empty() { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let mut status = TestCaseStatus::non_success(kind);
    let sentences: Vec<&str> = report.unexpected.iter().map(|it| it.what.as_str()).collect();
    status.set_type(if sentences.is_empty() { report.verdict.name() } else { UNEXPECTED });
    status.set_message(&*report.summary);
    status.set_description(sentences.join("\n"));
    let mut test_case = TestCase::new("the run as a whole", status);
    test_case.set_classname(&*report.command);
    test_case
}

/// The type of a failure that is none of the provider's.
const UNEXPECTED: &str = "unexpected";

const NO_REASON: &str = "no reason was given";

/// What becomes one test case.
struct Judged<'a> {
    verdict: Verdict,
    reason: Option<&'a str>,
    findings: Vec<&'a Finding>,
    case: Option<&'a CaseVerdict>,
}

impl Judged<'_> {
    fn test_case(&self, name: &str, classname: &str, unexpected: Option<&Unexpected>) -> io::Result<TestCase> {
        let status = match self.verdict {
            Verdict::Deviation | Verdict::NotExercised | Verdict::Pass | Verdict::Unsupported
                if let Some(unexpected) = unexpected =>
            {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type(UNEXPECTED);
                status.set_message(&*unexpected.what);
                status
            }
            Verdict::Deviation | Verdict::Pass if let Some(known) = self.known() => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(known);
                status
            }
            Verdict::Deviation | Verdict::Pass => TestCaseStatus::success(),
            Verdict::Error => self.non_success(NonSuccessKind::Error)?,
            Verdict::Inconclusive | Verdict::NotExercised | Verdict::Unsupported => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(format!("{}: {}", self.verdict, self.message()));
                status
            }
            Verdict::Violation => self.non_success(NonSuccessKind::Failure)?,
        };
        let mut test_case = TestCase::new(name, status);
        test_case.set_classname(classname);
        let is_told = matches!(self.verdict, Verdict::Error | Verdict::Violation);
        if !is_told && !self.findings.is_empty() {
            test_case.set_system_out(self.text()?);
        }
        Ok(test_case)
    }

    fn non_success(&self, kind: NonSuccessKind) -> io::Result<TestCaseStatus> {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(self.verdict.name());
        status.set_message(self.message());
        status.set_description(self.text()?);
        Ok(status)
    }

    /// Why it is no failure though something was found.
    fn known(&self) -> Option<String> {
        let case = self.case.filter(|case| case.counts_as.is_some())?;
        let as_listed = case.expected.iter().find(|expected| expected.outcome == Outcome::AsListed)?;
        let label = match as_listed.listed {
            Listed::Failing => "known failing",
            Listed::Flaky => "flaky",
        };
        Some(format!("{label}: {}", expected::sentence(case, as_listed)))
    }

    /// The worst thing in one line.
    fn message(&self) -> String {
        let worst = self.findings.iter().find(|finding| finding.verdict == self.verdict);
        let reason = self.reason.and_then(|reason| reason.lines().next());
        match worst {
            Some(finding) if finding.requirements.is_empty() => finding.what.clone(),
            Some(finding) => format!("{}: {}", finding.requirements.join(", "), finding.what),
            None => reason.unwrap_or(NO_REASON).to_owned(),
        }
    }

    /// What the report for people says of it, without colours.
    fn text(&self) -> io::Result<String> {
        let mut text = Vec::new();
        for finding in &self.findings {
            block::finding(&mut text, finding, (self.case, None), Options::default().width)?;
        }
        if self.findings.is_empty() {
            return Ok(self.reason.unwrap_or(NO_REASON).to_owned());
        }
        Ok(strip_str(&String::from_utf8_lossy(&text)).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::report::{Report, samples};

    fn junit(report: &Report) -> String {
        let mut out = Vec::new();
        render(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_verdict_has_its_element() {
        insta::assert_snapshot!("junit_violation", junit(&samples::violation()));
    }

    #[test]
    fn a_run_without_findings_is_green() {
        insta::assert_snapshot!("junit_pass", junit(&samples::pass()));
    }

    #[test]
    fn an_adapter_that_fails_is_an_error_and_no_failure() {
        insta::assert_snapshot!("junit_error", junit(&samples::error()));
    }

    #[test]
    fn a_log_without_cases_still_fails_the_build() {
        let xml = junit(&samples::log());
        assert!(xml.contains(r#"tests="1" skipped="0" failures="1" errors="0""#), "{xml}");
        assert!(xml.contains(r#"<testcase name="monday.ndjson" classname="audit">"#), "{xml}");
    }
}
