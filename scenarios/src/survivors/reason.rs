//! Why nothing has to catch a mutant.
use mutants::Generated;

/// Why nothing has to catch a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It does the same as the protocol wherever that can be seen; the argument.
    Equivalent(&'static str),
    /// It changes a time or a number that no promise depends on; the argument.
    NoPromise(&'static str),
    /// It changes only what an operator reads: a metric, a log line, a message; the argument.
    Reported(&'static str),
    /// A test of the gateway fails with it, and no run of a cluster can; its name, and why no run can.
    Tested(&'static str, &'static str),
    /// Some run should show it, and none does so far.
    Open,
}

impl Reason {
    /// The reason in words; `None` for an open one.
    pub fn words(self) -> Option<String> {
        match self {
            Self::Equivalent(argument) => Some(format!("equivalent: {argument}")),
            Self::NoPromise(argument) => Some(format!("no promise: {argument}")),
            Self::Reported(argument) => Some(format!("reported only: {argument}")),
            Self::Tested(test, argument) => Some(format!("`{test}` fails: {argument}")),
            Self::Open => None,
        }
    }
}

/// Mutants of one function that survive for one reason.
#[derive(Debug, Clone, Copy)]
pub struct Survivors {
    /// File of the protocol, without `.rs`.
    pub file: &'static str,
    /// Function, with its type.
    pub function: &'static str,
    /// Beginnings of what is different; an empty one is every change of the function.
    pub changes: &'static [&'static str],
    /// Why nothing has to catch them.
    pub reason: Reason,
}

impl Survivors {
    /// Whether the mutant is one of them.
    pub(super) fn has(&self, mutant: &Generated) -> bool {
        (self.file, self.function) == (mutant.file, mutant.function)
            && self.changes.iter().any(|change| mutant.change.starts_with(change))
    }
}
