//! `superseded_takes_no_counts`: the begin of an episode makes counts on the one before impossible.
//!
//! An ended request may take counts while it suppresses new ones. Once its successor exists, a count on it would be
//! missing from what the successor was begun with. Judged at every commit by which a replica counts on a request that
//! has ended. Suppression that is added to a request after its end may come too late, and is not judged: the successor
//! may have been begun before. Nor is a request whose closing another client has undone.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Actor, Change, Observation, Request},
    settings::Settings,
    state::{Moment, RequestState, State, Step},
};
use std::{collections::BTreeMap, sync::Arc};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "superseded_takes_no_counts",
    "a RemediationRequest that has ended takes no counts once a replica has created the next one",
    || Box::new(SupersededTakesNoCounts { requests: BTreeMap::new() }),
);

struct SupersededTakesNoCounts {
    /// Per namespace and fingerprint, every request in the order of creation.
    requests: BTreeMap<(Arc<str>, Arc<str>), Vec<Known>>,
}

struct Known {
    uid: Arc<str>,
    name: Arc<str>,
    created: Moment,
    by_replica: bool,
    /// Whether suppression was added after its end, or another client removed the condition that closed it.
    late: bool,
}

impl Check for SupersededTakesNoCounts {
    fn observe(&mut self, step: &Step<'_>, _: &State, settings: &Settings, summary: &mut Summary) {
        let Observation::RequestCommitted { actor, change, request, .. } = step.observation else { return };
        let key = (Arc::clone(&request.namespace), Arc::clone(&request.fingerprint));
        let known = self.requests.entry(key).or_default();
        if *change == Change::Created {
            known.push(Known {
                uid: Arc::clone(&request.uid),
                name: Arc::clone(&request.name),
                created: step.now,
                by_replica: actor.is_replica(),
                late: false,
            });
            return;
        }
        let Some(position) = known.iter().position(|known| known.uid == request.uid) else { return };
        let previous = step.previous.as_ref();
        known[position].late |= previous.is_some_and(|previous| is_added(previous, request));
        known[position].late |=
            !actor.is_replica() && previous.is_some_and(|previous| previous.closed && !request.closed);
        let ours = matches!(actor, Actor::Replica { index, .. } if *index >= settings.replicas_of_another_program);
        if !step.raised || !ours || RequestState::of(request) == RequestState::Active {
            return;
        }
        summary.checked();
        let successor = known[position + 1..].iter().find(|later| later.by_replica);
        if let Some(successor) = successor.filter(|_| !known[position].late) {
            summary.violate(step.now.at, || describe(*actor, request, successor, step.now));
        }
    }
}

/// Whether a request that had ended without suppressing anything suppresses now.
fn is_added(previous: &Request, request: &Request) -> bool {
    RequestState::of(previous) == RequestState::Ended
        && matches!(RequestState::of(request), RequestState::Suppressing | RequestState::SuppressingUntil(_))
}

fn describe(actor: Actor, request: &Request, successor: &Known, now: Moment) -> (String, Vec<usize>) {
    let sentence = format!(
        "{} counted on {}, which had ended, at {}, after {} had been created at {}.",
        display::Client(actor),
        request.name,
        display::Seconds(now.at),
        successor.name,
        display::Seconds(successor.created.at),
    );
    (display::sentence(&sentence), vec![successor.created.index, now.index])
}
