//! Exhaustive search: small scopes are searched to the end. The shipped protocol holds in them; known races are found.
use model::verdict::Verdict;
use scenarios::{
    campaign::{
        Progress,
        exhaustive::{Explored, Search, Shard, explore},
        interleavings::Interleavings,
        replay_of,
        scope::Cost,
    },
    runner::Prepared,
};
use sim::{Faults, engine::Detail};
use tests::{subject, violations};

const fn bound(preemptions: u32, faults: u32) -> Cost {
    Cost { faults, preemptions }
}

const fn search(bound: Cost) -> Search {
    Search { bound, jobs: 2, shard: Shard::WHOLE, deadline: None, keep_going: false }
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

#[test]
fn shards_add_up_to_the_whole() {
    let whole = explored("pair", "fenced-lease", &search(bound(1, 0)));
    let part =
        |index| explored("pair", "fenced-lease", &Search { shard: Shard { index, of: 3 }, ..search(bound(1, 0)) });
    let parts: Vec<Explored> = (0..3).map(part).collect();
    assert_eq!(parts.iter().map(|part| part.tally.runs).sum::<u64>(), whole.tally.runs);
    let mut sum = Interleavings::default();
    parts.into_iter().for_each(|part| sum.merge(part.tally.interleavings));
    assert_eq!(sum, whole.tally.interleavings);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the deadline of a search is a moment of real time")]
fn unfinished_search_says_so() {
    let brief = Search { deadline: Some(std::time::Instant::now()), ..search(bound(2, 0)) };
    let explored = explored("pair", "fenced-lease", &brief);
    assert!(explored.frontier.iter().any(|row| !row.complete), "{:?}", explored.frontier);
}
