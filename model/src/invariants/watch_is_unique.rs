//! `watch_is_unique`: etcd's second guarantee of a watch. Without it, a client that counts events counts wrong.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    settings::Settings,
    state::{EventClass, State, Step, StreamStep},
};

pub(super) const INVARIANT: Invariant =
    Invariant::of_watches("watch_is_unique", "a watch reports no event twice", || Box::new(Unique));

struct Unique;

impl Check for Unique {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Some(StreamStep::Event { class, before, .. }) = &step.stream else { return };
        summary.checked();
        if !matches!(class, EventClass::Repeated) {
            return;
        }
        summary.violate(step.now.at, || {
            let watch = display::Watch::of(step, state);
            let sentence = format!("{watch} reports {} a second time.", watch.event());
            (display::sentence(&sentence), vec![before.1.index, step.now.index])
        });
    }
}
