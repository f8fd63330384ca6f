//! Mutants are caught, equivalent mutants keep their invariants, and the unchanged copies are the shipped protocol.
use model::verdict::Verdict;
use scenarios::{
    campaign::{
        Progress,
        mutants::{Hunt, hunt},
        score::GENERATED,
    },
    catalogue::CATALOGUE,
    mutants::{EQUIVALENT_MUTANTS, MUTANTS},
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Prepared, Subject, Transport},
    strategies::StrategyName,
    survivors,
};
use sim::{
    Faults,
    engine::{Choices, Detail, Random},
};
use std::collections::BTreeSet;
use tests::{run, violations};

#[test]
fn mutants_are_caught() {
    let all: Vec<usize> = (0..MUTANTS.len()).collect();
    let budget = Hunt { runs: 2_500, seeds: 1, jobs: 2, strategy: StrategyName::Random };
    let hunted = hunt(&all, &budget, &Progress::default()).expect("their scenarios exist");
    let missed: Vec<&str> =
        hunted.iter().filter(|hunted| !hunted.caught()).map(|hunted| MUTANTS[hunted.index].name).collect();
    assert!(missed.is_empty(), "not caught in {} runs: {missed:?}", budget.runs);
}

#[test]
fn equivalent_mutants_keep_their_invariants() {
    for (index, mutant) in EQUIVALENT_MUTANTS.iter().enumerate() {
        let scenario = scenarios::catalogue::find(mutant.scenario).expect("a scenario of the catalogue").clone();
        let subject =
            Subject::new(scenario, ProtocolName::EquivalentMutant(index), Transport::Direct, Overrides::default());
        let tally = run(&subject, 60);
        for invariant in mutant.invariants {
            assert!(
                !tally.violations.contains_key(invariant),
                "{}, {}: {}",
                mutant.name,
                mutant.because,
                violations(&tally)
            );
        }
        assert_eq!(tally.broken, None, "{}", mutant.name);
    }
}

#[test]
fn copies_are_the_protocol_byte_for_byte() {
    let copies = ["mutant-unchanged", "generated", "covered"].map(|name| name.parse().expect("a protocol"));
    let shipped = SHIPPED.parse().expect("a protocol");
    for (seed, scenario) in CATALOGUE.iter().enumerate() {
        let hostile = Overrides { faults: Some(Faults::HOSTILE), replicas: None };
        for overrides in [Overrides::default(), hostile] {
            let chain = |protocol: ProtocolName| {
                let subject = Subject::new((*scenario).clone(), protocol, Transport::Direct, overrides);
                let run = Prepared::new(subject, Detail::Chain).run(Choices::new(Random::new(seed as u64)), false);
                run.expect("the run begins").hashes().chain
            };
            assert_eq!(copies.map(chain), [chain(shipped); 3], "{}", scenario.name);
        }
    }
}

#[test]
fn survivors_are_mutants_that_exist() {
    assert_eq!(survivors::stale(), Vec::<String>::new());
    assert_eq!(survivors::listed_twice(), Vec::<String>::new());
}

/// Generated mutants, each with a scenario in which nearly every run shows it.
const SAMPLE: [(&str, &str); 10] = [
    ("queue::Coalescer::join: `!=` for `==` in `share == 0`", "burst"),
    ("count::accept: `-` for `+` in `before + index + 1`", "burst"),
    ("batch::Batch::occurrences: the body replaced by `1`", "burst"),
    ("names::of_episode: the body replaced by `String::new()`", "keyed-episodes-later"),
    ("request::RequestRecord::is_suppressing: the body replaced by `false`", "review-required"),
    ("lease::LeaseRecord::lock_state: `<` for `>=` in `now >= until`", "held-lock"),
    ("deliveries::Deliveries::find: the body replaced by `None`", "keyed-twice"),
    ("unacknowledged::give_back: the body replaced by `()`", "refused-member"),
    ("sweeper::free: the body replaced by `()`", "crash-before-release"),
    ("redelivery::inherited: the body replaced by `Ok(Default::default())`", "empty-episode"),
];

#[test]
fn sample_of_generated_mutants_is_caught() {
    for (name, scenario) in SAMPLE {
        let number = GENERATED.iter().position(|mutant| mutant.to_string() == name);
        let number = number.unwrap_or_else(|| panic!("no mutant is {name}: the protocol has changed"));
        let scenario = scenarios::catalogue::find(scenario).expect("a scenario of the catalogue").clone();
        let protocol = ProtocolName::Generated(u16::try_from(number).ok());
        let subject = Subject::new(scenario, protocol, Transport::Direct, Overrides::default());
        assert!(!run(&subject, 12).violations.is_empty(), "{name} survives");
    }
}

#[test]
fn names_of_protocols_are_unique() {
    let written = ProtocolName::all().chain(ProtocolName::mutants()).chain(ProtocolName::equivalent_mutants());
    let sample = ProtocolName::generated().step_by(50);
    for protocol in written.chain(sample) {
        assert_eq!(protocol.to_string().parse(), Ok(protocol), "{protocol}");
    }
    let generated: BTreeSet<String> = ProtocolName::generated().map(|protocol| protocol.to_string()).collect();
    assert_eq!(generated.len(), GENERATED.len());
    assert!("mutant-not-at-all".parse::<ProtocolName>().is_err());
}

#[test]
fn scenarios_of_mutants_hold_with_every_safeguard() {
    for mutant in MUTANTS {
        let tally = run(&tests::subject(mutant.scenario, SHIPPED, None), 25);
        assert_eq!(tally.verdict(), Verdict::Held, "{}: {}", mutant.scenario, violations(&tally));
    }
}
