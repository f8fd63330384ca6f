//! A random walk that is weighted towards all interleavings being equally likely.
//!
//! Each thread is picked in proportion to the steps that it probably has yet to take (Zhao et al., "Selectively uniform
//! concurrency testing", ASPLOS 2025): a thread of many steps is not starved by many threads of few. How many steps a
//! thread takes is known from a run in order. Faults have the odds of their preset.
use super::{
    dice::{Dice, threads},
    shape::Shape,
    strategy::Strategy,
};
use sim::engine::{Label, Needs, Odds, Source, StepView};
use std::collections::BTreeMap;

/// The strategy.
pub(super) struct Walk;

impl Strategy for Walk {
    fn source(&self, seed: u64, shape: &Shape) -> Box<dyn Source> {
        Box::new(Weighted { dice: Dice::new(seed), left: shape.threads.clone() })
    }
}

struct Weighted {
    dice: Dice,
    left: BTreeMap<u64, u64>,
}

impl Source for Weighted {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        self.dice.pick(of, odds)
    }

    fn pick_step(&mut self, steps: &[StepView]) -> u32 {
        let threads = threads(steps);
        let weight = |thread: &u64| self.left.get(thread).copied().unwrap_or(0).max(1);
        let mut left = self.dice.below(threads.iter().map(|(thread, _)| weight(thread)).sum());
        let picked = threads.iter().find(|(thread, _)| {
            let weight = weight(thread);
            let here = left < weight;
            left = left.saturating_sub(weight);
            here
        });
        let Some(&(thread, index)) = picked else { return 0 };
        if let Some(left) = self.left.get_mut(&thread) {
            *left = left.saturating_sub(1);
        }
        index
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }
}
