//! `terminating_takes_no_counts`: a signal that is counted on a request that is being deleted goes with it.
//!
//! Judged at every commit by which a replica counts on one, and when a request is gone and a signal of its fingerprint
//! was sent while it was terminating. A request with a finalizer may be terminating for hours.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Change, Observation},
    settings::Settings,
    state::{State, Step},
};
use std::{collections::BTreeMap, sync::Arc};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "terminating_takes_no_counts",
    "no replica counts a signal on a RemediationRequest that is being deleted",
    || Box::new(TerminatingTakesNoCounts { going: BTreeMap::new() }),
);

struct TerminatingTakesNoCounts {
    /// By fingerprint, the uid of each request that is being deleted, and whether a signal was sent meanwhile.
    going: BTreeMap<Arc<str>, BTreeMap<Arc<str>, bool>>,
}

impl Check for TerminatingTakesNoCounts {
    fn observe(&mut self, step: &Step<'_>, _: &State, _: &Settings, summary: &mut Summary) {
        let (actor, change, request) = match step.observation {
            Observation::SignalSent { fingerprint, resolved: false, .. } => {
                self.going.get_mut(fingerprint).into_iter().flatten().for_each(|(_, sent)| *sent = true);
                return;
            }
            Observation::RequestCommitted { actor, change, request, .. } => (actor, change, request),
            _ => return,
        };
        if *change == Change::Deleted {
            let going = self.going.get_mut(&request.fingerprint).and_then(|going| going.remove(&request.uid));
            if going == Some(true) {
                summary.checked();
            }
            return;
        }
        if request.terminating {
            let going = self.going.entry(Arc::clone(&request.fingerprint)).or_default();
            going.entry(Arc::clone(&request.uid)).or_default();
        }
        if request.terminating && step.raised && actor.is_replica() {
            summary.checked();
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
