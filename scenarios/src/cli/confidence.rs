//! Confidence: what the runs of a campaign say about runs that were not made.
use crate::{
    campaign::{Tally, cells::Cell},
    runner::{Prepared, Subject},
    strategies::{Shape, StrategyName, pct_bound},
};
use reports::report::{Confidence, ScenarioConfidence};
use sim::engine::Detail;
use std::collections::BTreeSet;

/// What is said about these subjects; None before the first run.
pub(super) fn of(subjects: &[Subject], tallies: &[Tally], strategy: StrategyName) -> Option<Confidence> {
    let ran = subjects.iter().zip(tallies).filter(|(_, tally)| tally.runs > 0);
    let scenarios: Vec<ScenarioConfidence> = ran.map(|(subject, tally)| of_one(subject, tally, strategy)).collect();
    if scenarios.is_empty() {
        return None;
    }
    let runs: u64 = tallies.iter().map(|tally| tally.runs).sum();
    let weighted = tallies.iter().map(|tally| tally.discovery.next_is_new() * tally.runs as f64).sum::<f64>();
    let (cells, missed) = scenarios
        .iter()
        .fold((0, 0), |(cells, missed), one| (cells + one.cells.len() as u64, missed + one.cells_not_reached));
    let new = 1_000.0 * weighted / runs.max(1) as f64;
    let mut says = format!("about {new:.0} of 1,000 further runs would show a new interleaving");
    if cells > 0 {
        let all = cells + missed;
        says += &format!("; faults struck in {cells} of {all} combinations of call, fault and phase");
    }
    if let [ScenarioConfidence { bound: Some(bound), .. }] = &scenarios[..] {
        says = format!("{says}; {bound}");
    }
    Some(Confidence { says, scenarios })
}

/// What an exhaustive search says, which has made all runs of its scope or not.
pub(super) fn of_search(subject: &Subject, tally: &Tally, (says, complete): (&str, bool)) -> ScenarioConfidence {
    let one = of_one(subject, tally, StrategyName::Random);
    let new_per_thousand = if complete { 0.0 } else { one.new_per_thousand };
    ScenarioConfidence { bound: Some(says.to_owned()), new_per_thousand, ..one }
}

fn of_one(subject: &Subject, tally: &Tally, strategy: StrategyName) -> ScenarioConfidence {
    let bound = (strategy == StrategyName::Pct).then(|| bound(subject, tally)).flatten();
    let lock = |cell: &Cell| if cell.lock.is_empty() { String::new() } else { format!(", lock {}", cell.lock) };
    let name = |cell: &Cell| format!("{}, {}, {}{}", cell.call, cell.fault, cell.phase, lock(cell));
    ScenarioConfidence {
        scenario: subject.scenario.name.to_string(),
        new_per_thousand: 1_000.0 * tally.discovery.next_is_new(),
        cells: tally.cells.iter().map(|(cell, &runs)| (name(cell), runs)).collect(),
        cells_not_reached: not_reached(tally),
        bound,
    }
}

/// Number of cells that could be made of the calls, faults and phases of those that were reached, and were not reached.
fn not_reached(tally: &Tally) -> u64 {
    let different = |part: fn(&Cell) -> &str| tally.cells.keys().map(part).collect::<BTreeSet<_>>().len() as u64;
    let all = different(|cell| &cell.call) * different(|cell| cell.fault) * different(|cell| &cell.phase);
    let reached: BTreeSet<_> = tally.cells.keys().map(|cell| (&cell.call, cell.fault, &cell.phase)).collect();
    all - reached.len() as u64
}

fn bound(subject: &Subject, tally: &Tally) -> Option<String> {
    let shape = Shape::of(&Prepared::new(subject.clone(), Detail::Chain)).ok()?;
    let (one, says) = pct_bound(&shape);
    let all = 1.0 - (1.0 - one).powf(tally.runs as f64);
    Some(format!("{says}, so in these {} with one of at least {all:.2}", tally.runs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(call: &str, fault: &'static str) -> Cell {
        Cell { call: call.to_owned(), fault, phase: "none".to_owned(), lock: "" }
    }

    #[test]
    fn cells_that_were_missed_are_counted() {
        let mut tally = Tally::default();
        assert_eq!(not_reached(&tally), 0);
        tally.cells.insert(cell("GET leases", "crash"), 2);
        tally.cells.insert(cell("POST leases", "lost-answer"), 1);
        assert_eq!(not_reached(&tally), 2);
    }
}
