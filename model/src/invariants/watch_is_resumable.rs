//! `watch_is_resumable`: etcd's guarantee that a watch goes on where another stopped. It begins with everything after the
//! revision that it was opened from (or with the whole state at it, where it was opened from none), and with nothing older.
use super::{Check, Invariant, Tally, wording};
use crate::{
    settings::Settings,
    state::{Heard, Place, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_resumable",
    "a watch that is opened from a revision begins with what comes right after it",
    || Box::new(Resumable),
);

struct Resumable;

impl Check for Resumable {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        let Some(Heard::Event { first, missed, place, .. }) = &step.heard else { return };
        let early = matches!(place, Place::Early);
        if *first || early {
            tally.checked();
        }
        let missed = missed.as_ref().filter(|_| *first);
        if missed.is_none() && !early {
            return;
        }
        tally.violate(step.now.at, || {
            let watch = wording::Watch::of(step, state);
            let wrong = match missed {
                Some(missed) => format!("and leaves out {}", wording::Missed(missed)),
                None => "which its client had already".to_owned(),
            };
            let sentence = format!("{watch} begins with {} {wrong}.", watch.event());
            let evidence = missed.map(|missed| missed.now.index).into_iter().chain(watch.opened());
            (wording::sentence(&sentence), evidence.chain([step.now.index]).collect())
        });
    }
}
