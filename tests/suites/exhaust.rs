//! Exhaustive search: small scopes are searched to the end. The shipped protocol holds in them; known races are found.
use model::verdict::Verdict;
use scenarios::{
    campaign::{
        Progress, Shard,
        exhaustive::{Deviations, End, Explored, Search, explore},
        interleavings::Interleavings,
        reduction::{Dependency, Reduction},
        replay_of,
        scope::Cost,
    },
    runner::Prepared,
};
use sim::{Faults, engine::Detail};
use std::collections::{BTreeMap, BTreeSet};
use tests::{subject, violations};

const fn bound(preemptions: u32, faults: u32) -> Cost {
    Cost { faults, preemptions }
}

const fn search(bound: Cost) -> Search {
    let reduction = Reduction::Full;
    Search { bound, jobs: 2, shard: Shard::WHOLE, deadline: None, keep_going: false, reduction, count_parts: false }
}

fn explored(scenario: &str, protocol: &str, search: &Search) -> Explored {
    let faults = (search.bound.faults > 0).then_some(Faults::PLACED);
    let prepared = Prepared::new(subject(scenario, protocol, faults), Detail::Chain);
    explore(&prepared, search, &Progress::default())
}

fn assert_complete(explored: &Explored) {
    assert_eq!(explored.tally.verdict(), Verdict::Held, "{}", violations(&explored.tally));
    assert!(explored.frontier.iter().all(|row| row.complete), "{:?}", explored.frontier);
    println!("{:?}", explored.frontier);
}

#[test]
fn every_single_preemption_of_pair_holds() {
    assert_complete(&explored("pair", "fenced-lease", &search(bound(1, 0))));
}

#[test]
fn every_single_fault_of_pair_holds() {
    let explored = explored("pair", "fenced-lease", &search(bound(0, 1)));
    assert_complete(&explored);
    for kind in ["lost-request", "lost-answer", "late-write", "delay", "conflict", "crash", "pause", "lease-stolen"] {
        let delivered = explored.tally.delivered.iter().find(|(known, _)| known.name() == kind);
        assert!(delivered.is_some_and(|(_, count)| count > 0), "{kind} was never placed");
    }
}

#[test]
fn known_races_are_found_and_replayed() {
    for protocol in ["none", "planned-lease", "shipped-lease"] {
        let found = explored("pair", protocol, &search(bound(2, 0)));
        let first = found.tally.violations.get("one_active_request");
        let first = first.unwrap_or_else(|| panic!("{protocol}: {}", violations(&found.tally)));
        assert!(found.frontier.iter().any(|row| !row.complete), "{protocol}: a search that stops is not complete");
        let line = replay_of(&subject("pair", protocol, None), first).to_line().expect("a string");
        let replay: scenarios::replay::Replay = line.parse().expect("a replay string");
        let prepared = Prepared::new(replay.subject().expect("its scenario"), Detail::Chain);
        let again = prepared.run(replay.choices(), false).expect("a run");
        assert_eq!(again.hashes().chain, first.chain, "{line}");
    }
}

/// What a search finds first, with the number of preemptions and of faults that it takes. Smaller bounds are searched
/// before, and hold.
const DEPTHS: &[(&str, Cost, &str)] = &[
    ("mutant-ack-before-commit", bound(0, 0), "accepted_means_active"),
    ("none", bound(1, 0), "one_active_request"),
    ("planned-lease", bound(1, 0), "one_active_request"),
    ("shipped-lease", bound(1, 0), "one_active_request"),
    ("mutant-unconditional-count", bound(1, 0), "occurrences_exact"),
    ("mutant-counts-on-the-ended", bound(1, 0), "occurrences_exact"),
    ("mutant-batch-counts-one", bound(1, 0), "occurrences_exact"),
    ("mutant-created-for-the-poster", bound(1, 0), "reply_tells_truth"),
    ("mutant-no-mark", bound(0, 1), "occurrences_exact"),
    ("mutant-5xx-is-definite", bound(0, 1), "occurrences_exact"),
    ("mutant-conflict-is-uncounted", bound(0, 1), "occurrences_exact"),
    ("mutant-expiry-is-the-fence", bound(0, 1), "one_active_request"),
    ("mutant-new-name-per-attempt", bound(0, 1), "one_active_request"),
    ("mutant-takes-what-is-held", bound(0, 1), "one_holder"),
];

#[test]
fn mutants_are_found_at_exactly_their_bound() {
    for &(protocol, depth, invariant) in DEPTHS {
        // The widest bound has faults, so that all have the same expectations.
        let found = explored("pair", protocol, &search(bound(1, 1)));
        let (last, below) = found.frontier.split_last().expect("a frontier");
        assert_eq!(last.bound, depth, "{protocol}: {}", violations(&found.tally));
        assert!(below.iter().all(|row| row.complete) && !last.complete, "{protocol}: {:?}", found.frontier);
        assert!(found.tally.violations.contains_key(invariant), "{protocol}: {}", violations(&found.tally));
    }
}

/// The three parts of a search, and the whole.
fn parts_and_whole(reduction: Reduction) -> (Vec<Explored>, Explored) {
    let whole = Search { reduction, ..search(bound(1, 0)) };
    let part = |index| explored("pair", "fenced-lease", &Search { shard: Shard { index, of: 3 }, ..whole });
    ((0..3).map(part).collect(), explored("pair", "fenced-lease", &whole))
}

