//! `redelivered_begins_nothing`: a delivery that was counted before does not start a remediation.
//!
//! A redelivery with the key of an accepted delivery gets the answer of that delivery, also when its request has ended.
//! Judged at every creation by a replica, which some signal that is not counted yet must explain, and at every answer
//! to such a redelivery. A key is forgotten where a client that is not a replica removes what was stored of it.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Change, Observation, SignalId},
    settings::Settings,
    state::{Answer, Fingerprint, Signal, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "redelivered_begins_nothing",
    "a redelivery of a signal that was accepted with the same key creates nothing",
    || Box::new(RedeliveredBeginsNothing),
);

struct RedeliveredBeginsNothing;

impl Check for RedeliveredBeginsNothing {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let (actor, request) = match step.observation {
            Observation::SignalAnswered { signal, .. } if is_redelivery(*signal, state) => return summary.checked(),
            Observation::RequestCommitted { actor, change: Change::Created, request, .. } => (actor, request),
            _ => return,
        };
        let Some(facts) = state.fingerprint(&request.fingerprint).filter(|_| actor.is_replica()) else { return };
        if facts.ambiguous > 0 {
            return;
        }
        let Some((id, redelivery)) = open_redelivery(facts, state) else { return };
        summary.checked();
        summary.violate(step.now.at, || {
            let sentence = format!(
                "{} created {} at {}, when no signal of {} was under way but {}, which was accepted before.",
                display::Client(*actor),
                request.name,
                display::Seconds(step.now.at),
                display::Fingerprint(&request.fingerprint),
                display::Signal(id),
            );
            (display::sentence(&sentence), vec![redelivery.sent.index, step.now.index])
        });
    }
}

/// Whether the signal repeats, with its key, one that was accepted.
fn is_redelivery(id: SignalId, state: &State) -> bool {
    let Some(signal) = state.signal(id).filter(|signal| signal.keyed && signal.chain != id) else { return false };
    let first = state.signal(signal.chain).and_then(|first| first.answer);
    matches!(first, Some((_, Answer::Accepted)))
}

/// A redelivery with a key that has no answer yet.
fn open_redelivery<'a>(facts: &Fingerprint, state: &'a State) -> Option<(SignalId, &'a Signal)> {
    let mut signals = facts.firing.iter().filter_map(|&id| Some((id, state.signal(id)?)));
    signals.rfind(|(id, signal)| {
        signal.keyed && signal.chain != *id && signal.answer.is_none() && !state.is_forgotten(*id)
    })
}
