//! `watch_is_reliable`: etcd's guarantee that nothing between two events is dropped. It says nothing of what is yet to come: a
//! cache may lag, and a stream may end.
use super::{Check, Invariant, Tally, wording};
use crate::{
    settings::Settings,
    state::{Heard, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_reliable",
    "between two events that a watch tells, it leaves out none that it selects",
    || Box::new(Reliable),
);

struct Reliable;

impl Check for Reliable {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        let Some(Heard::Event { first: false, missed, before, .. }) = &step.heard else { return };
        tally.checked();
        let Some(missed) = missed else { return };
        tally.violate(step.now.at, || {
            let watch = wording::Watch::of(step, state);
            let left_out = wording::Missed(missed);
            let sentence =
                format!("{watch} tells {} after revision {} and leaves out {left_out}.", watch.event(), before.0);
            (wording::sentence(&sentence), vec![missed.now.index, before.1.index, step.now.index])
        });
    }
}