#[test]
fn shards_add_up_to_the_whole() {
    let (parts, whole) = parts_and_whole(Reduction::None);
    assert_eq!(parts.iter().map(|part| part.tally.runs).sum::<u64>(), whole.tally.runs);
    let mut sum = Interleavings::default();
    parts.into_iter().for_each(|part| sum.merge(part.tally.interleavings));
    assert_eq!(sum, whole.tally.interleavings);
}

#[test]
fn reduced_shards_reach_every_end() {
    let (parts, whole) = parts_and_whole(Reduction::Full);
    let all: BTreeSet<End> = parts.into_iter().flat_map(|part| part.ends.into_keys()).collect();
    assert_eq!(all, whole.ends.into_keys().collect());
}

/// The different ends of all schedules of a scope, and the number of runs that it took.
fn ends(scenario: &str, protocol: &str, bound: Cost, reduction: Reduction) -> (BTreeMap<End, Deviations>, u64) {
    let all = Search { reduction, keep_going: true, ..search(bound) };
    let explored = explored(scenario, protocol, &all);
    let row = explored.frontier.last().expect("a scope");
    assert!(row.complete, "{scenario}, {protocol}");
    println!("{scenario}, {protocol}, {bound:?}, {reduction:?}: {row:?}, {} ends", explored.ends.len());
    (explored.ends, row.schedules)
}

/// Both have the same ends. The message names schedules whose ends are lost, as `lockstep replay` takes them.
fn assert_all_reached(all: &BTreeMap<End, Deviations>, reduced: &BTreeMap<End, Deviations>, what: &str) {
    let lost = all.iter().filter(|(end, _)| !reduced.contains_key(*end)).map(|(_, schedule)| {
        let choices: Vec<String> = schedule.iter().map(|(place, picked)| format!("{place}={picked}")).collect();
        format!("still:{}", choices.join(","))
    });
    let lost: Vec<String> = lost.collect();
    assert!(lost.is_empty(), "{what}: {} ends are lost, those of {lost:#?}", lost.len());
    assert!(reduced.keys().all(|end| all.contains_key(end)), "{what}: some ends are not reached without reduction");
}

#[test]
fn reduction_changes_no_end() {
    for (scenario, protocol, bound) in [
        ("pair", "fenced-lease", bound(1, 0)),
        ("pair", "fenced-lease", bound(0, 1)),
        ("pair", "none", bound(2, 0)),
        ("pair", "shipped-lease", bound(1, 0)),
        ("pair", "mutant-created-for-the-poster", bound(1, 0)),
        ("cooldown-pair", "fenced-lease", bound(1, 0)),
        ("duo", "fenced-lease", bound(2, 0)),
        ("duo", "fenced-lease", bound(0, 1)),
    ] {
        let (all, schedules) = ends(scenario, protocol, bound, Reduction::None);
        let (reduced, fewer) = ends(scenario, protocol, bound, Reduction::Full);
        assert_all_reached(&all, &reduced, &format!("{scenario}, {protocol}, {bound:?}"));
        assert!(fewer < schedules, "{scenario}, {protocol}, {bound:?}: {fewer} of {schedules}");
    }
}

/// What is seen from outside of all schedules of a scope.
fn outcomes(scenario: &str, protocol: &str, bound: Cost, reduction: Reduction) -> BTreeSet<End> {
    let explored = explored(scenario, protocol, &Search { reduction, keep_going: true, ..search(bound) });
    println!("{scenario}, {protocol}, {bound:?}, {reduction:?}: {:?}", explored.frontier.last());
    explored.outcomes
}

#[test]
fn converging_changes_no_outcome() {
    for (protocol, bound) in [
        ("fenced-lease", bound(1, 0)),
        ("fenced-lease", bound(0, 1)),
        ("none", bound(1, 0)),
        ("mutant-created-for-the-poster", bound(1, 0)),
    ] {
        let all = outcomes("pair", protocol, bound, Reduction::None);
        let converged = outcomes("pair", protocol, bound, Reduction::Converging);
        let lost = all.difference(&converged).count();
        assert!(converged == all, "{protocol}, {bound:?}: {lost} outcomes are lost");
    }
}

#[test]
fn forgotten_dependencies_are_noticed() {
    let forgotten = |protocol, dependency| ends("pair", protocol, bound(2, 0), Reduction::Forgetting(dependency)).0;
    let all = ends("pair", "none", bound(2, 0), Reduction::None).0;
    assert_ne!(forgotten("none", Dependency::Object).len(), all.len());
    // The shipped protocol watches. Its schedules without reduction are too many for a test.
    let all = ends("pair", "fenced-lease", bound(2, 0), Reduction::Full).0;
    for dependency in [Dependency::Cache, Dependency::Actor, Dependency::Consequence] {
        let reached = forgotten("fenced-lease", dependency);
        let subset = reached.keys().all(|end| all.contains_key(end));
        assert!(subset && reached.len() < all.len(), "{dependency:?} is not needed");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the deadline of a search is a moment of real time")]
fn unfinished_search_says_so() {
    let brief = Search { deadline: Some(std::time::Instant::now()), ..search(bound(2, 0)) };
    let explored = explored("pair", "fenced-lease", &brief);
    assert!(explored.frontier.iter().any(|row| !row.complete), "{:?}", explored.frontier);
}
