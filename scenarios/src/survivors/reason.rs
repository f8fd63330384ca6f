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
    /// Whether a run that catches the mutant shows that this is wrong. That a test fails with it stays true.
    pub fn is_refuted_by_a_run(self) -> bool {
        !matches!(self, Self::Tested(..))
    }

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

/// The place of some survivors: the file, the function, and the beginnings of what is different.
pub(super) type Place = (&'static str, &'static str, &'static [&'static str]);

impl Survivors {
    const fn because((file, function, changes): Place, reason: Reason) -> Self {
        Self { file, function, changes, reason }
    }

    /// They do the same as the protocol.
    pub(super) const fn equivalent(place: Place, argument: &'static str) -> Self {
        Self::because(place, Reason::Equivalent(argument))
    }

    /// They change what no promise depends on.
    pub(super) const fn no_promise(place: Place, argument: &'static str) -> Self {
        Self::because(place, Reason::NoPromise(argument))
    }

    /// They change what an operator reads.
    pub(super) const fn reported(place: Place, argument: &'static str) -> Self {
        Self::because(place, Reason::Reported(argument))
    }

    /// This test of the gateway fails with each of them.
    pub(super) const fn tested(place: Place, test: &'static str, argument: &'static str) -> Self {
        Self::because(place, Reason::Tested(test, argument))
    }

    /// Whether the mutant is one of them.
    pub fn has(&self, mutant: &Generated) -> bool {
        (self.file, self.function) == (mutant.file, mutant.function)
            && self.changes.iter().any(|change| mutant.change.starts_with(change))
    }
}
