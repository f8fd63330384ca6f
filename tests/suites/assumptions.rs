//! Each assumption of docs/protocol/evidence.md is needed: a scenario that violates it breaks the named invariant, or
//! the gateway refuses signals.
use model::verdict::Verdict;
use scenarios::catalogue::assumptions::ASSUMPTIONS;
use tests::{run, subject, violations};

const PROTOCOL: &str = include_str!("../../docs/protocol/evidence.md");

#[test]
fn violated_assumptions_break_their_invariant() {
    for assumption in ASSUMPTIONS {
        let name = &assumption.scenario.name;
        let tally = run(&subject(name, assumption.protocol, None), 120);
        assert_eq!(tally.broken, None, "{name}");
        match assumption.invariant {
            Some(invariant) => {
                let broken = violations(&tally);
                assert!(tally.violations.contains_key(invariant), "{name} does not break {invariant}, but\n{broken}");
            }
            None => assert_eq!(tally.verdict(), Verdict::Held, "{name}: {}", violations(&tally)),
        }
    }
}

#[test]
fn every_assumption_scenario_is_documented() {
    for assumption in ASSUMPTIONS {
        let name = &assumption.scenario.name;
        assert!(PROTOCOL.contains(&format!("`{name}`")), "docs/protocol/evidence.md does not name `{name}`");
    }
}

#[test]
fn fast_clock_breaks_nothing_else() {
    let fast_clock = ASSUMPTIONS
        .iter()
        .find(|assumption| assumption.invariant == Some("one_holder"))
        .expect("an assumption about one holder");
    let tally = run(&subject(&fast_clock.scenario.name, fast_clock.protocol, None), 120);
    assert!(!tally.violations.contains_key("one_active_request"), "{}", violations(&tally));
    assert!(!tally.violations.contains_key("occurrences_exact"), "{}", violations(&tally));
}
