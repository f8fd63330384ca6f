//! `created_for_a_signal`: no remediation begins without cause.
//!
//! Judged at every creation by a replica whose time of sending is known: a firing signal of the fingerprint had been
//! sent to that replica before, and was not over yet.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Change, Observation},
    settings::Settings,
    state::{Spans, State, Step},
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
        let for_a_signal = state.fingerprint(&request.fingerprint).is_some_and(|facts| {
            let (spans, mut firing) =
                (Spans::new(facts, state), facts.firing.iter().filter_map(|&id| state.signal(id)));
            firing.any(|signal| spans.was_handling(signal, *actor, Some(*issued)))
        });
        if for_a_signal {
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
