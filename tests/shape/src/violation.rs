//! What every rule returns.
use std::fmt;

/// A place where a rule is broken, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Relative to the workspace.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// Name of the rule.
    pub rule: &'static str,
    /// Advice, with the figures that led to it.
    pub what_to_do: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.rule, self.what_to_do)
    }
}
