//! Cross-cutting tests live in `tests/`; this library is the set-up that they share.
pub mod control_plane;
pub mod differential;
pub mod transcript;

use scenarios::{
    campaign::{self, Budget, Progress, Tally},
    catalogue::find,
    protocol_name::ProtocolName,
    runner::{Overrides, Subject, Transport},
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

/// Runs a subject so many times.
pub fn run(subject: &Subject, runs: u64) -> Tally {
    let budget = Budget { runs: vec![runs], time: None, seed: 7, jobs: 2, fail_fast: false, doublecheck: 5 };
    let tallies = campaign::run(std::slice::from_ref(subject), &budget, &Progress::default());
    tallies.into_iter().next().unwrap_or_default()
}

/// The invariants that were broken, in words for a failing test.
pub fn told(tally: &Tally) -> String {
    tally
        .breaches
        .values()
        .map(|breach| format!("{}: {}\n", breach.violation.invariant, breach.violation.sentence))
        .collect()
}
