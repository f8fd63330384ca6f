//! Worlds at random hold for the shipped protocol, and a known mistake shows in them.
use model::verdict::Verdict;
use scenarios::{
    catalogue::find,
    runner::{Overrides, Prepared, Run, Subject, Transport},
    scenario::{ClusterShape, Scenario},
    workload::{Act, Payload::Deployment, Retry, Route},
    worlds,
};
use sim::{
    Fault, Faults,
    engine::{Choices, Detail, Random},
};
use std::{borrow::Cow, collections::BTreeSet, time::Duration};

fn run(seed: u64, protocol: &str) -> Run {
    play(worlds::draw(seed), seed, protocol)
}

fn play(scenario: Scenario, seed: u64, protocol: &str) -> Run {
    let protocol = protocol.parse().expect("a protocol");
    let subject = Subject::new(scenario, protocol, Transport::Direct, Overrides::default());
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
fn every_word_takes_effect() {
    let mut absent: BTreeSet<Fault> = worlds::words().collect();
    for seed in 0..5_000 {
        let world = worlds::draw(seed);
        let words = world.own_faults().into_iter().map(|(fault, _)| fault).chain(world.required_faults());
        // What follows from others, such as the write of a replica that crashed, is not named by any world.
        if seed < 200 || words.into_iter().any(|fault| absent.contains(&fault)) {
            let run = run(seed, "fenced-lease");
            absent.retain(|fault| run.outcome.delivered.of(*fault) == 0);
        }
    }
    assert!(absent.is_empty(), "never took effect: {:?}", absent.iter().map(|fault| fault.name()).collect::<Vec<_>>());
}

#[test]
fn long_lists_come_in_pages() {
    let lists = |other_requests| {
        let cluster = ClusterShape { replicas: 1, other_requests, ..ClusterShape::USUAL };
        let deliver = Act::Deliver { what: Deployment, copies: 2, to: Route::Any, retry: Retry::Alertmanager };
        let run = play(Scenario { acts: Cow::Owned(vec![deliver]), cluster, ..Scenario::BLANK }, 1, "fenced-lease");
        assert_eq!(run.verdict, Verdict::Held, "{:#?}", run.violations().collect::<Vec<_>>());
        assert_eq!(run.stored.len(), other_requests + 1);
        run.outcome.api_calls
    };
    assert!(lists(499) < lists(501), "one more page");
}

#[test]
fn a_phase_that_is_refused_is_given_up() {
    let deliver = Act::Deliver { what: Deployment, copies: 1, to: Route::Any, retry: Retry::Alertmanager };
    let phases = Cow::Borrowed(&[Cow::Borrowed("Reticulating"), Cow::Borrowed("Completed")][..]);
    let acts = vec![
        deliver.clone(),
        Act::AwaitAnswers,
        Act::OrchestrateMeanwhile { of: Deployment, phases },
        Act::Pause { replica: 0, duration: Duration::from_secs(60) },
        deliver,
    ];
    let cluster = ClusterShape { replicas: 1, ..ClusterShape::USUAL };
    let run = play(Scenario { acts: Cow::Owned(acts), cluster, ..Scenario::BLANK }, 1, "fenced-lease");
    assert_eq!(run.verdict, Verdict::Held, "{:#?}", run.violations().collect::<Vec<_>>());
    assert!(run.outcome.api_calls < 100, "{} calls", run.outcome.api_calls);
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

#[test]
fn a_preset_leaves_full_counts_alone() {
    let hostile = |scenario| {
        let overrides = Overrides { faults: Some(Faults::HOSTILE), replicas: None };
        Subject::new(scenario, "fenced-lease".parse().expect("a protocol"), Transport::Direct, overrides)
    };
    let filling: Vec<Scenario> =
        (0..3_000).map(worlds::draw).filter(|world| world.acts.iter().any(Act::fills_a_count)).collect();
    assert!(!filling.is_empty(), "no world fills a count");
    let in_catalogue = find("count-at-its-limit").expect("a scenario").clone();
    for scenario in filling.iter().chain([&in_catalogue]) {
        let faults = hostile(scenario.clone()).scenario.faults;
        assert_eq!((faults.interference_per_mille, faults.max_interferences), (0, 0), "{}", scenario.name);
        assert_eq!(
            faults.max_crashes,
            Faults::HOSTILE.max_crashes.max(scenario.faults.max_crashes),
            "{}",
            scenario.name
        );
    }
    let other = hostile(find("counted-by-hand").expect("a scenario").clone());
    assert_eq!(other.scenario.faults.max_interferences, Faults::HOSTILE.max_interferences);
}
