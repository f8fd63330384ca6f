//! Known failures: what each mutant and each baseline protocol is known to do wrong, found anew from fixed seeds.
use super::{mutants, random::run_seed};
use crate::{
    catalogue::{find, unknown},
    mutants::MUTANTS,
    protocol_name::ProtocolName,
    replay::{Replay, ReplayError},
    runner::{Overrides, Prepared, Subject, Transport},
};
use sim::engine::{Choices, Detail, Random};

/// A failure that is known: a protocol, the scenario that shows it, and the invariant that it violates.
#[derive(Debug, Clone)]
pub struct KnownFailure {
    /// The scenario with the protocol.
    pub subject: Subject,
    /// The invariant.
    pub invariant: &'static str,
}

/// Mistakes of the baseline protocols: protocol, scenario, invariant.
const OF_BASELINES: &[(&str, &str, &str)] = &[
    ("none", "pair", "one_active_request"),
    ("cached-list", "time-travel", "one_active_request"),
    ("planned-lease", "burst", "one_active_request"),
    ("shipped-lease", "burst", "one_active_request"),
    ("shipped-lease", "burst", "occurrences_exact"),
    ("shipped-lease", "same-replica", "one_active_request"),
    ("shipped-lease", "count-contention", "occurrences_exact"),
    ("shipped-lease", "count-contention", "reply_tells_truth"),
];

/// The known failures of the baselines, then those of the mutants.
///
/// # Errors
/// [`ReplayError::Unknown`] when a scenario or preset does not exist.
pub fn all() -> Result<Vec<KnownFailure>, ReplayError> {
    let baseline = |&(protocol, scenario, invariant): &(&str, &str, &'static str)| {
        let protocol: ProtocolName = protocol.parse().map_err(ReplayError::Unknown)?;
        let scenario = find(scenario).ok_or_else(|| ReplayError::Unknown(unknown(scenario)))?.clone();
        let subject = Subject::new(scenario, protocol, Transport::Direct, Overrides::default());
        Ok(KnownFailure { subject, invariant })
    };
    let mutant = |(index, mutant): (usize, &crate::mutants::Mutant)| {
        mutants::subject(index).map(|subject| KnownFailure { subject, invariant: mutant.invariant })
    };
    OF_BASELINES.iter().map(baseline).chain(MUTANTS.iter().enumerate().map(mutant)).collect()
}

impl KnownFailure {
    /// The first run that shows it, of at most so many.
    pub fn find(&self, runs: u64) -> Option<Replay> {
        let prepared = Prepared::new(self.subject.clone(), Detail::Chain);
        (0..runs).find_map(|run| {
            let seed = run_seed(0, &self.subject.scenario.name, run);
            let done = prepared.run(Choices::new(Random::new(seed)), false).ok()?;
            let violation = done.violations().find(|violation| violation.invariant == self.invariant)?;
            Some(Replay::of_seed(&self.subject, violation, seed))
        })
    }
}
