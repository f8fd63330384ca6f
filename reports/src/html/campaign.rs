//! What a campaign covered: each scenario with its runs, failures and speed, and the cells that faults reached.
use super::verdicts::class;
use crate::{
    causes::Cause,
    figures::{counted, grouped, rate},
    report::{Confidence, Failure, RunReport, ScenarioReport},
    summary::verdict_word,
};
use std::collections::{BTreeMap, BTreeSet};

/// The scenarios of a report, and what was covered.
pub(super) struct Campaign<'a> {
    /// Causes, if there are several.
    pub(super) causes: Vec<CauseRow<'a>>,
    /// Invariants that failed: one column each.
    pub(super) invariants: Vec<&'a str>,
    /// Whether the report says how much was covered.
    pub(super) covered: bool,
    pub(super) rows: Vec<Row<'a>>,
    pub(super) cells: Option<Cells<'a>>,
}

/// One cause, in the list at the top.
pub(super) struct CauseRow<'a> {
    pub(super) invariant: &'a str,
    pub(super) title: &'a str,
    pub(super) figures: String,
}

/// One scenario with one protocol, transport and strategy.
pub(super) struct Row<'a> {
    pub(super) scenario: &'a ScenarioReport,
    pub(super) runs: String,
    pub(super) verdict: String,
    pub(super) class: &'static str,
    /// Of each invariant that failed: the runs that violated it, and how dark the cell is, from 1 to 4.
    pub(super) failed: Vec<Option<(String, u8)>>,
    pub(super) faults: String,
    /// Cells that faults reached, and an estimate of what a thousand further runs would show.
    pub(super) reached: String,
    pub(super) new: String,
    pub(super) speed: String,
}

/// Cells in which faults took effect, over all scenarios: an API call and a fault, by the phase of the last request.
pub(super) struct Cells<'a> {
    pub(super) summary: String,
    pub(super) phases: Vec<&'a str>,
    /// Call, fault, and the number of runs by phase; None for a cell that no run reached.
    pub(super) rows: Vec<(&'a str, &'a str, Vec<Option<String>>)>,
}

impl<'a> Campaign<'a> {
    pub(super) fn of(report: &'a RunReport, causes: &[Cause<'a>]) -> Option<Self> {
        // A conformance case is not a scenario, and a run that is seen again is not a campaign.
        if report.scenarios.is_empty() || report.cases.is_some() || report.command == "replay" {
            return None;
        }
        let mut invariants: Vec<&str> = causes.iter().map(|cause| &*cause.smallest.invariant).collect();
        invariants.extend(report.failures.iter().map(|failure| &*failure.invariant));
        let mut known = BTreeSet::new();
        invariants.retain(|invariant| known.insert(*invariant));
        let rows = report.scenarios.iter().map(|scenario| Row::of(scenario, report, &invariants)).collect();
        Some(Self {
            causes: if causes.len() > 1 { causes.iter().map(CauseRow::of).collect() } else { Vec::new() },
            rows,
            covered: report.confidence.is_some(),
            cells: report.confidence.as_ref().and_then(Cells::of),
            invariants,
        })
    }
}

impl<'a> CauseRow<'a> {
    fn of(cause: &Cause<'a>) -> Self {
        let failure = cause.smallest;
        let scenarios = 1 + cause.others.len() as u64;
        let runs: u64 = std::iter::once(&failure).chain(&cause.others).map(|failure| failure.occurrences).sum();
        let place = match cause.broke_first() as u64 {
            0 => "always after another one".to_owned(),
            first => format!("the first to break in {}", grouped(first)),
        };
        Self {
            invariant: &failure.invariant,
            title: failure.smallest.as_ref().map_or(&*failure.sentence, |smallest| &*smallest.because),
            figures: format!("in {}, {}; {place}", counted(scenarios, "scenario"), counted(runs, "run")),
        }
    }
}

impl<'a> Row<'a> {
    fn of(scenario: &'a ScenarioReport, report: &'a RunReport, invariants: &[&str]) -> Self {
        let own = |failure: &&Failure| {
            let names = |name, protocol, transport| (name, protocol, transport);
            names(&failure.scenario, &failure.protocol, &failure.transport)
                == names(&scenario.name, &scenario.protocol, &scenario.transport)
        };
        let failures: Vec<&Failure> = report.failures.iter().filter(own).collect();
        let failed = |invariant: &&str| {
            let failure = failures.iter().find(|failure| failure.invariant == **invariant)?;
            let share = failure.occurrences * 4 / scenario.runs.max(1);
            Some((grouped(failure.occurrences), u8::try_from(share.min(3)).unwrap_or(3) + 1))
        };
        let confidence = report
            .confidence
            .as_ref()
            .and_then(|confidence| confidence.scenarios.iter().find(|other| other.scenario == scenario.name));
        let reached = confidence.map(|one| match (one.cells.len() as u64, one.cells_not_reached) {
            (0, _) => "–".to_owned(),
            (reached, missed) => format!("{} of {}", grouped(reached), grouped(reached + missed)),
        });
        Self {
            scenario,
            runs: grouped(scenario.runs),
            verdict: verdict_word(scenario.verdict).to_lowercase(),
            class: class(scenario.verdict),
            failed: invariants.iter().map(failed).collect(),
            faults: grouped(scenario.faults.iter().map(|fault| fault.delivered).sum()),
            reached: reached.unwrap_or_default(),
            new: confidence.map_or_else(String::new, |one| rate(one.new_per_thousand)),
            speed: if scenario.wall_seconds > 0.0 {
                rate(scenario.runs as f64 / scenario.wall_seconds)
            } else {
                String::new()
            },
        }
    }
}

impl<'a> Cells<'a> {
    fn of(confidence: &'a Confidence) -> Option<Self> {
        let mut runs: BTreeMap<(&str, &str), BTreeMap<&str, u64>> = BTreeMap::new();
        let mut phases: BTreeSet<&str> = BTreeSet::new();
        for (cell, reached) in confidence.scenarios.iter().flat_map(|scenario| &scenario.cells) {
            let mut parts = cell.rsplitn(3, ", ");
            let (Some(phase), Some(fault), Some(call)) = (parts.next(), parts.next(), parts.next()) else { continue };
            phases.insert(phase);
            *runs.entry((call, fault)).or_default().entry(phase).or_default() += reached;
        }
        let reached: usize = runs.values().map(BTreeMap::len).sum();
        let all = runs.len() * phases.len();
        let row = |((call, fault), of_phase): (&(&'a str, &'a str), &BTreeMap<&str, u64>)| {
            (*call, *fault, phases.iter().map(|phase| of_phase.get(phase).map(|&runs| grouped(runs))).collect())
        };
        let rows: Vec<_> = runs.iter().map(row).collect();
        (!rows.is_empty()).then(|| Self {
            summary: format!("{} of {} reached", grouped(reached as u64), grouped(all as u64)),
            phases: phases.iter().copied().collect(),
            rows,
        })
    }
}
