//! `watch_is_atomic`: etcd's guarantee that a watch reports a revision completely or not at all. A write of Kubernetes
//! is one object at one revision, so an event must be exactly one commit: its object, its change as far as the watch's
//! selector sees it, and its revision. A deletion has the revision of the deletion, not of the state that it shows.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    settings::Settings,
    state::{EventClass, State, Step, StreamStep},
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_atomic",
    "an event of a watch reports exactly one commit: its object, its change and its revision",
    || Box::new(Atomic),
);

struct Atomic;

impl Check for Atomic {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Some(StreamStep::Event { class, .. }) = &step.stream else { return };
        summary.checked();
        let EventClass::Untrue(really) = class else { return };
        summary.violate(step.now.at, || {
            let watch = display::Watch::of(step, state);
            let truth = match really {
                Some((change, name, _)) => format!("but that commit {} {name}", display::verb(*change)),
                None => "but no commit of that resource has that revision".to_owned(),
            };
            let sentence = format!("{watch} reports {}, {truth}.", watch.event());
            let evidence = really.iter().map(|(_, _, now)| now.index).chain([step.now.index]);
            (display::sentence(&sentence), evidence.collect())
        });
    }
}
