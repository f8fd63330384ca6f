//! The table of the generated mutants, which the build script writes.
use std::fmt;

/// A mutant that the build script made, by an operator of cargo-mutants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generated {
    /// File of the protocol or of the coalescer, without `.rs`.
    pub file: &'static str,
    /// Function, with the type that it belongs to.
    pub function: &'static str,
    /// The difference from the protocol.
    pub change: &'static str,
}

impl fmt::Display for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}: {}", self.file, self.function, self.change)
    }
}

include!(concat!(env!("OUT_DIR"), "/generated_table.rs"));
