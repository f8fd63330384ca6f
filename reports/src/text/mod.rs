//! The first screen on a terminal: did it hold, what was tried, what was found, how to see it again.
//!
//! No colours and no width of the terminal: the same bytes for the same report, so that two runs can be compared.
mod columns;

use crate::{
    figures::{counted, duration, grouped, rate},
    report::{Failure, FailureKind, RunReport, ScenarioReport},
    summary,
    tables::{self, Table},
    timeline::Timeline,
};
use model::Verdict;
use std::fmt::Write;

const WIDTH: usize = 110;
/// How many lines a failure takes; its timeline gets what the words leave of them, within reason.
const FAILURE: usize = 15;
/// How many conformance cases are told of, and how much of each.
const CASES: usize = 20;
const CASE_CHARS: usize = 800;
const ROWS: std::ops::RangeInclusive<usize> = 4..=9;

/// The report as text.
pub fn render(report: &RunReport) -> String {
    let mut text =
        format!("{} · {}: {}\n", summary::verdict_word(report.verdict), report.command, summary::headline(report));
    if report.cases.is_none() {
        tried(&mut text, report);
    }
    for unmet in &report.unmet {
        paragraph(&mut text, "unmet", unmet);
    }
    if report.cases.is_some() {
        report.not_modelled.iter().for_each(|item| paragraph(&mut text, "left out", item));
    } else if !report.not_modelled.is_empty() {
        paragraph(&mut text, "left out", &report.not_modelled.join(" · "));
    }
    for table in tables::of_verb(report) {
        text.push('\n');
        aligned(&mut text, &table);
    }
    unlike(&mut text, report);
    for (number, (failure, others)) in (1..).zip(smallest_first(report)) {
        text.push('\n');
        found(&mut text, number, failure, report);
        if !others.is_empty() {
            let scenarios: Vec<_> = others.iter().map(|other| other.scenario.as_str()).collect();
            for line in wrapped(&format!("also    in {}", scenarios.join(", ")), WIDTH - 3) {
                let _ = writeln!(text, "   {line}");
            }
        }
    }
    text
}

/// Of each invariant the failure with the fewest choices, in the order in which invariants first failed, with the others: a
/// broken protocol breaks many scenarios, and nobody reads the same story twenty times.
fn smallest_first(report: &RunReport) -> Vec<(&Failure, Vec<&Failure>)> {
    let mut told: Vec<(&Failure, Vec<&Failure>)> = Vec::new();
    for failure in report.failures.iter().filter(|failure| failure.kind != FailureKind::Fidelity) {
        let known = told.iter_mut().find(|(first, _)| {
            first.invariant == failure.invariant && first.protocol == failure.protocol && first.kind == failure.kind
        });
        match known {
            Some((smallest, others)) if failure.choices < smallest.choices => {
                others.push(std::mem::replace(smallest, failure));
            }
            Some((_, others)) => others.push(failure),
            None => told.push((failure, Vec::new())),
        }
    }
    told
}

/// The conformance cases that were answered otherwise than recorded.
fn unlike(text: &mut String, report: &RunReport) {
    let mut cases = report.failures.iter().filter(|failure| failure.kind == FailureKind::Fidelity);
    for case in cases.by_ref().take(CASES) {
        let _ = writeln!(text, "\n{}", case.scenario);
        let sentence: String = case.sentence.chars().take(CASE_CHARS).collect();
        for line in wrapped(&sentence, WIDTH - 3) {
            let _ = writeln!(text, "   {line}");
        }
        let _ = writeln!(text, "   again   {}", case.replay);
    }
    match cases.count() {
        0 => {}
        more => _ = writeln!(text, "\n{} more, in the report as JSON", counted(more as u64, "case")),
    }
}

/// A whole timeline as text, one row per entry, lanes as columns.
pub fn timeline(timeline: &Timeline) -> String {
    let mut text = String::new();
    columns::write(&mut text, timeline, "", None);
    text
}

