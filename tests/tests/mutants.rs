//! Planted bugs are found, layers that others stand in for are not missed, and with nothing taken out the copy is the protocol.
use model::verdict::Verdict;
use scenarios::{
    campaign::{
        Progress,
        mutants::{Hunt, hunt},
    },
    catalogue::CATALOGUE,
    mutants::{HARMLESS, WEAKENINGS},
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Prepared, Subject, Transport},
};
use sim::{
    Faults,
    engine::{Choices, Detail, Random},
};
use tests::{run, told};

#[test]
fn planted_bugs_are_found() {
    let all: Vec<usize> = (0..WEAKENINGS.len()).collect();
    let budget = Hunt { runs: 2_500, seeds: 1, jobs: 2 };
    let hunted = hunt(&all, &budget, &Progress::default()).expect("their scenarios exist");
    let missed: Vec<&str> =
        hunted.iter().filter(|hunted| !hunted.found()).map(|hunted| WEAKENINGS[hunted.index].name).collect();
    assert!(missed.is_empty(), "not found in {} runs: {missed:?}", budget.runs);
}

#[test]
fn single_layers_are_not_missed() {
    for (index, layer) in HARMLESS.iter().enumerate() {
        let scenario = scenarios::catalogue::find(layer.scenario).expect("a scenario of the catalogue").clone();
        let subject = Subject::new(scenario, ProtocolName::Without(index), Transport::Direct, Overrides::default());
        let tally = run(&subject, 60);
        for invariant in layer.invariants {
            assert!(!tally.breaches.contains_key(invariant), "{}, {}: {}", layer.name, layer.because, told(&tally));
        }
        assert_eq!(tally.broken, None, "{}", layer.name);
    }
}

#[test]
fn copy_is_the_protocol_byte_for_byte() {
    let copy = "without-nothing".parse().expect("a protocol");
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
fn names_of_protocols_are_their_own() {
    let all = ProtocolName::all().chain(ProtocolName::weakened()).chain(ProtocolName::layered());
    for protocol in all {
        assert_eq!(protocol.to_string().parse(), Ok(protocol), "{protocol}");
    }
    assert!("weakened-not-at-all".parse::<ProtocolName>().is_err());
}

#[test]
fn trials_hold_with_every_safeguard() {
    for weakening in WEAKENINGS {
        let tally = run(&tests::subject(weakening.scenario, SHIPPED, None), 25);
        assert_eq!(tally.verdict(), Verdict::Held, "{}: {}", weakening.scenario, told(&tally));
    }
}
