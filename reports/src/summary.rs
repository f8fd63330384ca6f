//! A report in a few words: sums over its scenarios, the same in every format for people.
use crate::{
    causes,
    figures::{counted, grouped},
    report::{InvariantCount, Mutant, RunReport, ScenarioReport, Slack},
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
    let scope = scope(report);
    if let (Some(cases), Some(passed)) = (report.cases, report.passed) {
        return format!("{} of {} were answered as recorded.", grouped(passed), counted(cases, "case"));
    }
    if let Some(score) = &report.score {
        return score.says(&scope);
    }
    if let (Some(coverage), Verdict::Held | Verdict::Inconclusive) = (&report.coverage, report.verdict) {
        return coverage.says(&scope);
    }
    if let Some(strategies) = &report.strategies {
        return format!(
            "{} need more than {} random runs; every strategy was tried on them in {scope}.",
            counted(strategies.mutants.len() as u64, "mutant"),
            strategies.more_than
        );
    }
    if let Some(mutants) = &report.mutants {
        return caught(mutants, &scope);
    }
    match report.verdict {
        Verdict::Held if is_short(report) && report.time_limit_seconds.is_some() => {
            format!("Every invariant held in {scope}, when the time was over.")
        }
        Verdict::Held => format!("Every invariant held in {scope}."),
        Verdict::Inconclusive => format!("No violation in {scope}, but {}.", open(report)),
        Verdict::Violated => violated(report, &scope),
    }
}

/// What was run: `1,543 of 17,878 planned runs of 44 scenarios`.
fn scope(report: &RunReport) -> String {
    let runs = match report.planned_runs {
        Some(planned) if report.runs < planned => {
            format!("{} of {}", grouped(report.runs), counted(planned, "planned run"))
        }
        _ => counted(report.runs, "run"),
    };
    let scope = match (&*report.scenarios, report.reached()) {
        ([], _) => runs,
        ([only], _) => format!("{runs} of {}", only.name),
        // A time says nothing of what it was enough for.
        (_, (reached, all)) if reached < all || report.time_limit_seconds.is_some() && is_short(report) => {
            format!("{runs}, which reached {} of {}", grouped(reached), counted(all, "scenario"))
        }
        (_, (_, all)) => format!("{runs} of {}", counted(all, "scenario")),
    };
    if report.interrupted { format!("{scope}, stopped early") } else { scope }
}

/// Whether fewer runs were made than planned; runs without a plan may always have been more.
fn is_short(report: &RunReport) -> bool {
    report.planned_runs.is_none_or(|planned| report.runs < planned)
}

fn caught(mutants: &[Mutant], scope: &str) -> String {
    let all = counted(mutants.len() as u64, "mutant");
    let unfinished = mutants.iter().filter(|mutant| mutant.unfinished).count() as u64;
    if unfinished > 0 && !mutants.iter().any(Mutant::survived) {
        let found = grouped(mutants.iter().filter(|mutant| mutant.found).count() as u64);
        return format!("{found} of {all} were caught in {scope}; the others neither caught nor survived so far.");
    }
    match mutants.iter().filter(|mutant| mutant.survived()).count() as u64 {
        0 if mutants.len() == 1 => format!("The mutant was caught in {scope}."),
        0 => format!("All {all} were caught in {scope}."),
        1 => format!("1 of {all} SURVIVED {scope}."),
        survivors => format!("{} of {all} SURVIVED {scope}.", grouped(survivors)),
    }
}

/// What is missing for a verdict.
fn open(report: &RunReport) -> String {
    let unfinished = report.frontier.iter().flatten().any(|row| !row.complete);
    let made = report.scenarios.iter().filter(|scenario| scenario.runs > 0);
    let checks: u64 = made.map(|scenario| undecided(scenario).len() as u64).sum();
    if report.interrupted {
        "not everything that was asked for was run".to_owned()
    } else if report.live.as_ref().is_some_and(|live| !live.gaps.is_empty()) {
        "commits may be missing from its history".to_owned()
    } else if !report.complete {
        "it had not ended when this was written".to_owned()
    } else if unfinished {
        "the search did not finish its scope".to_owned()
    } else if checks > 0 {
        format!("{} could not be decided", counted(checks, "check"))
    } else if report.runs == 0 {
        "no run was made".to_owned()
    } else if report.planned_runs.is_some() && is_short(report) && report.time_limit_seconds.is_some() {
        "the time was over before every scenario had a tenth of its runs; `--for 10m` sets another".to_owned()
    } else {
        "not every run that was asked for was made".to_owned()
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

/// Faults that took effect by what they strike, over all scenarios; the most frequent first.
pub(crate) fn fault_classes(report: &RunReport) -> Vec<(&str, u64)> {
    let mut sum: BTreeMap<&str, u64> = BTreeMap::new();
    let faults = report.scenarios.iter().flat_map(|scenario| &scenario.faults);
    for fault in faults.filter(|fault| !fault.class.is_empty()) {
        *sum.entry(&fault.class).or_default() += fault.delivered;
    }
    let mut classes: Vec<_> = sum.into_iter().collect();
    classes.sort_by_key(|&(name, delivered)| (std::cmp::Reverse(delivered), name));
    classes
}

/// Room that the judge of counts had, over all scenarios: the mean of all runs, and the rest.
pub(crate) fn slack(report: &RunReport) -> Option<(f64, Slack)> {
    let rows = report.scenarios.iter().filter_map(|scenario| scenario.slack);
    let all = rows.reduce(|all, row| Slack {
        sum: all.sum + row.sum,
        most: all.most.max(row.most),
        runs: all.runs + row.runs,
    })?;
    Some((all.sum as f64 / report.runs.max(1) as f64, all))
}

/// Where bounds were widened, with the number of scenarios.
pub(crate) fn bounds(report: &RunReport) -> BTreeMap<&str, u64> {
    let mut sum: BTreeMap<&str, u64> = BTreeMap::new();
    for bound in report.scenarios.iter().filter(|scenario| scenario.runs > 0).flat_map(|scenario| &scenario.bounds) {
        *sum.entry(bound).or_default() += 1;
    }
    sum
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
