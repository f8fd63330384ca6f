//! The report for a terminal: the result on the first screen, then figures, tables and the failures one by one.
//!
//! What is not modelled is the same in every report, so it comes last, and only where every detail was asked for.
mod columns;
mod first_screen;
mod layout;
mod stories;

pub use layout::{WIDTH, wrapped};

use crate::{
    causes,
    figures::{counted, duration, grouped, rate},
    report::RunReport,
    summary, tables,
    timeline::Timeline,
};
use layout::{Sheet, paragraph};
use model::Verdict;
use std::fmt::Write;

/// Number of kinds of faults that a short report names.
const FAULTS: usize = 6;

/// How much a text report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The result, the most frequent faults, and the evidence of each failure.
    Short,
    /// Every scenario, fault and invariant, whole timelines, and what is not modelled.
    Full,
}

/// The report as text, in lines of [`WIDTH`].
pub fn render(report: &RunReport, detail: Detail) -> String {
    render_within(report, detail, WIDTH)
}

/// The report as text, in lines of so many characters. Commands, and words that are longer, are not broken.
pub fn render_within(report: &RunReport, detail: Detail, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    let text = &mut sheet;
    let full = detail == Detail::Full;
    let causes = causes::of(report);
    let shown = first_screen::write(text, report, &causes);
    if !causes.is_empty() {
        text.end_line();
    }
    figures(text, report, full);
    for table in tables::of_verb(report).iter().chain(tables::scenarios(report).iter().filter(|_| full)) {
        text.end_line();
        layout::table(text, table);
    }
    stories::cases(text, report);
    if causes.iter().any(|cause| cause.smallest.timeline.is_some()) {
        text.end_line();
        columns::legend(text);
    }
    for ((number, cause), shown) in (1..).zip(&causes).zip(shown) {
        stories::write(text, (number, cause, shown), report, full);
    }
    not_modelled(text, report, full);
    sheet.text
}

/// Why a run fails: the reason, the smallest run beside the nearest one that holds, and the command that replays it.
pub fn explanation(report: &RunReport, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    for failure in &report.failures {
        let Some(smallest) = &failure.smallest else { continue };
        for line in wrapped(&smallest.because, width) {
            let _ = writeln!(sheet, "{line}");
        }
        sheet.end_line();
        paragraph(&mut sheet, "violated", &format!("{}: {}", failure.invariant, failure.sentence));
        if !smallest.also.is_empty() {
            paragraph(&mut sheet, "also", &smallest.also.join(", "));
        }
        columns::legend(&mut sheet);
        stories::small(&mut sheet, (smallest, failure.neighbour.as_ref()), true);
        paragraph(&mut sheet, "again", &report.to_paste(&smallest.replay));
    }
    sheet.text
}

/// A whole timeline as text, one row per entry, lanes as columns.
pub fn timeline(timeline: &Timeline) -> String {
    let mut sheet = Sheet::new(WIDTH);
    columns::legend(&mut sheet);
    columns::write(&mut sheet, timeline, "", None);
    sheet.text
}

fn figures(text: &mut Sheet, report: &RunReport, full: bool) {
    if report.cases.is_some() || report.runs == 0 {
        return;
    }
    paragraph(text, "tried", &tried(report));
    let faults = summary::faults(report);
    if !faults.is_empty() {
        let shown = if full { faults.len() } else { FAULTS };
        let mut names: Vec<_> = faults.iter().take(shown).map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
        names.extend(faults.len().checked_sub(shown).filter(|&more| more > 0).map(|more| format!("{more} more kinds")));
        let delivered = faults.iter().map(|(_, delivered)| delivered).sum();
        paragraph(text, "faults", &format!("{} delivered: {}", grouped(delivered), names.join(" · ")));
        let classes = summary::fault_classes(report);
        if full && !classes.is_empty() {
            let classes: Vec<_> = classes.iter().map(|(class, times)| format!("{class} {}", grouped(*times))).collect();
            paragraph(text, "struck", &classes.join(" · "));
        }
    }
    if let Some((mean, slack)) = summary::slack(report) {
        let (most, runs) = (grouped(slack.most), grouped(slack.runs));
        let says = format!(
            "{mean:.3} occurrences per run could have been counted unnoticed; at most {most}, and any in {runs} runs"
        );
        paragraph(text, "slack", &says);
    }
    if full {
        for (bound, scenarios) in summary::bounds(report) {
            paragraph(text, "bound", &format!("{bound} (in {})", counted(scenarios, "scenario")));
        }
    }
    if let Some(confidence) = &report.confidence {
        paragraph(text, "beyond", &confidence.says);
    }
    let invariants = summary::invariants(report);
    if invariants.is_empty() {
        return;
    }
    let checks: u64 = invariants.iter().map(|count| count.checked).sum();
    let each = invariants.iter().map(|count| match count.violations {
        0 => format!("{} {}", count.name, grouped(count.checked)),
        violations => format!("{} {} (violated {})", count.name, grouped(count.checked), grouped(violations)),
    });
    let each = if full { format!(": {}", each.collect::<Vec<_>>().join(" · ")) } else { String::new() };
    let count = counted(invariants.len() as u64, "invariant");
    paragraph(text, "checked", &format!("{count}, {} in all{each}", counted(checks, "check")));
}

/// What the runs amount to; the headline has their number. Figures that a verb does not have are left out.
fn tried(report: &RunReport) -> String {
    let mut parts = Vec::new();
    if report.distinct_interleavings > 1 {
        parts.push(format!("{} distinct interleavings", grouped(report.distinct_interleavings)));
    }
    parts.push(counted(report.api_calls, "API call"));
    let simulated = report.simulated_seconds;
    let wall = report.wall_seconds;
    parts.extend((simulated > 0.0).then(|| format!("{} simulated", duration(simulated))));
    parts.extend((wall > 0.0).then(|| format!("in {} ({} runs/s)", duration(wall), rate(report.runs_per_second))));
    parts.join(", ")
}

fn not_modelled(text: &mut Sheet, report: &RunReport, full: bool) {
    let left_out = &report.not_modelled;
    if full && !left_out.is_empty() {
        text.end_line();
        for item in left_out {
            paragraph(text, "left out", item);
        }
    } else if !full && report.cases.is_some() {
        left_out.iter().for_each(|item| paragraph(text, "left out", item));
    } else if !full {
        let mut more = Vec::new();
        if report.verdict == Verdict::Violated {
            more.push("whole timelines".to_owned());
        }
        if !report.scenarios.is_empty() {
            more.push("every scenario, fault and invariant".to_owned());
        }
        match left_out.len() {
            0 => {}
            1 => more.push("1 behaviour that is not modelled".to_owned()),
            n => more.push(format!("{n} behaviours that are not modelled")),
        }
        if let [rest @ .., last] = &*more {
            let rest = if rest.is_empty() { String::new() } else { format!("{} and ", rest.join(", ")) };
            text.end_line();
            paragraph(text, "more", &format!("--verbose shows {rest}{last}"));
        }
    }
}
