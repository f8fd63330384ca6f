//! The failures one by one, each with the part of its timeline that shows it.
use super::{
    columns,
    first_screen::{Shown, heading},
    layout::{Sheet, wrapped},
};
use crate::{
    causes::Cause,
    figures::counted,
    report::{FailureKind, RunReport},
};
use std::fmt::Write;

/// Rows of a story's timeline.
const ROWS: usize = 9;
/// Largest number of conformance cases that are described, and of characters per case.
const CASES: usize = 20;
const CASE_CHARS: usize = 800;
const INDENT: &str = "   ";

/// Writes one cause: its sentence and replay command where the first screen lacks them, its size, and its timeline,
/// whole if `whole`.
pub(super) fn write(
    text: &mut Sheet,
    (number, cause, shown): (usize, &Cause<'_>, Shown),
    report: &RunReport,
    whole: bool,
) {
    let failure = cause.smallest;
    text.end_line();
    for line in wrapped(&heading(number, cause, report), text.width) {
        let _ = writeln!(text, "{line}");
    }
    if shown != Shown::Full {
        indented(text, &failure.sentence);
        if let Some(expectation) = cause.expectation() {
            indented(text, &format!("The scenario's expectation fails too: {expectation}"));
        }
    }
    let size = [
        counted(failure.replicas, "replica"),
        counted(failure.signals, "signal"),
        counted(failure.api_calls, "API call"),
        counted(failure.choices, "choice"),
        format!("found by {}", failure.strategy),
    ];
    indented(text, &size.join(" · "));
    if let Some(timeline) = &failure.timeline {
        columns::write(text, timeline, INDENT, (!whole).then_some(ROWS));
    }
    if shown == Shown::Hidden {
        let _ = writeln!(text, "{INDENT}again   {}", report.to_paste(&failure.replay));
    }
    if !cause.others.is_empty() {
        let scenarios: Vec<_> = cause.others.iter().map(|other| other.scenario.as_str()).collect();
        indented(text, &format!("also    in {}", scenarios.join(", ")));
    }
}

/// Writes the conformance cases that were not answered as recorded.
pub(super) fn cases(text: &mut Sheet, report: &RunReport) {
    let mut cases = report.failures.iter().filter(|failure| failure.kind == FailureKind::Fidelity);
    for case in cases.by_ref().take(CASES) {
        let _ = writeln!(text, "\n{}", case.scenario);
        let sentence: String = case.sentence.chars().take(CASE_CHARS).collect();
        indented(text, &sentence);
        let _ = writeln!(text, "{INDENT}again   {}", report.to_paste(&case.replay));
    }
    match cases.count() {
        0 => {}
        more => _ = writeln!(text, "\n{}: see the report as JSON", counted(more as u64, "more case")),
    }
}

fn indented(text: &mut Sheet, body: &str) {
    for line in wrapped(body, text.width - INDENT.len()) {
        let _ = writeln!(text, "{INDENT}{line}");
    }
}
