//! `watch_is_bookmarkable`: a bookmark is a promise that nothing up to its revision is left to tell. A client resumes from it,
//! so that what it skips is lost for good.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::Observation,
    settings::Settings,
    state::{Heard, State, Step},
    watch,
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_bookmarkable",
    "a bookmark comes after every event up to its revision, and never goes back",
    || Box::new(Bookmarkable),
);

struct Bookmarkable;

impl Check for Bookmarkable {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        let Some(Heard::Bookmark { missed, backwards }) = &step.heard else { return };
        tally.checked();
        if missed.is_none() && !backwards {
            return;
        }
        tally.violate(step.now.at, || {
            let watch = wording::Watch::of(step, state);
            let revision = match step.observation {
                Observation::Watched { heard: watch::Heard::Bookmark { revision }, .. } => *revision,
                _ => 0,
            };
            let wrong = match missed {
                Some(missed) => format!("leaves out {}", wording::Missed(missed)),
                None => "goes back".to_owned(),
            };
            let sentence = format!("{watch} tells a bookmark at revision {revision} that {wrong}.");
            let evidence = missed.iter().map(|missed| missed.now.index).chain(watch.opened());
            (wording::sentence(&sentence), evidence.chain([step.now.index]).collect())
        });
    }
}
