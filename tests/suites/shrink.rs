//! Failing runs become small, and stay the same failure.
use scenarios::{
    campaign::known_failures::{self, KnownFailure},
    replay::Replay,
    runner::Prepared,
    shrink::{Limits, ShrinkError, Shrunk, shrink},
};
use sim::engine::Detail;

/// Runs that a search for a smaller run may take in these tests, which are not optimised.
const LIMITS: Limits = Limits { runs: 400, deadline: None };

fn shrunk(replay: &Replay) -> Shrunk {
    shrink(replay, &LIMITS).expect("it fails, and can be steered")
}

fn known(protocol: &str, scenario: &str) -> Replay {
    let same = |known: &&KnownFailure| {
        known.subject.protocol.to_string() == protocol && known.subject.scenario.name == scenario
    };
    let all = known_failures::all().expect("their scenarios exist");
    all.iter().find(same).expect("a known failure").find(2_500).expect("a run that shows it")
}

/// The replay as text violates the same invariant again, and is the same run.
fn repeats(shrunk: &Shrunk) {
    let text = shrunk.replay.to_text();
    let read: Replay = text.parse().expect("its own text");
    assert_eq!(read, shrunk.replay);
    let run = Prepared::new(read.subject().expect("a subject"), Detail::Chain).run(read.choices(), false);
    let run = run.expect("a run");
    assert_eq!((Some(run.hashes().chain), &run.outcome.mismatch), (read.chain, &None), "{text}");
    assert!(run.violations().any(|violation| Some(violation.invariant) == read.invariant.as_deref()), "{text}");
}

#[test]
fn the_shipped_lock_races_in_two_signals() {
    let shrunk = shrunk(&known("shipped-lease", "burst"));
    let after = shrunk.after;
    assert!(after.replicas <= 2 && after.signals <= 2 && after.calls_until <= 15, "{after:?}");
    assert!(!shrunk.stopped_early, "{} runs", shrunk.runs);
    repeats(&shrunk);
}

#[test]
fn the_same_run_shrinks_to_the_same() {
    let replay = known("none", "pair");
    let [one, other] = [shrunk(&replay), shrunk(&replay)];
    assert_eq!((one.replay.to_text(), one.runs), (other.replay.to_text(), other.runs));
    let again = shrunk(&one.replay);
    assert_eq!(again.after, one.after, "the smallest stays as it is");
}

/// `lockstep shrink --table` does this for all of them.
#[test]
fn known_failures_become_smaller() {
    let all = known_failures::all().expect("their scenarios exist");
    for known in all.iter().skip(1).step_by(6) {
        let name = format!("{} in {}", known.subject.protocol, known.subject.scenario.name);
        let replay = known.find(2_500).unwrap_or_else(|| panic!("{name}: not found"));
        let shrunk = shrunk(&replay);
        assert!(shrunk.after < shrunk.before, "{name}: {:?} and {:?}", shrunk.before, shrunk.after);
        assert_eq!(shrunk.replay.invariant.as_deref(), Some(known.invariant), "{name}");
        repeats(&shrunk);
    }
}

#[test]
fn what_cannot_shrink_says_why() {
    let replay = |line: &str| -> Replay { line.parse().expect("a replay string") };
    let error = |line: &str| shrink(&replay(line), &LIMITS).map(|shrunk| shrunk.runs);
    assert!(matches!(error("pair:fenced-lease:direct:-:-:random:1"), Err(ShrinkError::Held)));
    assert!(matches!(error("pair:none:network:-:-:random:1"), Err(ShrinkError::Network)));
    assert!(matches!(error("pear:none:direct:-:-:random:1"), Err(ShrinkError::Replay(_))));
    assert!(matches!(error("pair:none:direct:-:-:placed:9999=1"), Err(ShrinkError::Differs(_))));
}
