//! `no_foreign_release`: of all replicas only the one that acquired a lock releases it, unless it has expired.
//!
//! The sweeper may delete an expired or a free lease. A takeover is not a release: `one_holder` judges it.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Change, Observation},
    settings::Settings,
    state::{LockStep, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "no_foreign_release",
    "no replica deletes or frees a lease that another acquisition holds",
    || Box::new(NoForeignRelease),
);

struct NoForeignRelease;

impl Check for NoForeignRelease {
    fn observe(&mut self, step: &Step<'_>, _: &State, settings: &Settings, summary: &mut Summary) {
        let from = match &step.lock {
            Some(LockStep::Taken(from)) => from,
            Some(LockStep::Released(_)) => return summary.checked(),
            Some(LockStep::Acquired { .. } | LockStep::Stolen | LockStep::Unchanged) | None => return,
        };
        let Observation::LeaseCommitted { actor, change, .. } = step.observation else { return };
        summary.checked();
        let held = step.now.at.saturating_sub(from.since.at);
        if held >= settings.shortest_hold() {
            return;
        }
        summary.violate(step.now.at, || {
            let sentence = format!(
                "{} {} {} at {}, which {} had acquired {} before and not released.",
                display::Client(*actor),
                if *change == Change::Deleted { "deleted" } else { "freed" },
                display::lease(step.observation),
                display::Seconds(step.now.at),
                display::Client(from.actor),
                display::Seconds(held),
            );
            (display::sentence(&sentence), vec![from.since.index, step.now.index])
        });
    }
}
