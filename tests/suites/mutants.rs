//! Mutants are caught, equivalent mutants keep their invariants, and the copy with every safeguard is the shipped
//! protocol.
use model::verdict::Verdict;
use scenarios::{
    campaign::{
        Progress,
        mutants::{Hunt, hunt},
    },
    catalogue::CATALOGUE,
    mutants::{EQUIVALENT_MUTANTS, MUTANTS},
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Prepared, Subject, Transport},
    strategies::StrategyName,
};
use sim::{
    Faults,
    engine::{Choices, Detail, Random},
};
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
fn copy_is_the_protocol_byte_for_byte() {
    let copy = "mutant-unchanged".parse().expect("a protocol");
    let shipped = SHIPPED.parse().expect("a protocol");
    for (seed, scenario) in CATALOGUE.iter().enumerate() {
        let hostile = Overrides { faults: Some(Faults::HOSTILE), replicas: None };
        for overrides in [Overrides::default(), hostile] {
            let chain = |protocol: ProtocolName| {
                let subject = Subject::new((*scenario).clone(), protocol, Transport::Direct, overrides);
                let run = Prepared::new(subject, Detail::Chain).run(Choices::new(Random::new(seed as u64)), false);
                run.expect("the run begins").hashes().chain
            };
            assert_eq!(chain(copy), chain(shipped), "{}", scenario.name);
        }
    }
}

#[test]
fn names_of_protocols_are_unique() {
    let all = ProtocolName::all().chain(ProtocolName::mutants()).chain(ProtocolName::equivalent_mutants());
    for protocol in all {
        assert_eq!(protocol.to_string().parse(), Ok(protocol), "{protocol}");
    }
    assert!("mutant-not-at-all".parse::<ProtocolName>().is_err());
}

#[test]
fn scenarios_of_mutants_hold_with_every_safeguard() {
    for mutant in MUTANTS {
        let tally = run(&tests::subject(mutant.scenario, SHIPPED, None), 25);
        assert_eq!(tally.verdict(), Verdict::Held, "{}: {}", mutant.scenario, violations(&tally));
    }
}
