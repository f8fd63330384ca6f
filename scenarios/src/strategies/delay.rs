//! Delay bounding: everything in order, except that at a few points the first step waits for the next one.
//!
//! Emmi, Qadeer, Rakamarić, "Delay-bounded scheduling" (POPL 2011). Most mistakes need few delays, and a schedule with
//! few is easy to read. Faults have the odds of their preset.
use super::{dice::Dice, shape::Shape, strategy::Strategy};
use sim::engine::{Label, Needs, Odds, Source, StepView};
use std::collections::BTreeMap;

/// Most delays of a run.
const DELAYS: u64 = 5;

/// The strategy.
pub(super) struct Delay;

impl Strategy for Delay {
    fn source(&self, seed: u64, shape: &Shape) -> Box<dyn Source> {
        let mut dice = Dice::new(seed);
        let mut delays = BTreeMap::new();
        for _ in 0..=dice.below(DELAYS) {
            *delays.entry(dice.below(shape.steps)).or_default() += 1;
        }
        Box::new(Delayed { dice, delays, steps: 0 })
    }
}

struct Delayed {
    dice: Dice,
    /// Number of steps that are passed over, by the number of the choice.
    delays: BTreeMap<u64, u32>,
    steps: u64,
}

impl Source for Delayed {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        self.dice.pick(of, odds)
    }

    fn pick_step(&mut self, steps: &[StepView]) -> u32 {
        self.steps += 1;
        let delay = self.delays.get(&(self.steps - 1)).copied().unwrap_or(0);
        delay.min(steps.len() as u32 - 1)
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }
}
