//! Uniform: every alternative of a choice is equally likely, and a fault has the odds of its preset.
use super::{shape::Shape, strategy::Strategy};
use sim::engine::{Random, Source};

/// The strategy.
pub(super) struct Uniform;

impl Strategy for Uniform {
    fn source(&self, seed: u64, _shape: &Shape) -> Box<dyn Source> {
        Box::new(Random::new(seed))
    }
}
