//! `watch_is_atomic`: etcd's guarantee that a revision is told whole. A write of Kubernetes is one object at one revision, so
//! an event must be exactly one commit: its object, what it did to it as far as the watch's selector sees, and its revision. A
//! deletion has the revision of the deletion, not of the state that it shows.
use super::{Check, Invariant, Tally, wording};
use crate::{
    settings::Settings,
    state::{Heard, Place, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_atomic",
    "an event of a watch tells exactly one commit: its object, what it did and its revision",
    || Box::new(Atomic),
);

struct Atomic;

impl Check for Atomic {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        let Some(Heard::Event { place, .. }) = &step.heard else { return };
        tally.checked();
        let Place::Untrue(really) = place else { return };
        tally.violate(step.now.at, || {
            let watch = wording::Watch::of(step, state);
            let truth = match really {
                Some((change, name, _)) => format!("but that commit {} {name}", wording::did(*change)),
                None => "but no commit of that resource has that revision".to_owned(),
            };
            let sentence = format!("{watch} tells {}, {truth}.", watch.event());
            let evidence = really.iter().map(|(_, _, now)| now.index).chain([step.now.index]);
            (wording::sentence(&sentence), evidence.collect())
        });
    }
}
