//! Transfers a failure of a live run to the simulated side: the same deliveries, the same writers in the same order.
//!
//! A history does not say everything that a run depends on. [`script`] takes from it what can be taken: the signals
//! of the fingerprint since it was last at rest, the replica that each was sent to, what the orchestrator wrote,
//! crashes, pauses, and the order of commits. It names what it had to leave out. [`trial`] runs that, then runs near
//! it, and says whether the simulation violates the same invariant. If it does not, that is a divergence.
pub mod script;
pub mod trial;

pub use script::{Script, ScriptError};
pub use trial::{How, Trial, attempt};

#[cfg(test)]
mod tests;
