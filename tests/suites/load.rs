//! Load and mixed versions, by comparison: cold fingerprints with and without a hot one, pods of the existing gateway
//! next to new ones.
//!
//! `cargo test -p tests --test load -- --nocapture` prints the figures.
use scenarios::{
    protocol_name::SHIPPED,
    runner::{Overrides, Prepared, Run, Subject, Transport},
    workload::Payload,
};
use sim::engine::{Choices, Detail, Random};
use std::borrow::Cow;
use tests::subject;

fn prepared(scenario: &str, transport: Transport) -> Prepared {
    let of_catalogue = subject(scenario, SHIPPED, None);
    let subject = Subject::new(of_catalogue.scenario, of_catalogue.protocol, transport, Overrides::default());
    Prepared::new(subject, Detail::Chain)
}

/// Times from sending to answer of the cold fingerprints, in microseconds of simulated time, shortest first.
fn cold(run: &Run) -> Vec<u64> {
    let cold = run.signals.iter().filter(|signal| matches!(signal.payload, Payload::Distinct(_)));
    let mut times: Vec<u64> = cold.map(|signal| signal.answered_at - signal.sent_at).collect();
    times.sort_unstable();
    times
}

fn millis(times: &[u64], per_cent: usize) -> f64 {
    let place = (times.len() * per_cent / 100).min(times.len() - 1);
    f64::from(u32::try_from(times[place]).expect("less than an hour")) / 1_000.0
}

#[test]
fn hot_fingerprint_does_not_slow_cold_ones() {
    // Over TCP, because there time passes for all calls at once.
    let [alone, with_hot] = ["cold-alone", "hot-and-cold"].map(|scenario| {
        let prepared = prepared(scenario, Transport::Network);
        let runs = (0..2).map(|seed| prepared.run(Choices::new(Random::new(seed)), false).expect("a run"));
        let mut times: Vec<u64> = runs.flat_map(|run| cold(&run)).collect();
        times.sort_unstable();
        let figures = [50, 95, 100].map(|per_cent| millis(&times, per_cent));
        println!("{scenario}: {} cold signals, P50 / P95 / max {figures:?} ms", times.len());
        figures
    });
    for (alone, with_hot) in alone.into_iter().zip(with_hot) {
        assert!(with_hot <= alone * 1.25 + 20.0, "{with_hot} ms with the hot one, {alone} ms alone");
    }
}

#[test]
fn redeliveries_count_again_without_key_check() {
    for (protocol, broken) in [("none", true), ("shipped-lease", true), (SHIPPED, false)] {
        let prepared = Prepared::new(subject("keyed-twice", protocol, None), Detail::Chain);
        let runs = (0..5).map(|seed| prepared.run(Choices::new(Random::new(seed)), false).expect("a run"));
        let counted_again = |run: Run| run.violations().any(|violation| violation.invariant == "occurrences_exact");
        assert_eq!(runs.filter_map(|run| counted_again(run).then_some(())).count() == 5, broken, "{protocol}");
    }
}

#[test]
fn mixed_versions_break_less_than_old() {
    const RUNS: u64 = 40;
    let mut rates = Vec::new();
    for old in [3, 2, 1, 0] {
        let mut subject = subject("burst", SHIPPED, None);
        subject.scenario.mixed_replicas = Cow::Owned(vec!["shipped-lease"; old]);
        let prepared = Prepared::new(subject, Detail::Chain);
        let runs: Vec<Run> =
            (0..RUNS).map(|seed| prepared.run(Choices::new(Random::new(seed)), false).expect("a run")).collect();
        let broken =
            |id: &str| runs.iter().filter(|run| run.violations().any(|violation| violation.invariant == id)).count();
        let (active, counts) = (broken("one_active_request"), broken("occurrences_exact"));
        println!(
            "{old} old and {} new pods: {active} of {RUNS} bursts had two active requests, {counts} wrong counts",
            3 - old
        );
        rates.push((active, counts));
    }
    assert_eq!(rates[3], (0, 0), "only new pods");
    for pair in rates.windows(2) {
        assert!(pair[1].0 <= pair[0].0 + 4 && pair[1].1 <= pair[0].1 + 4, "more new pods, more violations: {rates:?}");
    }
}
