//! `one_holder`: the lock excludes.
//!
//! An acquisition holds from its commit (or its holder's last renewal) to its release, or until its duration has passed in
//! *true* time; no clock may run so fast that it takes over earlier, within the stated bound. The start of a replica counts
//! as part of its identity: a restarted container keeps its pod's name, and must not take its predecessor's lock for its own.
use super::{Check, Invariant, Tally, wording};
use crate::{
    settings::Settings,
    state::{LockStep, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "one_holder",
    "nobody acquires a lease that another acquisition still holds: neither released nor expired in true time",
    || Box::new(OneHolder),
);

struct OneHolder;

impl Check for OneHolder {
    fn observe(&mut self, step: &Step<'_>, _: &State, settings: &Settings, tally: &mut Tally) {
        let Some(LockStep::Acquired { by, over }) = &step.lock else { return };
        tally.checked();
        let Some(over) = over.as_ref().filter(|over| !over.same_owner(by)) else { return };
        let held = step.now.at.saturating_sub(over.since.at);
        if held >= settings.shortest_hold() {
            return;
        }
        tally.violate(step.now.at, || {
            let sentence = format!(
                "{} acquired {} at {}, {} after {} had, who had not released it: it holds for {} s.",
                wording::Who(by.actor),
                wording::lease(step.observation),
                wording::Seconds(step.now.at),
                wording::Seconds(held),
                if over.actor == by.actor {
                    format!("its own acquisition {}", over.holder)
                } else {
                    wording::Who(over.actor).to_string()
                },
                settings.lease_seconds,
            );
            (wording::sentence(&sentence), vec![over.since.index, step.now.index])
        });
    }
}
