//! `occurrences_monotonic`: whoever writes, what was counted stays counted.
//!
//! Judged per uid, so a new request of the same name begins anew. A deletion is not judged: it changes no field.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Change, Observation, Request},
    settings::Settings,
    state::{State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "occurrences_monotonic",
    "occurrenceCount and lastSeenAt never go down, and firstSeenAt never changes once set",
    || Box::new(OccurrencesMonotonic),
);

struct OccurrencesMonotonic;

impl Check for OccurrencesMonotonic {
    fn observe(&mut self, step: &Step<'_>, _: &State, _: &Settings, tally: &mut Tally) {
        let Observation::RequestCommitted { actor, change: Change::Modified, request, .. } = step.observation else {
            return;
        };
        let Some(before) = step.previous.as_deref() else { return };
        tally.checked();
        let Some((field, was, is)) = regression(before, request) else { return };
        tally.violate(step.now.at, || {
            let is = is.map_or_else(|| "unset".to_owned(), |is| is.to_string());
            let who = wording::Who(*actor);
            let at = wording::Seconds(step.now.at);
            let sentence = format!("{who} wrote {} at {at} and its {field} went from {was} to {is}.", request.name);
            (wording::sentence(&sentence), vec![step.now.index])
        });
    }
}

/// The first field that went back: its name, what it was and what it is.
fn regression(before: &Request, after: &Request) -> Option<(&'static str, i64, Option<i64>)> {
    let count = (before.occurrence_count.map(i64::from), after.occurrence_count.map(i64::from));
    // `None` is less than any number: erasing is going down.
    let lower = |(was, is): (Option<i64>, Option<i64>)| was.filter(|_| is < was).map(|was| (was, is));
    let changed = |(was, is): (Option<i64>, Option<i64>)| was.filter(|_| is != was).map(|was| (was, is));
    let named = |field: &'static str| move |(was, is)| (field, was, is);
    lower(count)
        .map(named("occurrenceCount"))
        .or_else(|| lower((before.last_seen, after.last_seen)).map(named("lastSeenAt")))
        .or_else(|| changed((before.first_seen, after.first_seen)).map(named("firstSeenAt")))
}
