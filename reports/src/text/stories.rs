//! The failures one by one, each with the part of its timeline that shows it.
use super::{
    columns,
    first_screen::{Shown, heading},
    layout::{Sheet, wrapped},
};
use crate::{
    causes::Cause,
    figures::counted,
    report::{FailureKind, Neighbour, Odds, RunReport, Smallest},
};
use std::fmt::Write;

/// Rows of a story's timeline.
const ROWS: usize = 9;
/// Rows of the story of a smallest run.
const ROWS_OF_SMALLEST: usize = 13;
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
        if let Some(smallest) = &failure.smallest {
            indented(text, &smallest.because);
        }
        indented(text, &failure.sentence);
        cause.follows().iter().for_each(|follows| indented(text, follows));
    }
    let size = [
        counted(failure.replicas, "replica"),
        counted(failure.signals, "signal"),
        counted(failure.api_calls, "API call"),
        counted(failure.choices, "choice"),
        format!("found by {}", failure.strategy),
    ];
    indented(text, &size.join(" · "));
    if let Some(smallest) = &failure.smallest {
        small(text, (smallest, failure.neighbour.as_ref()), whole);
        if shown == Shown::Hidden {
            let _ = writeln!(text, "{INDENT}again   {}", report.to_paste(&smallest.replay));
        }
        let _ = writeln!(text, "{INDENT}found   {}", report.to_paste(&failure.replay));
    } else if let Some(timeline) = &failure.timeline {
        columns::write(text, timeline, INDENT, (!whole).then_some(ROWS));
    }
    if shown == Shown::Hidden && failure.smallest.is_none() {
        let _ = writeln!(text, "{INDENT}again   {}", report.to_paste(&failure.replay));
    }
    if !cause.others.is_empty() {
        let scenarios: Vec<_> = cause.others.iter().map(|other| other.scenario.as_str()).collect();
        indented(text, &format!("also    in {}", scenarios.join(", ")));
    }
}

/// Writes the smallest run of a failure: its size, its story, the nearest run that holds, the odds and the faults.
pub(super) fn small(text: &mut Sheet, (smallest, neighbour): (&Smallest, Option<&Neighbour>), whole: bool) {
    let early = if smallest.stopped_early { " · stopped early" } else { "" };
    indented(text, &format!("smallest run: {}{early}", smallest.size()));
    if let Some(timeline) = &smallest.timeline {
        columns::write(text, timeline, INDENT, (!whole).then_some(ROWS_OF_SMALLEST));
    }
    if let Some(neighbour) = neighbour {
        indented(text, &format!("it holds if  {}", neighbour.difference));
    }
    if let (Some(first), Some(last)) = (smallest.odds.first(), smallest.odds.last()) {
        let curve: String = smallest.odds.iter().map(bar).collect();
        let percent = |point: &Odds| point.failed * 100 / point.of.max(1);
        let jump = smallest.jump.and_then(|jump| smallest.odds.get(jump));
        let jump = jump.map_or_else(String::new, |point| format!(", jump at: {}", point.step));
        indented(text, &format!("odds of failing  {curve}  {} % → {} %{jump}", percent(first), percent(last)));
    }
    for fault in &smallest.faults {
        let needed = if fault.needed { "needed" } else { "not needed" };
        indented(text, &format!("fault {needed}: {}", fault.fault));
    }
    if whole {
        smallest.rules.iter().for_each(|rule| indented(text, rule));
    }
}

/// One point of the curve.
fn bar(point: &Odds) -> char {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let height = point.failed * (BARS.len() as u64 - 1) / point.of.max(1);
    BARS[usize::try_from(height).unwrap_or_default().min(BARS.len() - 1)]
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
