//! The plan of a run: what it does besides its workload, for invariants that need more than checks.
use crate::{
    choice::{Label, Odds, Random, Source},
    run::{CallPattern, Cluster, Effect, Trigger},
};
use std::time::Duration;

/// Name of the check that a run ends as the run in order does.
pub(super) const SAME_END: &str = "level-triggered: the same end state from any order";
/// Name of the same check where each run has a crash.
pub(super) const SURVIVES: &str = "survives a crash between any two writes";

/// Time after which a replica starts again that the plan crashed or restarted.
const RESTART: Duration = Duration::from_secs(1);

/// What a run does besides its workload.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Plan {
    /// Restarts every replica in the end, without faults.
    pub(super) restarts: bool,
    /// Compares the end state with that of the run in order.
    pub(super) same_end: bool,
    /// Crashes a replica after one write: after the first in one run, after the second in the next.
    pub(super) crashes: bool,
}

impl Plan {
    /// Whether runs are compared with the run in order.
    pub(super) const fn needs_reference(self) -> bool {
        self.same_end || self.crashes
    }

    /// Name of the check that compares end states.
    pub(super) const fn comparison(self) -> &'static str {
        if self.crashes { SURVIVES } else { SAME_END }
    }

    /// The part of a run that follows the workload.
    pub(super) async fn after_workload(self, cluster: Cluster, quiet: Duration) {
        if !self.restarts {
            return;
        }
        cluster.stop_faults();
        cluster.sleep(quiet).await;
        for replica in 0..cluster.replicas() {
            cluster.crash(replica, RESTART);
        }
        // The crash happens at the next step; the processes start again in the tail.
        cluster.sleep(RESTART).await;
    }
}

/// The crash after write number `after`, from 0, of any replica.
pub(super) const fn crash_after_write(after: u32) -> Trigger {
    let on = CallPattern { method: CallPattern::ANY_WRITE, resource: CallPattern::ANY_RESOURCE, replica: None };
    Trigger { on, skip: after, times: 1, effect: Effect::CrashAfter { restart: RESTART } }
}

/// Picks at random from a seed, but the place of the crash in turn: consecutive seeds crash after consecutive writes.
pub(super) struct InTurn {
    turn: Option<u64>,
    rest: Random,
}

impl InTurn {
    pub(super) fn new(seed: u64) -> Self {
        Self { turn: Some(seed), rest: Random::new(seed) }
    }
}

impl Source for InTurn {
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32 {
        match self.turn.take_if(|_| label == Label::FaultMoment) {
            Some(turn) => (turn % u64::from(of)) as u32,
            None => self.rest.pick(label, of, odds),
        }
    }
}
