//! The report for programs, and the schema that it keeps to.

use std::io::{self, Write};

use super::Report;

/// Writes the report as JSON.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

/// The JSON schema of a report: the text of `docs/report.schema.json`.
#[must_use]
pub fn schema() -> String {
    format!("{:#}\n", schemars::schema_for!(Report).to_value())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{render, schema};
    use crate::report::{Report, samples};

    #[test]
    fn the_published_schema_is_current() {
        let published = include_str!("../../docs/report.schema.json");
        assert_eq!(published, schema(), "write what `report::json::schema` returns to docs/report.schema.json");
    }

    #[test]
    fn reports_keep_to_the_schema_and_read_back() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for report in [samples::violation(), samples::pass(), samples::error(), samples::log()] {
            let mut text = Vec::new();
            render(&report, &mut text).unwrap();
            let value: Value = serde_json::from_slice(&text).unwrap();
            let problems: Vec<String> = validator.iter_errors(&value).map(|problem| problem.to_string()).collect();
            assert_eq!(problems, Vec::<String>::new(), "{}", report.summary);
            assert_eq!(serde_json::from_value::<Report>(value).unwrap(), report);
        }
    }

    #[test]
    fn the_schema_refuses_what_is_no_report() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut report = serde_json::to_value(samples::violation()).unwrap();
        report["verdict"] = "fine".into();
        assert!(!validator.is_valid(&report));
    }
}
