//! Every scenario of the catalogue holds for the shipped protocol, and each of its triggers takes effect.
use model::verdict::Verdict;
use scenarios::{catalogue::CATALOGUE, protocol_name::SHIPPED, scenario::Scenario};
use sim::Faults;
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

#[test]
fn hostile_faults_break_no_scenario() {
    let (bound, free): (Vec<&Scenario>, Vec<&Scenario>) =
        CATALOGUE.iter().partition(|scenario| scenario.needs_its_own_faults());
    assert!(bound.len() < CATALOGUE.len() / 5, "most scenarios hold under any faults: {}", bound.len());
    let hostile = Faults::preset("hostile").expect("a preset");
    for scenario in free {
        let tally = run(&subject(&scenario.name, SHIPPED, Some(hostile)), 2);
        assert_eq!(tally.broken, None, "{}\n{}", scenario.name, violations(&tally));
    }
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
