//! Mutants of what decides whether a signal is in scope.
use super::mutant::{BLANK, Mutant};

/// In the order of the list.
pub(super) const MUTANTS: &[Mutant] = &[Mutant {
    name: "failed-look-up-is-unmanaged",
    about: "a look-up of a namespace that fails is taken for one that finds none: the signal is rejected for good",
    failed_look_ups_are_answers: true,
    scenario: "namespace-scope",
    invariant: "scenario_expectation",
    ..BLANK
}];