fn tried(text: &mut String, report: &RunReport) {
    if report.runs > 0 {
        let what = format!(
            "{}, {} distinct interleavings; {} simulated in {}: {} runs/s; {}",
            counted(report.runs, "run"),
            grouped(report.distinct_interleavings),
            duration(report.simulated_seconds),
            duration(report.wall_seconds),
            rate(report.runs_per_second),
            counted(report.api_calls, "API call"),
        );
        paragraph(text, "tried", &what);
    }
    let held: Vec<_> =
        report.scenarios.iter().filter(|scenario| scenario.verdict == Verdict::Held).map(title).collect();
    if !held.is_empty() {
        paragraph(text, "held", &held.join(" · "));
    }
    for scenario in report.scenarios.iter().filter(|scenario| scenario.verdict == Verdict::Inconclusive) {
        paragraph(text, "undecided", &format!("{}: {}", title(scenario), undecided(scenario)));
    }
    let faults: Vec<_> = summary::faults(report).iter().map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
    if !faults.is_empty() {
        paragraph(text, "faults", &faults.join(" · "));
    }
    let checked: Vec<_> = summary::invariants(report)
        .iter()
        .map(|count| match count.violations {
            0 => format!("{} {}", count.name, grouped(count.checked)),
            broken => format!("{} {} (broken {})", count.name, grouped(count.checked), grouped(broken)),
        })
        .collect();
    if !checked.is_empty() {
        paragraph(text, "checked", &checked.join(" · "));
    }
}

fn title(scenario: &ScenarioReport) -> String {
    let ScenarioReport { name, protocol, transport, strategy, .. } = scenario;
    match &**transport {
        "direct" => format!("{name} ({protocol}, {strategy})"),
        _ => format!("{name} ({protocol}, {strategy}, {transport})"),
    }
}

fn undecided(scenario: &ScenarioReport) -> String {
    let open: Vec<_> = scenario
        .invariants
        .iter()
        .filter(|count| count.verdict() == Verdict::Inconclusive)
        .map(|count| match count.checked {
            0 => format!("{} was never checked", count.name),
            _ => format!("{} could not be decided {} times", count.name, grouped(count.undecided)),
        })
        .collect();
    if open.is_empty() { "the search did not finish its scope".to_owned() } else { open.join(", ") }
}

fn found(text: &mut String, number: usize, failure: &Failure, report: &RunReport) {
    let Failure { invariant, scenario, protocol, strategy, .. } = failure;
    let sentence = wrapped(&failure.sentence, WIDTH - 3);
    let _ = writeln!(text, "{number}. {invariant} · {scenario}, {protocol}, {strategy}");
    for line in &sentence {
        let _ = writeln!(text, "   {line}");
    }
    let mut facts = vec![
        counted(failure.replicas, "replica"),
        counted(failure.signals, "signal"),
        counted(failure.api_calls, "API call"),
        counted(failure.choices, "choice"),
        format!("first in run {}", grouped(failure.first_run)),
    ];
    if failure.occurrences > 1 {
        let runs = report.scenarios.iter().find(|row| {
            row.name == *scenario
                && row.protocol == *protocol
                && row.strategy == *strategy
                && row.transport == failure.transport
        });
        let of = runs.map_or_else(String::new, |row| format!(" of {}", grouped(row.runs)));
        facts.push(format!("in {}{of} runs", grouped(failure.occurrences)));
    }
    let _ = writeln!(text, "   {}", facts.join(" · "));
    if let Some(timeline) = &failure.timeline {
        let other_lines = sentence.len() + 4 + usize::from(failure.file.is_some());
        let rows = FAILURE.saturating_sub(other_lines).clamp(*ROWS.start(), *ROWS.end());
        columns::write(text, timeline, "   ", Some(rows));
    }
    let _ = writeln!(text, "   again   {}", failure.replay);
    if let Some(file) = &failure.file {
        let _ = writeln!(text, "   file    {file}");
    }
}

/// A labelled paragraph, wrapped with its label in a column of its own.
fn paragraph(text: &mut String, label: &str, body: &str) {
    const LABEL: usize = 10;
    for (place, line) in wrapped(body, WIDTH - LABEL).into_iter().enumerate() {
        let _ = writeln!(text, "{:LABEL$}{line}", if place == 0 { label } else { "" });
    }
}

/// Breaks at blanks; a word that is too long gets a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Columns two blanks apart; those that hold figures end flush right.
fn aligned(text: &mut String, table: &Table) {
    let table: Vec<&Vec<String>> = std::iter::once(&table.header).chain(&table.rows).collect();
    let columns = table.iter().map(|row| row.len()).max().unwrap_or(0);
    let cells = |column: usize| table.iter().filter_map(move |row| row.get(column));
    let width: Vec<usize> =
        (0..columns).map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
    let figures: Vec<bool> = (0..columns)
        .map(|column| {
            cells(column)
                .skip(1)
                .all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || c == '–') || cell.is_empty())
        })
        .collect();
    for row in table {
        let line: Vec<_> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let width = width[column];
                if figures[column] { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            })
            .collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
}
