//! The trait of strategies.
use super::shape::Shape;
use sim::engine::Source;

/// Makes the choices of runs.
pub trait Strategy: Send + Sync {
    /// Choices of the run with this seed. `shape` is what a run in order looks like.
    fn source(&self, seed: u64, shape: &Shape) -> Box<dyn Source>;
}
