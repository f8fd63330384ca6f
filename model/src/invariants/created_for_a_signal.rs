//! `created_for_a_signal`: no remediation begins without cause.
//!
//! Judged at every creation by a replica whose time of sending is known: a firing signal of the fingerprint had been
//! sent to that replica before, and was not answered yet.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Change, Observation},
    settings::Settings,
    state::{State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "created_for_a_signal",
    "a replica creates a RemediationRequest only for a firing signal that it is working on",
    || Box::new(CreatedForASignal),
);

struct CreatedForASignal;

impl Check for CreatedForASignal {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Observation::RequestCommitted { actor, change: Change::Created, request, issued: Some(issued), .. } =
            step.observation
        else {
            return;
        };
        if !actor.is_replica() {
            return;
        }
        summary.checked();
        let firing = state.fingerprint(&request.fingerprint).into_iter().flat_map(|facts| &facts.firing);
        let mut firing = firing.filter_map(|&id| state.signal(id));
        if firing.any(|signal| state.was_handling(signal, *actor, Some(*issued))) {
            return;
        }
        summary.violate(step.now.at, || {
            let sentence = format!(
                "{} created {} at {}, when it was not working on a signal of {}.",
                display::Client(*actor),
                request.name,
                display::Seconds(step.now.at),
                display::Fingerprint(&request.fingerprint),
            );
            (display::sentence(&sentence), vec![step.now.index])
        });
    }
}
