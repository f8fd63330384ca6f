//! Odds of failing along a run: runs that follow it up to some point and continue at random.
use super::played::{Played, Stage};
use crate::guide::Course;
use model::oracle::Violation;
use reports::report::Odds;
use sim::engine::{Label, Odds as Weights, Pick, Random, Source};

/// Points along the run, and runs from each.
const POINTS: usize = 24;
const RUNS: u64 = 20;
/// Smallest increase of failing runs, of 20, that counts as a jump.
const JUMP: i64 = 5;

/// Follows recorded picks, then continues at random.
struct Prefix {
    picks: Vec<Pick>,
    next: usize,
    then: Random,
}

impl Source for Prefix {
    fn pick(&mut self, label: Label, of: u32, odds: Weights) -> u32 {
        let at = self.next;
        self.next += 1;
        match self.picks.get(at) {
            Some(pick) => pick.picked.min(of - 1),
            None => self.then.pick(label, of, odds),
        }
    }
}

/// The odds at some points of the run, from its beginning to the violation.
pub(super) fn along(stage: &Stage, failing: &Played, violation: &Violation) -> Vec<Odds> {
    let until = failing.violated_at(violation);
    let last = failing.choices_before.get(until).copied().unwrap_or(failing.choices.len());
    let count = (last + 1).min(POINTS);
    let points = (0..count).map(|point| if count < 2 { last } else { point * last / (count - 1) });
    let mut odds = Vec::new();
    for choices in points {
        let Some(measured) = at(stage, failing, choices) else { break };
        odds.push(measured);
    }
    odds
}

/// The odds at one point; None if the time is over before all runs were made.
fn at(stage: &Stage, failing: &Played, choices: usize) -> Option<Odds> {
    let picks: Vec<Pick> = failing.choices[..choices].iter().map(Pick::from).collect();
    let fails = |seed: u64| {
        let prefix = Prefix { picks: picks.clone(), next: 0, then: Random::new(seed) };
        if stage.over() { None } else { stage.fails(Course::Source(Box::new(prefix))).ok() }
    };
    let failed: Option<Vec<bool>> = (0..RUNS).map(fails).collect();
    let failed = failed?.into_iter().filter(|failed| *failed).count() as u64;
    let step = failing.choices_before.partition_point(|&before| before < choices);
    let step = step.checked_sub(1).and_then(|step| failing.steps.get(step));
    let step = step.map_or_else(|| "the start".to_owned(), ToString::to_string);
    Some(Odds { choices: choices as u64, step, failed, of: RUNS })
}

/// The point with the largest increase since the one before, if that is a jump.
pub(super) fn jump(odds: &[Odds]) -> Option<usize> {
    let increase = |index: usize| odds[index].failed as i64 - odds[index - 1].failed as i64;
    let largest = (1..odds.len()).max_by_key(|&index| (increase(index), std::cmp::Reverse(index)))?;
    (increase(largest) >= JUMP).then_some(largest)
}
