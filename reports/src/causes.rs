//! Groups failures by cause, so that a report for people shows each cause once.
//!
//! A broken protocol violates one invariant in many scenarios: these failures are one cause, shown by the smallest of
//! them. A run that violates an invariant often misses the scenario's expectation too, and the smallest run of a
//! failure may violate other invariants: such failures are folded under the one that explains them. JSON keeps every
//! failure.
//!
//! One mistake violates several invariants in a run. The cause that was the first to break in most scenarios comes
//! first, since the others may be its consequences.
use crate::report::{Failure, FailureKind, RunReport};

/// Name of the check of a scenario's own expectations.
const EXPECTATION: &str = "scenario_expectation";

/// Failures of one invariant under one protocol.
pub(crate) struct Cause<'a> {
    /// The failure with the fewest choices.
    pub(crate) smallest: &'a Failure,
    /// Failures of the same invariant in other scenarios.
    pub(crate) others: Vec<&'a Failure>,
    /// Missed expectations, and failures of other invariants, that this one explains.
    pub(crate) expectations: Vec<&'a Failure>,
}

impl<'a> Cause<'a> {
    /// Number of its failures whose run violated nothing before.
    pub(crate) fn broke_first(&self) -> usize {
        let failures = std::iter::once(&self.smallest).chain(&self.others);
        failures.filter(|failure| failure.broke_first.is_none()).count()
    }

    /// The failures that follow from the smallest one, in words.
    pub(crate) fn follows(&self) -> Vec<String> {
        let same = |follows: &&&Failure| follows.scenario == self.smallest.scenario;
        self.expectations.iter().filter(same).map(|follows| in_words(follows)).collect()
    }

    /// A conformance case, which is a cause of its own.
    pub(crate) const fn of_case(case: &'a Failure) -> Self {
        Self { smallest: case, others: Vec::new(), expectations: Vec::new() }
    }
}

/// A failure that follows from another one.
fn in_words(follows: &Failure) -> String {
    if follows.invariant == EXPECTATION {
        format!("The scenario's expectation fails too: {}", follows.sentence)
    } else {
        format!("{} fails too: {}", follows.invariant, follows.sentence)
    }
}

/// The causes of a report's failures: first those that were the first to break in most scenarios, and otherwise in the
/// order of the failures. Conformance cases are left out.
pub(crate) fn of(report: &RunReport) -> Vec<Cause<'_>> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for failure in report.failures.iter().filter(|failure| failure.kind != FailureKind::Fidelity) {
        if explanation(report, failure).is_some() {
            continue;
        }
        let same = |cause: &&mut Cause<'_>| {
            let known = cause.smallest;
            (&known.invariant, &known.protocol, known.kind) == (&failure.invariant, &failure.protocol, failure.kind)
        };
        match causes.iter_mut().find(same) {
            Some(cause) if failure.choices < cause.smallest.choices => {
                cause.others.push(std::mem::replace(&mut cause.smallest, failure));
            }
            Some(cause) => cause.others.push(failure),
            None => causes.push(Cause { smallest: failure, others: Vec::new(), expectations: Vec::new() }),
        }
    }
    for failure in &report.failures {
        let Some(explanation) = explanation(report, failure) else { continue };
        let explains = |cause: &&mut Cause<'_>| {
            let mut failures = std::iter::once(&cause.smallest).chain(&cause.others);
            failures.any(|known| std::ptr::eq(*known, explanation))
        };
        if let Some(cause) = causes.iter_mut().find(explains) {
            cause.expectations.push(failure);
        }
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.broke_first()));
    causes
}

/// The missed expectations that this failure explains.
pub(crate) fn explained_by<'a>(report: &'a RunReport, failure: &'a Failure) -> impl Iterator<Item = &'a Failure> {
    let explained = move |other: &&Failure| {
        explanation(report, other).is_some_and(|explanation| std::ptr::eq(explanation, failure))
    };
    report.failures.iter().filter(explained)
}

/// The failure that explains a missed expectation: its invariant, in the same scenario.
pub(crate) fn explanation<'a>(report: &'a RunReport, failure: &Failure) -> Option<&'a Failure> {
    let invariant = failure.explained_by.as_ref()?;
    report.failures.iter().find(|other| {
        other.invariant == *invariant
            && other.explained_by.is_none()
            && (&other.scenario, &other.protocol, &other.transport)
                == (&failure.scenario, &failure.protocol, &failure.transport)
    })
}
