//! Generated scenarios hold for the shipped protocol, whatever cluster, workload, faults and choices are drawn. What does not
//! is written to a replay file: a seed would change its meaning with the next change of a strategy.
use model::verdict::Verdict;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use scenarios::{
    generate::{arb_scenario, scenario},
    protocol_name::ProtocolName,
    replay::{Decisions, Generated, Replay},
    runner::{Overrides, Prepared, Run, Subject, Transport},
};
use sim::engine::{Choices, Detail, Numbers};

fn run(generated: &Generated, numbers: &[u32], transport: Transport) -> Run {
    let scenario = scenario("generated", generated).expect("its faults are a preset");
    let subject = Subject::new(scenario, ProtocolName::FencedLease, transport, Overrides::default());
    let choices = Choices::new(Numbers::new(numbers.to_vec()));
    Prepared::new(subject, Detail::Chain).run(choices, false).expect("the run begins")
}

fn keep(generated: Generated, run: &Run, transport: Transport) -> String {
    let violation = run.breaches().next().cloned();
    let replay = Replay {
        scenario: "generated".to_owned(),
        generated: Some(generated),
        protocol: ProtocolName::FencedLease,
        transport,
        faults: None,
        replicas: None,
        invariant: violation.as_ref().map(|violation| violation.invariant.to_owned()),
        chain: Some(run.hashes().chain),
        decisions: Decisions::Choices(run.outcome.choices.clone()),
    };
    let file = format!("{}/generated-{:016x}.replay", env!("CARGO_TARGET_TMPDIR"), run.hashes().chain);
    std::fs::write(&file, replay.to_text()).expect("the replay file is written");
    let sentence = violation.map(|violation| format!("{}: {}", violation.invariant, violation.sentence));
    format!("{}\nsee it again: cargo run --release -- replay {file}", sentence.unwrap_or_default())
}

/// `shrinks`: how many smaller scenarios are tried once one does not hold.
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
