//! A tally: how often what a scenario is about happened in its runs, so that "it held" has a weight.
use sim::{View, apiserver::Change};
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Counts over all runs of one simulation.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    executions: AtomicU64,
    filled: AtomicU64,
    taken_over: AtomicU64,
    longest_wait: AtomicU64,
}

impl Tally {
    /// Counts the last commit.
    pub(crate) fn commit(&self, view: &View) {
        let Some(commit) = view.last() else { return };
        let after = &commit.after;
        if after["kind"] == "WorkflowExecution" && commit.change == Change::Created {
            let counter = if after["spec"]["cancelled"] == true { &self.filled } else { &self.executions };
            counter.fetch_add(1, Relaxed);
        }
        let holder = |lease: &serde_json::Value| lease["spec"]["holderIdentity"].as_str().map(str::to_owned);
        let moved = |before: &serde_json::Value| after["kind"] == "Lease" && holder(before) != holder(after);
        if commit.change == Change::Modified && commit.before.as_ref().is_some_and(|before| moved(before)) {
            self.taken_over.fetch_add(1, Relaxed);
        }
    }

    /// Records a wait.
    pub(crate) fn waited(&self, wait: Duration) {
        self.longest_wait.fetch_max(wait.as_secs(), Relaxed);
    }

    /// Number of executions that began.
    pub(crate) fn executions(&self) -> u64 {
        self.executions.load(Relaxed)
    }

    /// Number of turns of deleted remediations that were filled.
    pub(crate) fn filled(&self) -> u64 {
        self.filled.load(Relaxed)
    }

    /// Number of leases that passed from one holder to another.
    pub(crate) fn taken_over(&self) -> u64 {
        self.taken_over.load(Relaxed)
    }

    /// The longest time for which a turn was free and wanted, in seconds.
    pub(crate) fn longest_wait(&self) -> u64 {
        self.longest_wait.load(Relaxed)
    }
}
