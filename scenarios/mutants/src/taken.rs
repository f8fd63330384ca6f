//! Counters of the branches in the copy that counts them, and the table of branches that the build script writes.
//!
//! A run is one thread, and so are its counters.
use std::{cell::Cell, fmt};

/// A branch of the protocol or of the coalescer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// File, from the root of the project.
    pub file: &'static str,
    /// Line at which it begins.
    pub line: u32,
    /// Function, with the type that it belongs to.
    pub function: &'static str,
    /// The branch, in the words of its code.
    pub what: &'static str,
}

impl Branch {
    /// Name of the module that its file is.
    pub fn module(&self) -> &'static str {
        let name = self.file.trim_end_matches("/mod.rs").rsplit('/').next().unwrap_or(self.file);
        name.strip_suffix(".rs").unwrap_or(name)
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}: {}", self.module(), self.function, self.what)
    }
}

include!(concat!(env!("OUT_DIR"), "/branches_table.rs"));

thread_local! {
    static TAKEN: [Cell<u64>; BRANCHES.len()] = const { [const { Cell::new(0) }; BRANCHES.len()] };
}

/// How often this thread took each branch since the last call.
pub fn take_counts() -> Vec<u64> {
    TAKEN.with(|counts| counts.iter().map(Cell::take).collect())
}

/// A branch is taken.
pub(crate) fn at(branch: u16) {
    TAKEN.with(|counts| {
        let count = &counts[usize::from(branch)];
        count.set(count.get() + 1);
    });
}

/// The value of an operand.
pub(crate) fn operand(yes: u16, no: u16, value: bool) -> bool {
    at(if value { yes } else { no });
    value
}

/// The value of a guard, which is counted if the guard refuses: otherwise its arm is.
pub(crate) fn unless(no: u16, value: bool) -> bool {
    if !value {
        at(no);
    }
    value
}

/// Counts the operand of a `?`.
pub(crate) fn tried<T: Tried>(value: u16, early: u16, answer: T) -> T {
    at(if answer.has_value() { value } else { early });
    answer
}

/// A type that `?` is applied to.
pub(crate) trait Tried {
    /// Whether the function continues with its value.
    fn has_value(&self) -> bool;
}

impl<T> Tried for Option<T> {
    fn has_value(&self) -> bool {
        self.is_some()
    }
}

impl<T, E> Tried for Result<T, E> {
    fn has_value(&self) -> bool {
        self.is_ok()
    }
}
