//! `one_active_request`: judged at every commit, not at the end, since a second request that is gone again did its harm.
//!
//! A terminating request is active: its finalizers still run, and so does its remediation.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Actor, Change, Observation, Request},
    settings::Settings,
    state::{Moment, Standing, State, Step},
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
    fn observe(&mut self, step: &Step<'_>, _: &State, _: &Settings, tally: &mut Tally) {
        let Observation::RequestCommitted { actor, change, request, .. } = step.observation else { return };
        tally.checked();
        let active = *change != Change::Deleted && Standing::of(request) == Standing::Active;
        let key = (Arc::clone(&request.namespace), Arc::clone(&request.fingerprint));
        let together = self.active.entry(key).or_default();
        let known = together.iter().position(|other| other.request.uid == request.uid);
        match (known, active) {
            (None, true) => {
                let created = *change == Change::Created;
                together.push(Active { request: Arc::clone(request), since: step.now, by: *actor, created });
                if together.len() > 1 {
                    tally.violate(step.now.at, || tell(together));
                }
            }
            (Some(place), false) => drop(together.remove(place)),
            (None, false) | (Some(_), true) => {}
        }
    }
}

fn tell(together: &[Active]) -> (String, Vec<usize>) {
    let [earlier @ .., latest] = together else { unreachable!("a second request was just added") };
    let deed = if latest.created { "created" } else { "made active again" };
    let others = earlier
        .iter()
        .map(|other| {
            let deed = if other.created { "created" } else { "made active" };
            format!(
                "{} ({deed} by {} at {})",
                other.request.name,
                wording::Who(other.by),
                wording::Seconds(other.since.at)
            )
        })
        .collect::<Vec<_>>()
        .join(", ");
    let sentence = format!(
        "{} {deed} {} for {} at {}, while {others} {} still active: {} active requests for one fingerprint.",
        wording::Who(latest.by),
        latest.request.name,
        wording::Fingerprint(&latest.request.fingerprint),
        wording::Seconds(latest.since.at),
        if earlier.len() == 1 { "was" } else { "were" },
        together.len(),
    );
    (wording::sentence(&sentence), together.iter().map(|active| active.since.index).collect())
}
