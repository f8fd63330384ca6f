//! Swarm: every run draws its own faults from those that its scenario allows, and their odds.
//!
//! Groce et al., "Swarm testing" (ISSTA 2012): a feature that is often used hides what happens without it. Each kind of
//! fault is left out of half of the runs, and the odds of the others are a quarter, once or four times those of the
//! preset. So is disorder: a run takes the first step always, half of the time, or as rarely as any other.
use super::{dice::Dice, shape::Shape, strategy::Strategy};
use sim::engine::{Label, Needs, Odds, Source, StepView};

/// The strategy.
pub(super) struct Swarm;

impl Strategy for Swarm {
    fn source(&self, seed: u64, _shape: &Shape) -> Box<dyn Source> {
        let mut dice = Dice::new(seed);
        let (salt, order) = (dice.next(), [0, 50, 100][dice.below(3) as usize]);
        Box::new(Drawn { dice, salt, order })
    }
}

struct Drawn {
    dice: Dice,
    /// Decides what this run leaves out.
    salt: u64,
    /// Percentage of the steps that are taken in order.
    order: u64,
}

impl Drawn {
    /// What this run has drawn for an alternative of a label.
    fn drawn(&self, label: Label, alternative: u32) -> u64 {
        Dice::new(self.salt ^ (label as u64) << 32 ^ u64::from(alternative)).next()
    }
}

impl Source for Drawn {
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32 {
        let Odds::PerMille(chances) = odds else { return self.dice.pick(of, odds) };
        let factor = [1, 4, 16][(self.drawn(label, u32::MAX) % 3) as usize];
        if self.dice.below(4_000) >= u64::from(chances) * factor {
            return 0;
        }
        let taken: Vec<u32> = (1..of).filter(|&alternative| self.drawn(label, alternative).is_multiple_of(2)).collect();
        taken.get(self.dice.below(taken.len() as u64) as usize).copied().unwrap_or(0)
    }

    fn pick_step(&mut self, steps: &[StepView]) -> u32 {
        if self.dice.below(100) < self.order { 0 } else { self.dice.below(steps.len() as u64) as u32 }
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }
}
