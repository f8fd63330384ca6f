//! `watch_is_ordered`: etcd's first guarantee of a watch, which kube-apiserver passes on. A client that applies events
//! in the order of arrival ends with the newest state only if no event arrives after a later one.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    settings::Settings,
    state::{EventClass, State, Step, StreamStep},
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_ordered",
    "a watch never reports an event older than one that it has reported before",
    || Box::new(Ordered),
);

struct Ordered;

impl Check for Ordered {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Some(StreamStep::Event { class, before, .. }) = &step.stream else { return };
        summary.checked();
        if !matches!(class, EventClass::OutOfOrder) {
            return;
        }
        summary.violate(step.now.at, || {
            let watch = display::Watch::of(step, state);
            let sentence = format!("{watch} reports {} after it had reported revision {}.", watch.event(), before.0);
            (display::sentence(&sentence), vec![before.1.index, step.now.index])
        });
    }
}
