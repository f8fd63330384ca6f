//! Generated scenarios hold for the shipped protocol, for any cluster, workload, faults and choices.
//!
//! A run that violates an invariant is written to a replay file: a seed would change its meaning with the next change
//! of a strategy.
mod strategies;

use model::verdict::Verdict;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use scenarios::{
    edits::Edits,
    generated::Generated,
    protocol_name::ProtocolName,
    replay::{Decisions, Replay, preset},
    runner::{Overrides, Prepared, Run, Subject, Transport},
};
use sim::engine::{Choices, Detail, Numbers};
use strategies::arb_scenario;

fn run(generated: &Generated, numbers: &[u32], transport: Transport) -> Run {
    let faults = preset(&generated.faults).expect("a preset");
    let scenario = generated.scenario("generated", faults);
    let subject = Subject::new(scenario, ProtocolName::FencedLease, transport, Overrides::default());
    let choices = Choices::new(Numbers::new(numbers.to_vec()));
    Prepared::new(subject, Detail::Chain).run(choices, false).expect("the run begins")
}

fn keep(generated: Generated, run: &Run, transport: Transport) -> String {
    let violation = run.violations().next().cloned();
    let replay = Replay {
        scenario: "generated".to_owned(),
        generated: Some(generated),
        edits: Edits::default(),
        protocol: ProtocolName::FencedLease,
        transport,
        faults: None,
        replicas: None,
        invariant: violation.as_ref().map(|violation| violation.invariant.to_owned()),
        sentence: None,
        chain: Some(run.hashes().chain),
        code: None,
        decisions: Decisions::Choices(run.outcome.choices.clone()),
    };
    let file = format!("{}/generated-{:016x}.replay", env!("CARGO_TARGET_TMPDIR"), run.hashes().chain);
    std::fs::write(&file, replay.to_text()).expect("the replay file is written");
    let sentence = violation.map(|violation| format!("{}: {}", violation.invariant, violation.sentence));
    format!("{}\nsee it again: cargo run --release -- replay {file}", sentence.unwrap_or_default())
}

/// Runs `cases` generated scenarios; tries up to `shrinks` smaller ones after the first that does not hold.
fn hold(cases: u32, shrinks: u32, transport: Transport) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: shrinks, ..Config::default() };
    let outcome = TestRunner::new(config).run(&arb_scenario(), |(generated, numbers)| {
        let run = run(&generated, &numbers, transport);
        prop_assert!(run.verdict == Verdict::Held, "{}", keep(generated, &run, transport));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn generated_scenarios_hold() {
    hold(256, 200, Transport::Direct);
}

#[test]
fn generated_scenarios_hold_over_http() {
    hold(16, 20, Transport::Network);
}
