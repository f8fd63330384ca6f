//! `watch_is_reliable`: etcd's guarantee that a watch drops no event between two others. It does not cover events after
//! the last one: a cache may lag, and a stream may end.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    settings::Settings,
    state::{State, Step, StreamStep},
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_reliable",
    "a watch leaves out no event that it selects between two that it reports",
    || Box::new(Reliable),
);

struct Reliable;

impl Check for Reliable {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Some(StreamStep::Event { first: false, missed, before, .. }) = &step.stream else { return };
        summary.checked();
        let Some(missed) = missed else { return };
        summary.violate(step.now.at, || {
            let watch = display::Watch::of(step, state);
            let left_out = display::Missed(missed);
            let sentence =
                format!("{watch} reports {} after revision {} and leaves out {left_out}.", watch.event(), before.0);
            (display::sentence(&sentence), vec![missed.now.index, before.1.index, step.now.index])
        });
    }
}
