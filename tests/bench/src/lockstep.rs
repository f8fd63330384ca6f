//! Lockstep's own runs of the burst, and an exhaustive search.
use crate::{
    meter,
    work::{Done, Work},
};
use anyhow::ensure;
use model::verdict::Verdict;
use scenarios::{
    campaign::{
        Progress, Shard,
        exhaustive::{Explored, Search, explore},
        reduction::Reduction,
        scope::Cost,
    },
    catalogue::bursts::{BURST, PAIR},
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Prepared, Subject, Transport},
    scenario::Scenario,
};
use sim::engine::{Choices, Detail, Random};
use std::time::Duration;

/// The shipped protocol.
///
/// # Panics
/// If it has lost its name.
pub fn shipped() -> ProtocolName {
    SHIPPED.parse().expect("the shipped protocol has a name")
}

/// A scenario with the shipped protocol, ready to run many times.
pub fn prepared(scenario: Scenario, transport: Transport) -> Prepared {
    Prepared::new(Subject::new(scenario, shipped(), transport, Overrides::default()), Detail::Chain)
}

/// The canonical burst with this simulated time after the last answer.
pub fn burst(transport: Transport, idle: Duration) -> Prepared {
    let mut scenario = BURST;
    scenario.cluster.tail = idle;
    prepared(scenario, transport)
}

/// One run, which must hold.
///
/// # Errors
/// If it could not begin, or did not hold.
pub fn run(prepared: &Prepared, seed: u64) -> anyhow::Result<Done> {
    let run = prepared.run(Choices::new(Random::new(seed)), false)?;
    let name = &prepared.subject.scenario.name;
    let broken: Vec<_> = run.violations().map(|violation| violation.sentence.as_str()).collect();
    ensure!(run.verdict == Verdict::Held, "{name} with seed {seed} did not hold: {broken:?}");
    let accepted = run.signals.iter().filter(|signal| signal.status.is_some_and(|status| status < 300)).count();
    let work = Work::of(accepted, &run.stored);
    Ok(Done { work, api_calls: run.outcome.api_calls, simulated: run.outcome.simulated })
}

/// An exhaustive search of `pair`, by one thread, which must finish and hold.
///
/// # Errors
/// If it did not.
pub fn search(preemptions: u32) -> anyhow::Result<Explored> {
    let search = Search {
        bound: Cost { faults: 0, preemptions },
        jobs: 1,
        shard: Shard::WHOLE,
        deadline: None,
        keep_going: false,
        reduction: Reduction::Full,
        count_parts: false,
    };
    let explored = explore(&prepared(PAIR, Transport::Direct), &search, &Progress::default());
    let finished = explored.frontier.iter().all(|row| row.complete);
    ensure!(finished && explored.tally.verdict() == Verdict::Held, "the search of pair did not finish and hold");
    Ok(explored)
}

/// The same with its time. The search has a thread of its own, so this is wall time.
///
/// # Errors
/// If it did not finish, or did not hold.
pub fn search_timed(preemptions: u32) -> anyhow::Result<(Explored, Duration)> {
    let began = meter::now();
    let explored = search(preemptions)?;
    Ok((explored, meter::now() - began))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_transports_do_the_work_of_the_burst() {
        for transport in [Transport::Direct, Transport::Network] {
            let done = run(&burst(transport, Duration::from_secs(1)), 3).expect("a run");
            assert_eq!(done.work, Work::BURST, "{transport}");
            assert!(done.api_calls > 10);
        }
    }

    #[test]
    fn search_finishes() {
        let explored = search(0).expect("a search");
        assert!(explored.states > 10 && explored.frontier.len() == 1);
    }
}
