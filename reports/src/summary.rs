//! What a report says in a few words: added up over its scenarios, the same in every format that people read.
use crate::{
    figures::{counted, grouped},
    report::{InvariantCount, RunReport, ScenarioReport},
};
use model::Verdict;
use std::collections::BTreeMap;

/// `HELD`, `VIOLATED`, `INCONCLUSIVE`.
pub(crate) const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "HELD",
        Verdict::Violated => "VIOLATED",
        Verdict::Inconclusive => "INCONCLUSIVE",
    }
}

/// Did it hold, in one sentence.
pub(crate) fn headline(report: &RunReport) -> String {
    let scope = match &*report.scenarios {
        [] => counted(report.runs, "run"),
        [only] => format!("{} of {}", counted(report.runs, "run"), only.name),
        all => format!("{} of {}", counted(report.runs, "run"), counted(distinct(all), "scenario")),
    };
    let scope = if report.interrupted { format!("{scope}, stopped early") } else { scope };
    if let (Some(cases), Some(passed)) = (report.cases, report.passed) {
        return format!("{} of {} were answered as recorded.", grouped(passed), counted(cases, "case"));
    }
    if let Some(bugs) = &report.bugs {
        let missed = bugs.iter().filter(|bug| !bug.found).count() as u64;
        let all = counted(bugs.len() as u64, "planted bug");
        return match missed {
            0 => format!("All of {all} caught in {scope}."),
            missed => format!("{missed} of {all} NOT caught in {scope}."),
        };
    }
    match report.verdict {
        Verdict::Held => format!("Every invariant held in {scope}."),
        Verdict::Inconclusive => format!("Nothing was broken in {scope}, but not everything could be decided."),
        Verdict::Violated => {
            let mut broken: Vec<&str> = Vec::new();
            for failure in &report.failures {
                if !broken.contains(&&*failure.invariant) {
                    broken.push(&failure.invariant);
                }
            }
            match &*broken {
                [] => format!("Broken, in {scope}."),
                [only] => format!("{only} was broken, in {scope}."),
                [rest @ .., last] => format!("{} and {last} were broken, in {scope}.", rest.join(", ")),
            }
        }
    }
}

fn distinct(scenarios: &[ScenarioReport]) -> u64 {
    let names: std::collections::BTreeSet<&str> = scenarios.iter().map(|scenario| &*scenario.name).collect();
    names.len() as u64
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
