//! Each assumption of docs/protocol/ is needed: where it does not hold, the invariant named with it breaks. Or the gateway
//! refuses signals, and says so.
use model::verdict::Verdict;
use scenarios::assumptions::WITNESSES;
use tests::{run, subject, told};

const PROTOCOL: &str = include_str!("../../docs/protocol/evidence.md");

#[test]
fn broken_assumptions_break_their_invariant() {
    for witness in WITNESSES {
        let name = &witness.scenario.name;
        let tally = run(&subject(name, witness.protocol, None), 120);
        assert_eq!(tally.broken, None, "{name}");
        match witness.invariant {
            Some(invariant) => {
                let broken = told(&tally);
                assert!(tally.breaches.contains_key(invariant), "{name} does not break {invariant}, but\n{broken}");
            }
            None => assert_eq!(tally.verdict(), Verdict::Held, "{name}: {}", told(&tally)),
        }
    }
}

#[test]
fn every_witness_is_told_of() {
    for witness in WITNESSES {
        let name = &witness.scenario.name;
        assert!(PROTOCOL.contains(&format!("`{name}`")), "docs/protocol/ does not name `{name}`");
    }
}

#[test]
fn assumption_breaks_nothing_else() {
    let fast_clock = WITNESSES.iter().find(|witness| witness.invariant == Some("one_holder")).expect("a witness");
    let tally = run(&subject(&fast_clock.scenario.name, fast_clock.protocol, None), 120);
    assert!(!tally.breaches.contains_key("one_active_request"), "{}", told(&tally));
    assert!(!tally.breaches.contains_key("occurrences_exact"), "{}", told(&tally));
}
