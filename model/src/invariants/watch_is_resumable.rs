//! `watch_is_resumable`: etcd's guarantee that a watch continues where another stopped. It begins with the first event
//! after the revision that it was opened from, or with the whole state if it was opened without a revision, never with
//! an older event.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    settings::Settings,
    state::{EventClass, State, Step, StreamStep},
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_resumable",
    "a watch that is opened from a revision begins with the first event after it",
    || Box::new(Resumable),
);

struct Resumable;

impl Check for Resumable {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Some(StreamStep::Event { first, missed, class, .. }) = &step.stream else { return };
        let early = matches!(class, EventClass::BeforeStart);
        if *first || early {
            summary.checked();
        }
        let missed = missed.as_ref().filter(|_| *first);
        if missed.is_none() && !early {
            return;
        }
        summary.violate(step.now.at, || {
            let watch = display::Watch::of(step, state);
            let wrong = match missed {
                Some(missed) => format!("and leaves out {}", display::Missed(missed)),
                None => "which its client already had".to_owned(),
            };
            let sentence = format!("{watch} begins with {} {wrong}.", watch.event());
            let evidence = missed.map(|missed| missed.now.index).into_iter().chain(watch.opened());
            (display::sentence(&sentence), evidence.chain([step.now.index]).collect())
        });
    }
}
