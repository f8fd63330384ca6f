//! `occurrences_monotonic`: no write, by any client, undoes a count.
//!
//! Judged per uid, so a new request of the same name begins anew. A deletion is not judged, since it changes no field.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Change, Observation, Request},
    settings::Settings,
    state::{State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "occurrences_monotonic",
    "occurrenceCount and lastSeenAt never decrease, and firstSeenAt never changes once set",
    || Box::new(OccurrencesMonotonic),
);

struct OccurrencesMonotonic;

impl Check for OccurrencesMonotonic {
    fn observe(&mut self, step: &Step<'_>, _: &State, _: &Settings, summary: &mut Summary) {
        let Observation::RequestCommitted { actor, change: Change::Modified, request, .. } = step.observation else {
            return;
        };
        let Some(before) = step.previous.as_deref() else { return };
        summary.checked();
        let Some((field, was, is)) = regression(before, request) else { return };
        summary.violate(step.now.at, || {
            let is = is.map_or_else(|| "unset".to_owned(), |is| is.to_string());
            let who = display::Client(*actor);
            let at = display::Seconds(step.now.at);
            let sentence = format!("{who} wrote {} at {at} and its {field} went from {was} to {is}.", request.name);
            (display::sentence(&sentence), vec![step.now.index])
        });
    }
}

/// The first field that regressed: its name, its former value and its new one.
fn regression(before: &Request, after: &Request) -> Option<(&'static str, i64, Option<i64>)> {
    let count = (before.occurrence_count.map(i64::from), after.occurrence_count.map(i64::from));
    // `None` is less than any number: erasing a field decreases it.
    let lower = |(was, is): (Option<i64>, Option<i64>)| was.filter(|_| is < was).map(|was| (was, is));
    let changed = |(was, is): (Option<i64>, Option<i64>)| was.filter(|_| is != was).map(|was| (was, is));
    let named = |field: &'static str| move |(was, is)| (field, was, is);
    lower(count)
        .map(named("occurrenceCount"))
        .or_else(|| lower((before.last_seen, after.last_seen)).map(named("lastSeenAt")))
        .or_else(|| changed((before.first_seen, after.first_seen)).map(named("firstSeenAt")))
}
