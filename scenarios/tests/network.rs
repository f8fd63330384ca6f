//! The network transport agrees with the direct one: the same scenarios hold, the same protocols break, and a seed
//! repeats its run.
use model::verdict::Verdict;
use scenarios::{
    catalogue,
    protocol_name::ProtocolName,
    replay::Replay,
    runner::{Overrides, Prepared, Run, Subject, Transport},
};
use sim::{
    Delivered, FaultKind, Faults,
    engine::{Choices, Detail, Random, Recorded},
};
use std::time::Duration;

fn subject(scenario: &str, protocol: &str, faults: Option<Faults>) -> Subject {
    let mut scenario = catalogue::find(scenario).expect("a scenario of the catalogue").clone();
    // Every simulated millisecond costs a tick, so the tail is short; the direct transport tests the long one.
    scenario.cluster.tail = Duration::from_secs(2);
    let protocol: ProtocolName = protocol.parse().expect("a protocol");
    Subject::new(scenario, protocol, Transport::Network, Overrides { faults, replicas: None })
}

fn run(prepared: &Prepared, seed: u64) -> Run {
    prepared.run(Choices::new(Random::new(seed)), false).expect("a run")
}

/// Runs seeds that must all hold, and requires each of these faults to take effect in at least one of them.
fn holds_under(scenario: &str, seeds: u64, required: &[FaultKind]) {
    let prepared = Prepared::new(subject(scenario, "fenced-lease", None), Detail::Chain);
    let mut delivered = Delivered::default();
    for seed in 0..seeds {
        let run = run(&prepared, seed);
        let violations: Vec<_> = run.violations().collect();
        assert_eq!(run.verdict, Verdict::Held, "{scenario}, seed {seed}: {violations:?}");
        delivered.add(&run.outcome.delivered);
    }
    for kind in required {
        assert!(delivered.of(*kind) > 0, "{} never took effect in {scenario}: {delivered:?}", kind.name());
    }
}

#[test]
fn a_burst_holds_over_http() {
    holds_under("burst", 5, &[]);
}

#[test]
fn a_group_holds_over_http() {
    holds_under("group-of-three", 5, &[]);
}

#[test]
fn an_end_meanwhile_holds_over_http() {
    holds_under("ends-meanwhile", 5, &[]);
}

#[test]
fn counts_that_are_sent_twice_hold_over_http() {
    holds_under("counts-sent-twice", 4, &[FaultKind::SentTwice]);
}

#[test]
fn a_cooldown_holds_over_http() {
    holds_under("count-after-cooldown", 3, &[FaultKind::Pause]);
}

#[test]
fn the_existing_lock_breaks_over_http() {
    let prepared = Prepared::new(subject("burst", "shipped-lease", None), Detail::Chain);
    let broken = |run: &Run| run.violations().any(|violation| violation.invariant == "one_active_request");
    assert!((0..40).any(|seed| broken(&run(&prepared, seed))), "no seed of 40 has two active requests");
}

#[test]
fn a_seed_is_one_run_in_any_thread() {
    let prepared = Prepared::new(subject("burst", "fenced-lease", Some(Faults::HOSTILE)), Detail::Lines);
    // Another thread has other hash keys and other task ids, as another process would.
    let lines = |seed| run(&prepared, seed).outcome.trace.into_lines();
    let seeds = [0, 1, 2];
    let elsewhere = std::thread::scope(|scope| {
        let runs = seeds.map(|seed| scope.spawn(move || lines(seed)));
        runs.map(|run| run.join().expect("no panic"))
    });
    for (seed, elsewhere) in seeds.into_iter().zip(elsewhere) {
        let here = lines(seed);
        let first = here.iter().zip(&elsewhere).find(|(here, elsewhere)| here != elsewhere);
        assert_eq!((first, here.len()), (None, elsewhere.len()), "seed {seed}");
    }
}

#[test]
fn seeds_are_different_runs() {
    let prepared = Prepared::new(subject("burst", "fenced-lease", None), Detail::Chain);
    assert_ne!(run(&prepared, 1).hashes().interleaving, run(&prepared, 2).hashes().interleaving);
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
fn crashes_and_pauses_are_survived() {
    use FaultKind::{ClockSkew, Crash, Pause, WatchDrop, WatchLag};
    holds_under("burst-stormy", 40, &[Crash, Pause, WatchLag, WatchDrop, ClockSkew]);
}

#[test]
fn broken_connections_are_survived() {
    use FaultKind::{Delay, FalseError, Hang, LateWrite, LostAnswer, LostRequest, TooManyRequests};
    holds_under("api-errors", 24, &[Delay, FalseError, LateWrite, LostAnswer, LostRequest, Hang, TooManyRequests]);
}

#[test]
fn scripted_crashes_strike_their_call() {
    holds_under("holder-crash", 3, &[FaultKind::Crash]);
    holds_under("holder-pause", 3, &[FaultKind::Pause]);
    holds_under("lost-create", 3, &[FaultKind::LostAnswer]);
}
