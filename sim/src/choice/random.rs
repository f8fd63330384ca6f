//! Random choices: a seed makes the same ones in every process of one version.
use super::{
    label::Label,
    source::{Odds, Source},
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Picks at random, from a seed.
#[derive(Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// Choices made from this seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }
}

impl Source for Random {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        match odds {
            Odds::Even => self.0.random_range(0..of),
            Odds::PerMille(chances) if self.0.random_range(0..1_000) < chances => self.0.random_range(1..of),
            Odds::PerMille(_) => 0,
        }
    }
}
