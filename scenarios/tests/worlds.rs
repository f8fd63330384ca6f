//! Worlds at random hold for the shipped protocol, and a known mistake shows in them.
use model::verdict::Verdict;
use scenarios::{
    runner::{Overrides, Prepared, Run, Subject, Transport},
    worlds,
};
use sim::engine::{Choices, Detail, Random};

fn run(seed: u64, protocol: &str) -> Run {
    let protocol = protocol.parse().expect("a protocol");
    let subject = Subject::new(worlds::draw(seed), protocol, Transport::Direct, Overrides::default());
    Prepared::new(subject, Detail::Chain).run(Choices::new(Random::new(seed)), false).expect("the run begins")
}

#[test]
fn worlds_hold() {
    for seed in 0..200 {
        let run = run(seed, "fenced-lease");
        let violations: Vec<_> = run.violations().collect();
        assert!(run.verdict == Verdict::Held, "{}: {violations:#?}", worlds::name(seed));
    }
}

#[test]
fn known_mistakes_show_in_worlds() {
    for protocol in ["shipped-lease", "mutant-no-mark", "mutant-batch-counts-one"] {
        let violated = (0..200).any(|seed| run(seed, protocol).verdict == Verdict::Violated);
        assert!(violated, "{protocol}");
    }
}

#[test]
fn a_world_repeats_itself() {
    for seed in 200..220 {
        assert_eq!(run(seed, "fenced-lease").hashes(), run(seed, "fenced-lease").hashes(), "{}", worlds::name(seed));
    }
}
