//! The result of a command.

/// Exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome(pub u8);
