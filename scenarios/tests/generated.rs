//! Generated scenarios hold for the shipped protocol, whatever cluster, workload, faults and choices are drawn. What does not
//! is written to a replay file: a seed would change its meaning with the next change of a strategy.
use model::verdict::Verdict;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use scenarios::{
    contender::ProtocolName,
    generate::{arb_scenario, scenario},
    replay::{Decisions, Generated, Replay},
    runner::{Overrides, Prepared, Run, Subject, Transport},
};
use sim::{
    choice::{Choices, Numbers},
    trace::Detail,
};

fn run(generated: &Generated, numbers: &[u32]) -> Run {
    let scenario = scenario("generated", generated).expect("its faults are a preset");
    let subject = Subject::new(scenario, ProtocolName::FencedLease, Transport::Direct, Overrides::default());
    let choices = Choices::new(Numbers::new(numbers.to_vec()));
    Prepared::new(subject, Detail::Chain).run(choices, false).expect("the run begins")
}

fn keep(generated: Generated, run: &Run) -> String {
    let violation = run.breaches().next().cloned();
    let replay = Replay {
        scenario: "generated".to_owned(),
        generated: Some(generated),
        protocol: ProtocolName::FencedLease,
        transport: Transport::Direct,
        faults: None,
        replicas: None,
        invariant: violation.as_ref().map(|violation| violation.invariant.clone()),
        chain: Some(run.hashes().chain),
        decisions: Decisions::Choices(run.outcome.choices.clone()),
    };
    let file = format!("{}/generated-{:016x}.replay", env!("CARGO_TARGET_TMPDIR"), run.hashes().chain);
    std::fs::write(&file, replay.to_text()).expect("the replay file is written");
    let sentence = violation.map(|violation| format!("{}: {}", violation.invariant, violation.sentence));
    format!("{}\nsee it again: cargo run --release -- replay {file}", sentence.unwrap_or_default())
}

#[test]
fn generated_scenarios_hold() {
    let config = Config { cases: 256, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let outcome = TestRunner::new(config).run(&arb_scenario(), |(generated, numbers)| {
        let run = run(&generated, &numbers);
        prop_assert!(run.verdict == Verdict::Held, "{}", keep(generated, &run));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
