//! Probabilistic concurrency testing: priorities of threads, which change at few points.
//!
//! Burckhardt et al., "A randomized scheduler with probabilistic guarantees of finding bugs" (ASPLOS 2010). The thread
//! with the highest priority takes its step; at `DEPTH - 1` points a thread gets the lowest one. A fault is a thread
//! of one step whose priority is the lowest until its point comes: so each point is either a change of priority or a
//! fault. A mistake that needs `DEPTH` orders of steps shows with a probability of at least 1 / (n · k^(DEPTH - 1)),
//! for n threads and k steps.
use super::{
    dice::{Dice, threads},
    shape::Shape,
    strategy::Strategy,
};
use sim::engine::{Label, Needs, Odds, Source, StepView};
use std::collections::{BTreeMap, BTreeSet};

/// Depth of the mistakes that the bound is about.
const DEPTH: u64 = 3;

/// The strategy.
pub(super) struct Pct;

/// The bound of one run for mistakes of the depth, and how it is stated. Faults count as steps.
pub fn bound(shape: &Shape) -> (f64, String) {
    let (n, k) = (shape.threads(), (shape.steps + shape.chances).max(1));
    let probability = 1.0 / (n as f64 * (k as f64).powi(DEPTH as i32 - 1));
    let says = format!(
        "a mistake that takes {DEPTH} orders of steps or faults shows in one run with a probability of at least \
         {probability:.1e}, for {n} threads and {k} steps, if no run has more"
    );
    (probability, says)
}

impl Strategy for Pct {
    fn source(&self, seed: u64, shape: &Shape) -> Box<dyn Source> {
        let mut dice = Dice::new(seed);
        let (mut changes, mut faults) = (BTreeSet::new(), BTreeSet::new());
        for _ in 1..DEPTH {
            let point = dice.below(shape.steps + shape.chances);
            if point < shape.steps {
                changes.insert(point);
            } else {
                faults.insert(point - shape.steps);
            }
        }
        Box::new(Priorities { dice, changes, faults, priorities: BTreeMap::new(), lowest: 0, steps: 0, chances: 0 })
    }
}

struct Priorities {
    dice: Dice,
    changes: BTreeSet<u64>,
    faults: BTreeSet<u64>,
    priorities: BTreeMap<u64, i64>,
    lowest: i64,
    steps: u64,
    chances: u64,
}

impl Priorities {
    fn highest(&mut self, threads: &[(u64, u32)]) -> (u64, u32) {
        let dice = &mut self.dice;
        let priorities = &mut self.priorities;
        let mut priority = |thread| *priorities.entry(thread).or_insert_with(|| (dice.next() >> 2) as i64 + 1);
        let ranked = threads.iter().map(|&(thread, index)| (priority(thread), thread, index));
        ranked.max().map_or((0, 0), |(_, thread, index)| (thread, index))
    }
}

impl Source for Priorities {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        if odds == Odds::Even {
            return self.dice.pick(of, odds);
        }
        self.chances += 1;
        if self.faults.remove(&(self.chances - 1)) { self.dice.other(of) } else { 0 }
    }

    fn pick_step(&mut self, steps: &[StepView]) -> u32 {
        let threads = threads(steps);
        self.steps += 1;
        if self.changes.remove(&(self.steps - 1)) {
            let (thread, _) = self.highest(&threads);
            self.lowest -= 1;
            self.priorities.insert(thread, self.lowest);
        }
        self.highest(&threads).1
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_falls_with_steps_and_threads() {
        let shape = |steps, threads: u64| Shape { steps, chances: 0, threads: (0..threads).map(|n| (n, 1)).collect() };
        assert!((bound(&shape(24, 3)).0 - 1.0 / 1_728.0).abs() < 1e-9);
        assert!(bound(&shape(48, 3)).0 < bound(&shape(24, 3)).0 && bound(&shape(24, 6)).0 < bound(&shape(24, 3)).0);
    }
}
