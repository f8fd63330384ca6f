//! Lots: numbers that a seed draws, with the few ways of drawing that worlds need.
use crate::fnv;
use sim::engine::{Label, Odds, Random, Source};
use std::time::Duration;

/// Numbers drawn from a seed.
pub(super) struct Lot(Random);

impl Lot {
    /// The run in this world has the same seed: its choices must not be the same numbers.
    pub(super) fn new(seed: u64) -> Self {
        Self(Random::new(seed ^ fnv::hash("world".bytes())))
    }

    /// One of `0..of`.
    fn below(&mut self, of: u32) -> u32 {
        self.0.pick(Label::Workload, of, Odds::Even)
    }

    /// A number of `least..=most`.
    pub(super) fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.below(most - least + 1)
    }

    /// True once in so many times.
    pub(super) fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub(super) fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u32) as usize]
    }

    /// A time of at least a millisecond, and at most `2^bits` milliseconds: each doubling is equally likely.
    pub(super) fn time(&mut self, bits: u32) -> Duration {
        let most = 1_u32 << self.between(0, bits);
        Duration::from_millis(1 + u64::from(self.below(most)))
    }
}
