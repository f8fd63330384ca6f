//! Faults: what may go wrong in a run, how often, and how often it did.
//!
//! A fault counts as delivered only when it took effect. A conflict that met no write does not count, nor does a crash
//! of a replica that was down.
mod delivered;
mod kind;
mod preset;

pub use delivered::Delivered;
pub use kind::{Fault, FaultKind};
pub use preset::Faults;
