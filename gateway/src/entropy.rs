//! Randomness for jitter and unique ids, behind one trait, so that a run can be repeated.
//!
//! Safety may depend on these numbers in one way only: they differ between process starts.
use std::sync::Arc;

/// A source of random numbers.
pub trait Entropy: Send + Sync + 'static {
    /// The next 64 random bits.
    fn next_u64(&self) -> u64;
}

/// The form in which every part of the gateway holds its entropy.
pub type SharedEntropy = Arc<dyn Entropy>;

/// The operating system's randomness.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place where production asks the system for randomness")]
    fn next_u64(&self) -> u64 {
        uuid::Uuid::new_v4().as_u64_pair().0
    }
}
