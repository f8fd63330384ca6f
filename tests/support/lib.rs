//! What the suites share: subjects of the catalogue, a real kube-apiserver, kubectl sessions, generated requests.
pub mod differential;
pub mod go;
pub mod numbers;
pub mod real_server;
pub mod transcript;

use scenarios::{
    campaign::{self, Budget, Plan, Progress, Tally},
    catalogue::find,
    protocol_name::ProtocolName,
    runner::{Overrides, Subject, Transport},
    strategies::StrategyName,
};
use sim::Faults;

/// A scenario of the catalogue under a protocol.
///
/// # Panics
/// When there is no such scenario or protocol.
pub fn subject(scenario: &str, protocol: &str, faults: Option<Faults>) -> Subject {
    let protocol: ProtocolName = protocol.parse().expect("a protocol");
    let scenario = find(scenario).expect("a scenario of the catalogue").clone();
    Subject::new(scenario, protocol, Transport::Direct, Overrides { faults, replicas: None })
}

/// Runs a subject `runs` times.
pub fn run(subject: &Subject, runs: u64) -> Tally {
    let budget = Budget {
        plan: Plan::each(1, runs),
        deadline: None,
        seed: 7,
        strategy: StrategyName::Random,
        jobs: 2,
        fail_fast: false,
        doublecheck: 5,
    };
    let tallies = campaign::run(std::slice::from_ref(subject), &budget, &Progress::default());
    tallies.into_iter().next().unwrap_or_default()
}

/// The violations of a tally, as text for a failing test.
pub fn violations(tally: &Tally) -> String {
    tally
        .violations
        .values()
        .map(|first| format!("{}: {}\n", first.violation.invariant, first.violation.sentence))
        .collect()
}
