//! The portfolio: runs of every strategy, and mutations of runs that reached something new, as often as each pays.
//!
//! What a run reached is a set of marks: its interleaving, and each cell (an API call, a fault, the phase of the
//! request that was written last) in which a fault took effect. A strategy is paid for marks that no run before had.
//! The next strategy is that with the best upper bound of its pay (Auer et al., UCB1, 2002). Decisions use what was
//! learnt from whole batches, in the order of the runs: threads change nothing.
use super::{dice::Dice, mutation::Mutation, name::StrategyName, shape::Shape};
use sim::{Choice, engine::Source};
use std::{collections::BTreeSet, sync::Arc};

/// Number of runs that are decided on together.
pub const BATCH: usize = 128;
/// Most runs that are kept to be mutated.
const KEPT: usize = 256;
/// Pay of a new cell, in thousandths; a new interleaving pays less, since most runs have one.
const CELL: u64 = 500;
const INTERLEAVING: u64 = 50;

/// What the portfolio chooses among: strategies, and at the end mutations.
const ARMS: [Option<StrategyName>; 6] = [
    Some(StrategyName::Random),
    Some(StrategyName::Pct),
    Some(StrategyName::Walk),
    Some(StrategyName::Delay),
    Some(StrategyName::Swarm),
    None,
];

/// Marks that a run reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// Hash of its interleaving.
    pub interleaving: u64,
    /// Hash of each cell.
    pub cells: BTreeSet<u64>,
}

/// A decision about one run.
#[derive(Debug, Clone)]
pub struct Decision {
    arm: usize,
    seed: u64,
    mutated: Option<Arc<[u32]>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Arm {
    runs: u64,
    pay: u64,
}

/// What was learnt about one subject.
#[derive(Debug, Default)]
pub struct Learner {
    arms: [Arm; ARMS.len()],
    interleavings: BTreeSet<u64>,
    cells: BTreeSet<u64>,
    kept: Vec<Arc<[u32]>>,
}

impl Learner {
    /// Decides on a run with this seed.
    pub fn decide(&mut self, seed: u64) -> Decision {
        let runs: u64 = self.arms.iter().map(|arm| arm.runs).sum();
        let able = |index: &usize| ARMS[*index].is_some() || !self.kept.is_empty();
        let bound = |index: &usize| {
            let Arm { runs: mine, pay } = self.arms[*index];
            if mine == 0 {
                return f64::INFINITY;
            }
            pay as f64 / 1_000.0 / mine as f64 + ((runs as f64).ln() / mine as f64).sqrt()
        };
        let arms: Vec<usize> = (0..ARMS.len()).filter(able).collect();
        // Of equal ones the first.
        let arm = arms.iter().copied().rev().max_by(|one, other| bound(one).total_cmp(&bound(other))).unwrap_or(0);
        self.arms[arm].runs += 1;
        let kept = Dice::new(seed).below(self.kept.len() as u64) as usize;
        let mutated = if ARMS[arm].is_none() { self.kept.get(kept).cloned() } else { None };
        Decision { arm, seed, mutated }
    }

    /// Learns what a run reached.
    pub fn learn(&mut self, decision: &Decision, reached: &Reached, choices: &[Choice]) {
        let new_cells = reached.cells.iter().filter(|&&cell| self.cells.insert(cell)).count() as u64;
        let new = u64::from(self.interleavings.insert(reached.interleaving));
        self.arms[decision.arm].pay += (new_cells * CELL + new * INTERLEAVING).min(1_000);
        if new_cells > 0 {
            if self.kept.len() == KEPT {
                self.kept.remove(0);
            }
            self.kept.push(choices.iter().map(|choice| choice.picked).collect());
        }
    }
}

impl Decision {
    /// Choices of the run.
    pub fn source(&self, shape: &Shape) -> Box<dyn Source> {
        match (&self.mutated, ARMS[self.arm].and_then(StrategyName::strategy)) {
            (Some(picks), _) => Box::new(Mutation::new(self.seed, Arc::clone(picks))),
            (None, Some(strategy)) => strategy.source(self.seed, shape),
            (None, None) => Box::new(sim::engine::Random::new(self.seed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(interleaving: u64, cells: &[u64]) -> Reached {
        Reached { interleaving, cells: cells.iter().copied().collect() }
    }

    #[test]
    fn what_pays_is_chosen_more_often() {
        let mut learner = Learner::default();
        let mut runs = [0; ARMS.len()];
        for seed in 0..600 {
            let decision = learner.decide(seed);
            runs[decision.arm] += 1;
            let cells: &[u64] = if decision.arm == 2 { &[seed] } else { &[] };
            learner.learn(&decision, &reached(0, cells), &[]);
        }
        assert!(runs.iter().enumerate().all(|(arm, &of)| arm == 2 || 2 * of < runs[2]), "{runs:?}");
    }

    #[test]
    fn everything_is_tried_first() {
        let mut learner = Learner::default();
        let arms: BTreeSet<usize> = (0..5).map(|seed| learner.decide(seed).arm).collect();
        assert_eq!(arms.len(), 5);
    }
}
