//! `watch_is_unique`: etcd's second guarantee of a watch. A client may count events.
use super::{Check, Invariant, Tally, wording};
use crate::{
    settings::Settings,
    state::{Heard, Place, State, Step},
};

pub(super) const INVARIANT: Invariant =
    Invariant::of_watches("watch_is_unique", "a watch tells no event twice", || Box::new(Unique));

struct Unique;

impl Check for Unique {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        let Some(Heard::Event { place, before, .. }) = &step.heard else { return };
        tally.checked();
        if !matches!(place, Place::Again) {
            return;
        }
        tally.violate(step.now.at, || {
            let watch = wording::Watch::of(step, state);
            let sentence = format!("{watch} tells {} a second time.", watch.event());
            (wording::sentence(&sentence), vec![before.1.index, step.now.index])
        });
    }
}
