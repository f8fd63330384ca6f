//! `watch_is_ordered`: etcd's first guarantee of a watch, which kube-apiserver hands on. A client that applies events as they
//! come ends with the newest state only if a later event is never overtaken by an earlier one.
use super::{Check, Invariant, Tally, wording};
use crate::{
    settings::Settings,
    state::{Heard, Place, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_ordered",
    "a watch never tells an event that is older than one it has told before",
    || Box::new(Ordered),
);

struct Ordered;

impl Check for Ordered {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        let Some(Heard::Event { place, before, .. }) = &step.heard else { return };
        tally.checked();
        if !matches!(place, Place::Backwards) {
            return;
        }
        tally.violate(step.now.at, || {
            let watch = wording::Watch::of(step, state);
            let sentence = format!("{watch} tells {} after it had told revision {}.", watch.event(), before.0);
            (wording::sentence(&sentence), vec![before.1.index, step.now.index])
        });
    }
}
