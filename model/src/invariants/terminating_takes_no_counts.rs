//! `terminating_takes_no_counts`: a signal that is counted on a request that is being deleted goes with it.
//!
//! Judged at every commit by which a replica counts. A request with a finalizer may be terminating for hours.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::Observation,
    settings::Settings,
    state::{State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "terminating_takes_no_counts",
    "no replica counts a signal on a RemediationRequest that is being deleted",
    || Box::new(TerminatingTakesNoCounts),
);

struct TerminatingTakesNoCounts;

impl Check for TerminatingTakesNoCounts {
    fn observe(&mut self, step: &Step<'_>, _: &State, _: &Settings, summary: &mut Summary) {
        let Observation::RequestCommitted { actor, request, .. } = step.observation else { return };
        if !step.raised || !actor.is_replica() {
            return;
        }
        summary.checked();
        if request.terminating {
            summary.violate(step.now.at, || {
                let sentence = format!(
                    "{} counted on {} at {}, while it was being deleted.",
                    display::Client(*actor),
                    request.name,
                    display::Seconds(step.now.at),
                );
                (display::sentence(&sentence), vec![step.now.index])
            });
        }
    }
}
