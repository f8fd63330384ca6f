//! Why no run takes a branch.
use mutants::Branch;

/// Reason for which no run takes a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No value of the types leads there; the argument.
    Impossible(&'static str),
    /// Nothing in a cluster does what leads there; the argument.
    Unheard(&'static str),
    /// No run can show it; why, and the test of the gateway that covers it.
    Elsewhere(&'static str, &'static str),
}

impl Reason {
    /// The reason in words.
    pub fn words(self) -> String {
        match self {
            Self::Impossible(argument) => format!("impossible: {argument}"),
            Self::Unheard(argument) => format!("nothing does this: {argument}"),
            Self::Elsewhere(argument, test) => format!("{argument}: `{test}` covers it"),
        }
    }
}

/// Branches of one function that no run takes for one reason.
#[derive(Debug, Clone, Copy)]
pub struct Untaken {
    /// Module of the protocol.
    pub module: &'static str,
    /// Function, with its type.
    pub function: &'static str,
    /// The branches; an empty one is every branch of the function.
    pub whats: &'static [&'static str],
    /// Reason for which no run takes them.
    pub reason: Reason,
}

impl Untaken {
    /// Whether this is the branch.
    pub(super) fn is_about(&self, branch: &Branch, what: &str) -> bool {
        (self.module, self.function) == (branch.module(), branch.function) && (what.is_empty() || branch.what == what)
    }

    /// Whether the branch is one of them.
    pub(super) fn has(&self, branch: &Branch) -> bool {
        self.whats.iter().any(|what| self.is_about(branch, what))
    }
}
