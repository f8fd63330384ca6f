//! A report in a few words: sums over its scenarios, the same in every format for people.
use crate::{
    causes,
    figures::{counted, grouped},
    report::{InvariantCount, Mutant, RunReport, ScenarioReport},
};
use model::Verdict;
use std::collections::BTreeMap;

/// Number of invariants that the headline names.
const NAMED: usize = 3;

/// `HELD`, `VIOLATED`, `INCONCLUSIVE`.
pub(crate) const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "HELD",
        Verdict::Violated => "VIOLATED",
        Verdict::Inconclusive => "INCONCLUSIVE",
    }
}

/// The result in a sentence or two.
pub(crate) fn headline(report: &RunReport) -> String {
    let mut headline = result(report);
    match report.unmet.len() as u64 {
        0 => {}
        1 => headline += " 1 requirement was not met.",
        unmet => headline += &format!(" {unmet} requirements were not met."),
    }
    headline
}

fn result(report: &RunReport) -> String {
    let scope = match &*report.scenarios {
        [] => counted(report.runs, "run"),
        [only] => format!("{} of {}", counted(report.runs, "run"), only.name),
        all => format!("{} of {}", counted(report.runs, "run"), counted(distinct(all), "scenario")),
    };
    let scope = if report.interrupted { format!("{scope}, stopped early") } else { scope };
    if let (Some(cases), Some(passed)) = (report.cases, report.passed) {
        return format!("{} of {} were answered as recorded.", grouped(passed), counted(cases, "case"));
    }
    if let Some(mutants) = &report.mutants {
        return caught(mutants, &scope);
    }
    match report.verdict {
        Verdict::Held => format!("Every invariant held in {scope}."),
        Verdict::Inconclusive => format!("No violation in {scope}, but {}.", open(report)),
        Verdict::Violated => violated(report, &scope),
    }
}

fn caught(mutants: &[Mutant], scope: &str) -> String {
    let all = counted(mutants.len() as u64, "mutant");
    match mutants.iter().filter(|mutant| !mutant.found).count() as u64 {
        0 if mutants.len() == 1 => format!("The mutant was caught in {scope}."),
        0 => format!("All {all} were caught in {scope}."),
        1 => format!("1 of {all} SURVIVED {scope}."),
        survivors => format!("{} of {all} SURVIVED {scope}.", grouped(survivors)),
    }
}

/// What is missing for a verdict.
fn open(report: &RunReport) -> String {
    let unfinished = report.frontier.iter().flatten().any(|row| !row.complete);
    let checks: u64 = report.scenarios.iter().map(|scenario| undecided(scenario).len() as u64).sum();
    match (unfinished, checks) {
        (true, _) => "the search did not finish its scope".to_owned(),
        (false, 0) => "not every run that was asked for was made".to_owned(),
        (false, checks) => format!("{} could not be decided", counted(checks, "check")),
    }
}

fn violated(report: &RunReport, scope: &str) -> String {
    let mut invariants: Vec<&str> = Vec::new();
    for cause in causes::of(report) {
        if !invariants.contains(&&*cause.smallest.invariant) {
            invariants.push(&cause.smallest.invariant);
        }
    }
    match &*invariants {
        [] => format!("A check failed in {scope}."),
        [only] => format!("{only} was violated in {scope}."),
        [rest @ .., last] if rest.len() < NAMED => {
            format!("{} and {last} were violated in {scope}.", rest.join(", "))
        }
        all => format!("{} and {} others were violated in {scope}.", all[..NAMED].join(", "), all.len() - NAMED),
    }
}

fn distinct(scenarios: &[ScenarioReport]) -> u64 {
    let names: std::collections::BTreeSet<&str> = scenarios.iter().map(|scenario| &*scenario.name).collect();
    names.len() as u64
}

/// The invariants of a scenario that could not be decided, each with the reason.
pub(crate) fn undecided(scenario: &ScenarioReport) -> Vec<String> {
    let open = scenario.invariants.iter().filter(|count| count.verdict() == Verdict::Inconclusive);
    open.map(|count| match count.checked {
        0 => format!("{} was never checked", count.name),
        _ => format!("{} was undecided {}", count.name, counted(count.undecided, "time")),
    })
    .collect()
}

/// Faults that took effect, over all scenarios; the most frequent first.
pub(crate) fn faults(report: &RunReport) -> Vec<(&str, u64)> {
    let mut sum: BTreeMap<&str, u64> = BTreeMap::new();
    for fault in report.scenarios.iter().flat_map(|scenario| &scenario.faults) {
        *sum.entry(&fault.name).or_default() += fault.delivered;
    }
    let mut faults: Vec<_> = sum.into_iter().collect();
    faults.sort_by_key(|&(name, delivered)| (std::cmp::Reverse(delivered), name));
    faults
}

/// Invariants over all scenarios, in the model's order; unknown ones last.
pub(crate) fn invariants(report: &RunReport) -> Vec<InvariantCount> {
    let order = |name: &str| model::ALL.iter().position(|invariant| invariant.id == name).unwrap_or(usize::MAX);
    let mut sum: BTreeMap<(usize, &str), InvariantCount> = BTreeMap::new();
    for count in report.scenarios.iter().flat_map(|scenario| &scenario.invariants) {
        let total = sum.entry((order(&count.name), &count.name)).or_insert_with(|| InvariantCount {
            name: count.name.clone(),
            checked: 0,
            violations: 0,
            undecided: 0,
        });
        total.checked += count.checked;
        total.violations += count.violations;
        total.undecided += count.undecided;
    }
    sum.into_values().collect()
}
