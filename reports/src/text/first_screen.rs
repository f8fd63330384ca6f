//! The first lines of a report: verdict, what was violated, in which scenario, and the command that shows it again.
//!
//! They are at most [`LINES`], however many causes there are: with more causes each gets fewer lines, and the rest is
//! counted.
use super::layout::{Sheet, paragraph, wrapped};
use crate::{
    causes::Cause,
    figures::{counted, grouped},
    report::{Failure, RunReport},
    summary,
};
use model::Verdict;
use std::fmt::Write;

/// Lines of the first screen.
pub(super) const LINES: usize = 15;
/// Largest number of requirements, or of undecided scenarios, that are named.
const NAMED: usize = 4;
const INDENT: &str = "   ";

/// How much of a cause the first screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Its sentence and its replay command.
    Full,
    /// Its replay command.
    Brief,
    /// Nothing.
    Hidden,
}

/// Writes the first screen, and returns how much of each cause is on it.
pub(super) fn write(text: &mut Sheet, report: &RunReport, causes: &[Cause<'_>]) -> Vec<Shown> {
    let begin = text.text.len();
    let (verdict, command) = (summary::verdict_word(report.verdict), &report.command);
    for line in wrapped(&format!("{verdict} · {command}: {}", summary::headline(report)), text.width) {
        let _ = writeln!(text, "{line}");
    }
    unmet(text, report);
    undecided(text, report);
    unreached(text, report);
    survivors(text, report);
    if causes.is_empty() {
        return Vec::new();
    }
    text.end_line();
    let room = LINES.saturating_sub(text.text[begin..].lines().count());
    let shown = fit(causes, (report, text.width), room);
    let mut replays: Vec<&str> = Vec::new();
    for ((number, cause), shown) in (1..).zip(causes).zip(&shown) {
        let mut lines = entry(number, cause, (report, text.width), *shown);
        // The causes of one run share its replay, which is printed once.
        if cause.smallest.smallest.is_none() && replays.contains(&&*cause.smallest.replay) {
            lines.pop();
        }
        replays.push(&cause.smallest.replay);
        for line in lines {
            let _ = writeln!(text, "{line}");
        }
    }
    match shown.iter().filter(|shown| **shown == Shown::Hidden).count() as u64 {
        0 => {}
        more => _ = writeln!(text, "{INDENT}and {}, described below", counted(more, "more cause")),
    }
    shown
}

fn unmet(text: &mut Sheet, report: &RunReport) {
    for unmet in report.unmet.iter().take(NAMED) {
        paragraph(text, "unmet", unmet);
    }
    if let Some(more) = report.unmet.len().checked_sub(NAMED).filter(|&more| more > 0) {
        paragraph(text, "", &format!("and {more} more"));
    }
}

fn undecided(text: &mut Sheet, report: &RunReport) {
    let open =
        |scenario: &&crate::report::ScenarioReport| scenario.verdict == Verdict::Inconclusive && scenario.runs > 0;
    let scenarios: Vec<_> = report.scenarios.iter().filter(open).collect();
    for scenario in scenarios.iter().take(NAMED) {
        let checks = match &*summary::undecided(scenario) {
            [] => "a run could not be decided".to_owned(),
            checks => checks.join(", "),
        };
        paragraph(text, "undecided", &format!("{} ({}): {checks}", scenario.name, scenario.protocol));
    }
    if let Some(more) = scenarios.len().checked_sub(NAMED).filter(|&more| more > 0) {
        paragraph(text, "", &format!("and {}", counted(more as u64, "more scenario")));
    }
}

/// Scenarios that no run reached.
fn unreached(text: &mut Sheet, report: &RunReport) {
    let names: Vec<&str> = report.scenarios.iter().filter(|row| row.runs == 0).map(|row| &*row.name).collect();
    if names.is_empty() || report.cases.is_some() {
        return;
    }
    let more = names.len().saturating_sub(2 * NAMED);
    let named = names[..names.len() - more].join(", ");
    paragraph(text, "not run", &if more > 0 { format!("{named} and {more} more") } else { named });
}

fn survivors(text: &mut Sheet, report: &RunReport) {
    let survivors = report.mutants.iter().flatten().filter(|mutant| mutant.survived());
    let names: Vec<&str> = survivors.map(|mutant| &*mutant.name).collect();
    if !names.is_empty() {
        paragraph(text, "survived", &names.join(", "));
    }
}

/// How much of each cause fits into `room` lines.
fn fit(causes: &[Cause<'_>], (report, width): (&RunReport, usize), room: usize) -> Vec<Shown> {
    let lines = |shown: &[Shown]| -> usize {
        causes.iter().zip(shown).map(|(cause, shown)| entry(1, cause, (report, width), *shown).len()).sum()
    };
    let mut shown = vec![Shown::Full; causes.len()];
    for smaller in [Shown::Brief, Shown::Hidden] {
        for index in (1..causes.len()).rev() {
            let rest = usize::from(shown.contains(&Shown::Hidden));
            if lines(&shown) + rest <= room {
                return shown;
            }
            shown[index] = smaller;
        }
    }
    shown
}

/// The lines of one cause.
fn entry(number: usize, cause: &Cause<'_>, (report, width): (&RunReport, usize), shown: Shown) -> Vec<String> {
    let failure = cause.smallest;
    let mut lines = wrapped(&heading(number, cause, report), width);
    let headings = lines.len();
    let mut add = |body: &str| lines.extend(wrapped(body, width - INDENT.len()));
    match shown {
        Shown::Hidden => return Vec::new(),
        Shown::Brief => {}
        Shown::Full => {
            if let Some(smallest) = &failure.smallest {
                add(&smallest.because);
            }
            add(&failure.sentence);
            cause.follows().iter().for_each(|follows| add(follows));
        }
    }
    let replay = failure.smallest.as_ref().map_or(&failure.replay, |smallest| &smallest.replay);
    lines.push(format!("again   {}", report.to_paste(replay)));
    lines.iter_mut().skip(headings).for_each(|line| line.insert_str(0, INDENT));
    lines
}

/// `1. one_active_request in burst, protocol none · 12 of 200 runs, first in run 3`.
pub(super) fn heading(number: usize, cause: &Cause<'_>, report: &RunReport) -> String {
    let Failure { invariant, scenario, protocol, transport, .. } = cause.smallest;
    let over = if transport == "direct" { String::new() } else { format!(" over {transport}") };
    let more = match cause.others.len() as u64 {
        0 => String::new(),
        more => format!(" and {}", counted(more, "more scenario")),
    };
    let runs = frequency(cause.smallest, report);
    format!("{number}. {invariant} in {scenario}{more}, protocol {protocol}{over}{runs}")
}

/// In how many runs of its scenario a failure occurred.
fn frequency(failure: &Failure, report: &RunReport) -> String {
    let row = report.scenarios.iter().find(|row| {
        (&row.name, &row.protocol, &row.transport, &row.strategy)
            == (&failure.scenario, &failure.protocol, &failure.transport, &failure.strategy)
    });
    match row {
        Some(row) if row.runs > 1 && failure.occurrences > 0 => format!(
            " · {} of {} runs, first in run {}",
            grouped(failure.occurrences),
            grouped(row.runs),
            grouped(failure.first_run)
        ),
        _ => String::new(),
    }
}
