//! Every scenario of the catalogue holds for the shipped protocol, and each of its triggers takes effect.
use model::verdict::Verdict;
use scenarios::{catalogue::CATALOGUE, gateway_faults, protocol_name::SHIPPED, scenario::Scenario};
use sim::{Delivered, Fault, FaultKind, Faults};
use tests::{run, subject, violations};

#[test]
fn every_scenario_holds() {
    for scenario in CATALOGUE {
        let tally = run(&subject(&scenario.name, SHIPPED, None), 12);
        assert_eq!(tally.broken, None, "{}", scenario.name);
        assert_eq!(tally.verdict(), Verdict::Held, "{}\n{}", scenario.name, violations(&tally));
        for kind in scenario.triggers.iter().map(|trigger| trigger.effect.kind()) {
            assert!(tally.delivered.of(kind) > 0, "{}: {} never took effect", scenario.name, kind.name());
        }
    }
}

/// Faults that no run of the catalogue has: a read that is not current although it must be, which the protocol assumes
/// away and `assumption-stale-read` shows, and streams that overflow, since these API servers buffer everything.
const NEVER: &[FaultKind] = &[FaultKind::StaleRead, FaultKind::SlowWatch];

#[test]
fn hostile_means_everything_and_breaks_no_scenario() {
    let (bound, free): (Vec<&Scenario>, Vec<&Scenario>) =
        CATALOGUE.iter().partition(|scenario| scenario.needs_its_own_faults());
    assert!(bound.len() < CATALOGUE.len() / 5, "most scenarios hold under any faults: {}", bound.len());
    let mut delivered = Delivered::default();
    for scenario in free {
        let tally = run(&subject(&scenario.name, SHIPPED, Some(Faults::HOSTILE)), 2);
        assert_eq!(tally.broken, None, "{}", scenario.name);
        assert!(tally.violations.is_empty(), "{}\n{}", scenario.name, violations(&tally));
        delivered.add(&tally.delivered);
    }
    let known = FaultKind::ALL.iter().filter(|kind| !NEVER.contains(kind)).map(|&kind| Fault::Kind(kind));
    let all = known.chain(gateway_faults::ALL.iter().map(|&(name, _)| Fault::Named(name)));
    let absent: Vec<&str> = all.filter(|fault| delivered.of(*fault) == 0).map(Fault::name).collect();
    assert!(absent.is_empty(), "never took effect: {absent:?}");
}

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> = CATALOGUE.iter().map(|scenario| scenario.name.as_ref()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn scenarios_have_stories_and_acts() {
    for scenario in CATALOGUE {
        assert!(scenario.story.len() > 20, "{} has no story", scenario.name);
        assert!(!scenario.acts.is_empty(), "{} does nothing", scenario.name);
    }
}
