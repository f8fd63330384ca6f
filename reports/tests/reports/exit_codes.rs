//! The exit code of each kind of report, and which kind of failure decides.
use crate::race;
use model::Verdict;
use reports::{Failure, FailureKind, RunReport, exit_code, exit_code::*, report::Mutant, search::Frontier};

fn with(kinds: &[FailureKind]) -> RunReport {
    let mut report = race::violated();
    let failure = report.failures.remove(0);
    report.failures = kinds.iter().map(|&kind| Failure { kind, ..failure.clone() }).collect();
    report
}

#[test]
fn each_kind_of_failure_has_its_own_code() {
    assert_eq!(exit_code(&race::held()), HELD);
    assert_eq!(exit_code(&with(&[FailureKind::Safety])), SAFETY);
    assert_eq!(exit_code(&with(&[FailureKind::Liveness])), LIVENESS);
    assert_eq!(exit_code(&with(&[FailureKind::NotDeterministic])), NOT_DETERMINISTIC);
    assert_eq!(exit_code(&with(&[FailureKind::Panic])), PANICKED);
    assert_eq!(exit_code(&with(&[FailureKind::Fidelity])), UNMET);
    assert_eq!(exit_code(&RunReport { verdict: Verdict::Inconclusive, ..race::held() }), INCONCLUSIVE);
}

#[test]
fn the_worse_failure_decides() {
    use FailureKind::{Liveness, NotDeterministic, Panic, Safety};
    assert_eq!(exit_code(&with(&[Liveness, Safety])), SAFETY);
    assert_eq!(exit_code(&with(&[Safety, Panic])), PANICKED);
    assert_eq!(exit_code(&with(&[Panic, Safety, NotDeterministic])), NOT_DETERMINISTIC);
    let unmet = vec!["crash was never delivered".to_owned()];
    assert_eq!(exit_code(&RunReport { unmet, ..with(&[Liveness]) }), LIVENESS);
}

#[test]
fn unmet_requirements_are_not_a_pass() {
    let unmet = vec!["crash was never delivered".to_owned()];
    assert_eq!(exit_code(&RunReport { unmet, verdict: Verdict::Inconclusive, ..race::held() }), UNMET);
    let mutant = |found| Mutant {
        name: "no-mark".to_owned(),
        invariant: "occurrences_exact".to_owned(),
        strategy: "random".to_owned(),
        found,
        unfinished: false,
        runs_to_find: None,
        scenario: None,
        replay: None,
        smallest: None,
    };
    assert_eq!(exit_code(&RunReport { mutants: Some(vec![mutant(true)]), ..race::held() }), HELD);
    assert_eq!(exit_code(&RunReport { mutants: Some(vec![mutant(true), mutant(false)]), ..race::held() }), UNMET);
    assert_eq!(exit_code(&RunReport { cases: Some(2), passed: Some(1), ..race::held() }), UNMET);
}

#[test]
fn an_unfinished_search_is_inconclusive() {
    let frontier = |complete| vec![Frontier { preemptions: 2, faults: 1, schedules: 9_000, complete }];
    assert_eq!(exit_code(&RunReport { frontier: Some(frontier(false)), ..race::held() }), INCONCLUSIVE);
    assert_eq!(exit_code(&RunReport { frontier: Some(frontier(true)), ..race::held() }), HELD);
}

#[test]
fn violated_without_a_failure_is_not_held() {
    assert_eq!(exit_code(&with(&[])), SAFETY);
}

#[test]
fn a_stopped_command_is_inconclusive() {
    let stopped = RunReport { complete: false, interrupted: true, ..race::held() };
    assert_eq!(exit_code(&stopped), INCONCLUSIVE);
    assert_eq!(exit_code(&RunReport { complete: false, ..race::violated() }), SAFETY);
}

#[test]
fn the_worst_of_several_codes_counts() {
    for (codes, worst) in [(&[][..], 0), (&[0, 1], 1), (&[1, 6, 0], 6), (&[3, 2, 1], 2), (&[2, 7], 7), (&[7, 4, 2], 4)]
    {
        assert_eq!(exit_code::worst(codes.iter().copied()), worst, "{codes:?}");
    }
}
