//! The report for CI: one `JUnit` test case for each case.
//!
//! There are no times in it, so that the same verdicts give the same bytes.

use std::io::{self, Write};

use anstream::adapter::strip_str;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::layout::family;
use super::text::Options;
use super::{CaseVerdict, Report, block};
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
        let judged = Judged { verdict: case.verdict, reason, findings, case: Some(case) };
        suite.add_test_case(judged.test_case(&case.id, family(case))?);
    }
    for followed in report.follows.iter().filter(|followed| !followed.readings.is_empty()) {
        suite.add_property((format!("follows {}", followed.ambiguity), followed.readings.join(" or ")));
    }
    // A log need not have cases, and what was found there must still turn the build red.
    let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.case.is_none()).collect();
    if report.cases.is_empty() || !findings.is_empty() {
        let worst = findings.iter().map(|finding| finding.verdict).max();
        let verdict = if report.cases.is_empty() { report.verdict } else { worst.unwrap_or(report.verdict) };
        let judged = Judged { verdict, reason: Some(&report.summary), findings, case: None };
        let name = if report.provider.source.is_empty() { "run" } else { &report.provider.source };
        suite.add_test_case(judged.test_case(name, &report.command)?);
    }
    let mut junit = quick_junit::Report::new(format!("spoolproof {}", report.command));
    junit.add_test_suite(suite);
    junit.serialize(out).map_err(io::Error::other)
}

const NO_REASON: &str = "no reason was given";

/// What becomes one test case.
struct Judged<'a> {
    verdict: Verdict,
    reason: Option<&'a str>,
    findings: Vec<&'a Finding>,
    case: Option<&'a CaseVerdict>,
}

impl Judged<'_> {
    fn test_case(&self, name: &str, classname: &str) -> io::Result<TestCase> {
        let status = match self.verdict {
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
        if matches!(self.verdict, Verdict::Deviation | Verdict::Inconclusive) && !self.findings.is_empty() {
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
