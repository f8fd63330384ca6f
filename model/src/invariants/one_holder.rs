//! `one_holder`: two acquisitions never hold a lock at the same time.
//!
//! An acquisition holds from its commit (or its holder's last renewal) to the first of three: its release, the passing
//! of its duration in simulated time, and the end of the request whose creation it guards, if the lease names one. A
//! fast clock, within the stated bound, must not cause an earlier takeover. A restarted replica is a different actor: a
//! restarted container keeps its pod's name, and must not take its predecessor's lock for its own.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    settings::Settings,
    state::{LockStep, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "one_holder",
    "no actor acquires a lease that another acquisition still holds: not released, not expired in simulated time, and \
     its request not ended",
    || Box::new(OneHolder),
);

struct OneHolder;

impl Check for OneHolder {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, summary: &mut Summary) {
        let Some(LockStep::Acquired { by, over }) = &step.lock else { return };
        summary.checked();
        let Some(over) = over.as_ref().filter(|over| !over.same_owner(by)) else { return };
        let held = step.now.at.saturating_sub(over.since.at);
        let ended = over.guards.as_ref().is_some_and(|name| state.named(name).any(|(_, record)| record.ended));
        if ended || held >= settings.shortest_hold() {
            return;
        }
        summary.violate(step.now.at, || {
            let sentence = format!(
                "{} acquired {} at {}, {} after {}, which had not released it: it holds for {} s.",
                display::Client(by.actor),
                display::lease(step.observation),
                display::Seconds(step.now.at),
                display::Seconds(held),
                if over.actor == by.actor {
                    format!("its own acquisition {}", over.holder)
                } else {
                    display::Client(over.actor).to_string()
                },
                settings.lease_seconds,
            );
            (display::sentence(&sentence), vec![over.since.index, step.now.index])
        });
    }
}
