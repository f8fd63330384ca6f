//! The passing neighbour: of the runs with two steps swapped or one fault undone, the one that holds and differs least.
use super::{
    needs::Need,
    played::{Played, Stage},
};
use crate::guide::{
    Course, Guide, StepName,
    rules::{At, Order},
};
use model::oracle::Violation;
use sim::Trigger;

/// Most swaps that are tried, nearest first.
const SWAPS: usize = 500;

/// Difference between a failing run and its neighbour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// In the failing run the first step came before the second.
    Swap(StepName, StepName),
    /// A fault that was picked is undone.
    Pick(At, String),
    /// A fault for certain is undone.
    Trigger(Trigger),
}

impl Change {
    /// The two steps whose order decides.
    pub fn pair(&self) -> Option<(StepName, StepName)> {
        match self {
            Change::Swap(first, second) => Some((first.clone(), second.clone())),
            Change::Pick(..) | Change::Trigger(_) => None,
        }
    }
}

/// A run that holds, and its difference.
pub struct Neighbour {
    /// The difference.
    pub change: Change,
    /// The run.
    pub run: Played,
    /// Number of pairs of steps that have another order, and of steps that only one of both runs has, as far as the
    /// failing run had come.
    pub distance: usize,
}

/// The neighbour that differs least. A swap comes before a fault that is as near: it is the more precise reason.
pub(super) fn nearest(
    stage: &Stage,
    failing: &Played,
    violation: &Violation,
    (guide, needs): (&Guide, &[Need]),
) -> Option<Neighbour> {
    let until = failing.violated_at(violation);
    let mut best: Option<Neighbour> = None;
    let mut offer = |change: Change, run: Played| {
        let distance = distance(failing, &run, until);
        // Of equally near swaps, the later one is nearer to the violation.
        if best.as_ref().is_none_or(|known| distance < known.distance) {
            best = Some(Neighbour { change, run, distance });
        }
    };
    for (first, second) in pairs(failing, until) {
        if stage.over() {
            break;
        }
        let swapped = swapped(&failing.guide, &first, &second);
        let Ok(run) = stage.play(Course::Guide(swapped)) else { continue };
        if run.violations.is_empty() && is_swapped(&run, &first, &second) {
            offer(Change::Swap(first, second), run);
        }
    }
    for order in &guide.orders {
        if stage.over() {
            break;
        }
        let others = guide.orders.iter().filter(|other| *other != order).cloned().collect();
        let Ok(run) = stage.play(Course::Guide(Guide { orders: others, picks: guide.picks.clone() })) else { continue };
        if stage.target.find(&run.violations).is_none() && is_swapped(&run, &order.first, &order.then) {
            offer(Change::Swap(order.first.clone(), order.then.clone()), run);
        }
    }
    best.or_else(|| undone(needs, failing, until))
}

/// The nearest run without one of its faults.
fn undone(needs: &[Need], failing: &Played, until: usize) -> Option<Neighbour> {
    let without = needs.iter().filter_map(|need| {
        let run = need.without.as_ref()?;
        let change = match (&need.at, need.trigger) {
            (Some(at), _) => Change::Pick(at.clone(), need.words.clone()),
            (None, Some(trigger)) => Change::Trigger(trigger),
            (None, None) => return None,
        };
        Some(Neighbour { change, distance: distance(failing, run, until), run: run.clone() })
    });
    without.min_by_key(|neighbour| neighbour.distance)
}

/// Pairs of calls on one resource, at least one of them a write, until the violation; the nearest and latest first.
fn pairs(failing: &Played, until: usize) -> Vec<(StepName, StepName)> {
    let steps = failing.steps.iter().enumerate().take(until + 1).filter(|(_, step)| Played::executes(step));
    let steps: Vec<(usize, &StepName)> = steps.collect();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (index, &(first, one)) in steps.iter().enumerate() {
        let conflicts = steps[index + 1..].iter().filter(|(_, other)| conflict(one, other));
        pairs.extend(conflicts.map(|&(second, _)| (first, second)));
    }
    pairs.sort_by_key(|(first, second)| (second - first, std::cmp::Reverse(*second)));
    let named = |(first, second): (usize, usize)| (failing.steps[first].clone(), failing.steps[second].clone());
    pairs.into_iter().take(SWAPS).map(named).collect()
}

fn conflict(one: &StepName, other: &StepName) -> bool {
    let Some(((verb, resource), (other_verb, other_resource))) = one.call().zip(other.call()) else { return false };
    let plural = |resource: &str| resource.split('/').next().unwrap_or_default().to_owned();
    let reads = |verb: &str| matches!(verb, "get" | "list" | "watch");
    plural(resource) == plural(other_resource) && !(reads(verb) && reads(other_verb))
}

/// The guide of the failing run, with the second step before the first.
fn swapped(guide: &Guide, first: &StepName, second: &StepName) -> Guide {
    let kept = guide.orders.iter().filter(|order| order.first != *first && order.then != *second).cloned();
    let swap = Order { first: second.clone(), then: first.clone() };
    Guide { orders: kept.chain([swap]).collect(), picks: guide.picks.clone() }
}

fn is_swapped(run: &Played, first: &StepName, second: &StepName) -> bool {
    match (run.position(first), run.position(second)) {
        (Some(first), Some(second)) => second < first,
        _ => false,
    }
}

/// Number of pairs of common steps in another order, and of steps that only one of both runs has.
fn distance(failing: &Played, run: &Played, until: usize) -> usize {
    let failing = &failing.steps[..=until.min(failing.steps.len().saturating_sub(1))];
    let common: Vec<usize> = failing.iter().filter_map(|step| run.position(step)).collect();
    let inversions = (0..common.len()).map(|at| common[at + 1..].iter().filter(|&&later| later < common[at]).count());
    inversions.sum::<usize>() + failing.len() - common.len()
}
