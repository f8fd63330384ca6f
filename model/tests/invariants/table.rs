//! The oracle as a whole: its table, its order, its limits.
use crate::history::{History, replica};
use model::{ALL, Finding, Invariant, Kind, Oracle, Settings, Verdict, observation::Observation};
use std::collections::BTreeSet;

#[test]
fn every_invariant_has_its_own_name() {
    let ids: BTreeSet<_> = ALL.iter().map(|invariant| invariant.id).collect();
    assert_eq!(ids.len(), ALL.len());
    assert!(ALL.iter().all(|invariant| Invariant::named(invariant.id) == Some(*invariant)));
    assert!(ALL.iter().is_sorted_by_key(|invariant| invariant.kind == Kind::Liveness), "safety comes first");
    assert_eq!(Invariant::named("everything_is_fine"), None);
}

#[test]
fn findings_come_in_the_order_given() {
    let mut invariants = ALL.to_vec();
    invariants.reverse();
    let expected: Vec<_> = invariants.iter().map(|invariant| invariant.id).collect();
    let findings = Oracle::new(&invariants, Settings::of_the_protocol()).finish();
    assert!(findings.iter().map(|finding| finding.invariant).eq(expected));
}

#[test]
fn an_oracle_that_saw_nothing_decides_nothing() {
    let findings = Oracle::new(ALL, Settings::of_the_protocol()).finish();
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Inconclusive));
}

#[test]
fn only_the_first_violations_are_described() {
    let mut history = History::new();
    for name in 0..30 {
        history = history.creates(replica(0), &format!("rr-{name}"));
    }
    let finding = history.judged_by("one_active_request");
    assert_eq!(finding.violated, 29);
    assert_eq!(finding.violations.len(), Finding::DETAILED);
}

#[test]
fn violated_is_known_at_once() {
    let mut oracle = Oracle::new(ALL, Settings::of_the_protocol());
    for (index, fact) in
        History::new().creates(replica(0), "rr-a").creates(replica(1), "rr-b").facts().iter().enumerate()
    {
        oracle.observe(fact);
        assert_eq!(oracle.violated(), index == 1);
    }
    oracle.observe(&Observation::Ended { at: 10_000 });
    assert!(oracle.violated());
}
