//! The network transport: what holds over the direct one holds over real HTTP, what breaks breaks, and a seed is one run.
use model::verdict::Verdict;
use scenarios::{
    catalogue,
    contender::ProtocolName,
    replay::Replay,
    runner::{Overrides, Prepared, Run, Subject, Transport},
};
use sim::{
    choice::{Choices, Random, Recorded},
    faults::{FaultKind, Faults},
    trace::Detail,
};
use std::time::Duration;

fn subject(scenario: &str, protocol: &str, faults: Option<Faults>) -> Subject {
    let mut scenario = catalogue::find(scenario).expect("a scenario of the catalogue").clone();
    // A tick is a millisecond, idle or not: what the tail is for is tested over the direct transport.
    scenario.cluster.tail = Duration::from_secs(2);
    let protocol: ProtocolName = protocol.parse().expect("a protocol");
    Subject::new(scenario, protocol, Transport::Network, Overrides { faults, replicas: None })
}

fn run(prepared: &Prepared, seed: u64) -> Run {
    prepared.run(Choices::new(Random::new(seed)), false).expect("a run")
}

fn holds(scenario: &str) {
    let prepared = Prepared::new(subject(scenario, "fenced-lease", None), Detail::Chain);
    for seed in 0..5 {
        let run = run(&prepared, seed);
        let breaches: Vec<_> = run.breaches().collect();
        assert_eq!(run.verdict, Verdict::Held, "{scenario}, seed {seed}: {breaches:?}");
        assert!(run.outcome.api_calls > 0 && run.outcome.mismatch.is_none());
    }
}

#[test]
fn a_burst_holds_over_http() {
    holds("burst");
}

#[test]
fn a_group_holds_over_http() {
    holds("group-of-three");
}

#[test]
fn an_end_meanwhile_holds_over_http() {
    holds("ends-meanwhile");
}

#[test]
fn the_existing_lock_breaks_over_http() {
    let prepared = Prepared::new(subject("burst", "shipped-lease", None), Detail::Chain);
    let broken = |run: &Run| run.breaches().any(|violation| violation.invariant == "one_active_request");
    assert!((0..40).any(|seed| broken(&run(&prepared, seed))), "no seed of 40 has two active requests");
}

#[test]
fn a_seed_is_one_run() {
    let prepared = Prepared::new(subject("burst", "fenced-lease", Some(Faults::HOSTILE)), Detail::Lines);
    for seed in [0u64; 8] {
        let (first, second) = (run(&prepared, seed), run(&prepared, seed));
        let (h1, h2) = (first.hashes(), second.hashes());
        let (a, b) = (first.outcome.trace.into_lines(), second.outcome.trace.into_lines());
        for (i, (x, y)) in a.iter().zip(&b).enumerate() { if x != y { println!("{i}: {x}\n{y}"); break; } }
        println!("{} {}", a.len(), b.len()); assert_eq!(h1, h2);
    }
    assert_ne!(run(&prepared, 1).hashes(), run(&prepared, 2).hashes());
}

#[test]
fn recorded_choices_repeat_the_run() {
    let prepared = Prepared::new(subject("burst", "fenced-lease", Some(Faults::STORMY)), Detail::Chain);
    let random = run(&prepared, 3);
    let hashes = random.hashes();
    let again = prepared.run(Choices::new(Recorded::new(random.outcome.choices)), false).expect("a run");
    assert_eq!(again.outcome.mismatch, None);
    assert_eq!(again.hashes(), hashes);
}

#[test]
fn a_replay_string_names_the_network() {
    let replay: Replay = "burst:fenced-lease:network:stormy:2:random:7".parse().expect("a replay");
    assert_eq!(replay.transport, Transport::Network);
    assert_eq!(replay.to_text().parse(), Ok(replay));
}

#[test]
fn crashes_and_lost_answers_strike_over_http() {
    let prepared = Prepared::new(subject("burst-stormy", "fenced-lease", None), Detail::Chain);
    let mut delivered = sim::faults::Delivered::default();
    for seed in 0..12 {
        let run = run(&prepared, seed);
        let breaches: Vec<_> = run.breaches().collect();
        assert_eq!(run.verdict, Verdict::Held, "seed {seed}: {breaches:?}");
        delivered.add(&run.outcome.delivered);
    }
    for kind in [FaultKind::Crash, FaultKind::Pause, FaultKind::LostAnswer, FaultKind::LateWrite, FaultKind::WatchLag] {
        assert!(delivered.of(kind) > 0, "{} never took effect: {delivered:?}", kind.name());
    }
}
