//! `one_active_request`: judged at every commit, not at the end, since a second request does harm even if it is gone
//! later.
//!
//! A terminating request is active: its finalizers still run, and so does its remediation.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Actor, Change, Observation, Request},
    settings::Settings,
    state::{Moment, RequestState, State, Step},
};
use std::{collections::BTreeMap, sync::Arc};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "one_active_request",
    "at every commit, a fingerprint has at most one active RemediationRequest in a namespace",
    || Box::new(OneActiveRequest { active: BTreeMap::new() }),
);

struct OneActiveRequest {
    /// Per namespace and fingerprint, the active requests, oldest first.
    active: BTreeMap<(Arc<str>, Arc<str>), Vec<Active>>,
}

struct Active {
    request: Arc<Request>,
    since: Moment,
    by: Actor,
    created: bool,
}

impl Check for OneActiveRequest {
    fn observe(&mut self, step: &Step<'_>, _: &State, _: &Settings, summary: &mut Summary) {
        let Observation::RequestCommitted { actor, change, request, .. } = step.observation else { return };
        summary.checked();
        let active = *change != Change::Deleted && RequestState::of(request) == RequestState::Active;
        let key = (Arc::clone(&request.namespace), Arc::clone(&request.fingerprint));
        let together = self.active.entry(key).or_default();
        let known = together.iter().position(|other| other.request.uid == request.uid);
        match (known, active) {
            (None, true) => {
                let created = *change == Change::Created;
                together.push(Active { request: Arc::clone(request), since: step.now, by: *actor, created });
                if together.len() > 1 {
                    summary.violate(step.now.at, || describe(together));
                }
            }
            (Some(index), false) => drop(together.remove(index)),
            (None, false) | (Some(_), true) => {}
        }
    }
}

fn describe(together: &[Active]) -> (String, Vec<usize>) {
    let [earlier @ .., latest] = together else { unreachable!("a second request was just added") };
    let act = if latest.created { "created" } else { "reactivated" };
    let others = earlier
        .iter()
        .map(|other| {
            let act = if other.created { "created" } else { "reactivated" };
            format!(
                "{} ({act} by {} at {})",
                other.request.name,
                display::Client(other.by),
                display::Seconds(other.since.at)
            )
        })
        .collect::<Vec<_>>()
        .join(", ");
    let sentence = format!(
        "{} {act} {} for {} at {}, while {others} {} still active: {} active requests for one fingerprint.",
        display::Client(latest.by),
        latest.request.name,
        display::Fingerprint(&latest.request.fingerprint),
        display::Seconds(latest.since.at),
        if earlier.len() == 1 { "was" } else { "were" },
        together.len(),
    );
    (display::sentence(&sentence), together.iter().map(|active| active.since.index).collect())
}
