//! `suppressed_creates_nothing`: a request that suppresses new ones does so.
//!
//! It suppresses while a person must review it, or until its nextAllowedExecution, unless it is closed: then its
//! successor was begun before. Judged at every creation by a replica, at every closing, and at every signal that is
//! sent meanwhile and must create nothing, against the request before. A replica may have decided earlier, and its
//! clock may be wrong, so only suppression that began and ends further away than the tolerance is judged.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Actor, Change, Micros, Observation, Request},
    settings::Settings,
    state::{Moment, RequestState, State, Step},
};
use std::{collections::BTreeMap, sync::Arc};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "suppressed_creates_nothing",
    "no replica creates a RemediationRequest while the one before suppresses new ones",
    || Box::new(SuppressedCreatesNothing { latest: BTreeMap::new() }),
);

struct SuppressedCreatesNothing {
    /// Per fingerprint and namespace, the request that was created last.
    latest: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Latest>>,
}

struct Latest {
    request: Arc<Request>,
    /// Since when it suppresses as it does now.
    since: Moment,
    deleted: bool,
}

impl Check for SuppressedCreatesNothing {
    fn observe(&mut self, step: &Step<'_>, _: &State, settings: &Settings, summary: &mut Summary) {
        let tolerance = settings.suppression_tolerance;
        if let Observation::SignalSent { fingerprint, resolved: false, .. } = step.observation {
            let latest = self.latest.get(fingerprint).into_iter().flat_map(BTreeMap::values);
            latest.filter(|latest| latest.suppresses(step.now.at, tolerance)).for_each(|_| summary.checked());
        }
        let Observation::RequestCommitted { actor, change, request, .. } = step.observation else { return };
        let of_fingerprint = self.latest.entry(Arc::clone(&request.fingerprint)).or_default();
        let latest = of_fingerprint.get(&request.namespace);
        let closes = |latest: &&Latest| latest.request.uid == request.uid && request.closed && !latest.request.closed;
        let act = match change {
            Change::Created => Some("created"),
            _ if latest.as_ref().is_some_and(closes) => Some("closed"),
            _ => None,
        };
        if let (Some(act), Some(latest), true) = (act, latest, actor.is_replica())
            && latest.suppresses(step.now.at, tolerance)
        {
            summary.checked();
            summary.violate(step.now.at, || describe(*actor, act, request, latest, step.now));
        }
        let next = match latest {
            Some(latest) if latest.request.uid != request.uid && *change != Change::Created => return,
            Some(latest) if RequestState::of(&latest.request) == RequestState::of(request) => latest.since,
            _ => step.now,
        };
        let deleted = *change == Change::Deleted;
        let next = Latest { request: Arc::clone(request), since: next, deleted };
        of_fingerprint.insert(Arc::clone(&request.namespace), next);
    }
}

impl Latest {
    /// Whether every replica finds it suppressing, and has done so for as long as a decision may be old.
    fn suppresses(&self, now: Micros, tolerance: Micros) -> bool {
        let until = match RequestState::of(&self.request) {
            RequestState::Suppressing => i64::MAX,
            RequestState::SuppressingUntil(until) => until,
            RequestState::Active | RequestState::Ended => return false,
        };
        let over = |at: Micros| i128::from(until) > i128::from(at) + i128::from(tolerance);
        let open = !self.deleted && !self.request.terminating && !self.request.closed;
        open && over(now) && now.saturating_sub(self.since.at) > tolerance
    }
}

fn describe(actor: Actor, act: &str, request: &Request, latest: &Latest, now: Moment) -> (String, Vec<usize>) {
    let sentence = format!(
        "{} {act} {} at {}, while {} had suppressed new requests since {}.",
        display::Client(actor),
        request.name,
        display::Seconds(now.at),
        latest.request.name,
        display::Seconds(latest.since.at),
    );
    (display::sentence(&sentence), vec![latest.since.index, now.index])
}
