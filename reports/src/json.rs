//! The report as JSON: the schema of [`crate::report`], indented, keys in the schema's order.
use crate::report::RunReport;

/// The report as one JSON object with a newline at its end.
///
/// # Panics
/// Never: every key of a report is a string, and numbers that JSON cannot express become `null`.
pub fn render(report: &RunReport) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("a report is plain data");
    text.push('\n');
    text
}

/// Reads a report back.
///
/// # Errors
/// When the text is not a report of this schema.
pub fn parse(text: &str) -> Result<RunReport, serde_json::Error> {
    serde_json::from_str(text)
}
