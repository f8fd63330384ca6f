//! `watch_is_bookmarkable`: a bookmark promises that the watch has reported every event up to its revision. A client
//! resumes from it, so an event that it skips is lost for good.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::Observation,
    settings::Settings,
    state::{State, Step, StreamStep},
    watch::WatchFact,
};

pub(super) const INVARIANT: Invariant = Invariant::of_watches(
    "watch_is_bookmarkable",
    "a bookmark comes after every event up to its revision, and its revision never decreases",
    || Box::new(Bookmarkable),
);

struct Bookmarkable;

impl Check for Bookmarkable {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Some(StreamStep::Bookmark { missed, backwards }) = &step.stream else { return };
        summary.checked();
        if missed.is_none() && !backwards {
            return;
        }
        summary.violate(step.now.at, || {
            let watch = display::Watch::of(step, state);
            let revision = match step.observation {
                Observation::Watched { fact: WatchFact::Bookmark { revision }, .. } => *revision,
                _ => 0,
            };
            let wrong = match missed {
                Some(missed) => format!("leaves out {}", display::Missed(missed)),
                None => "goes back".to_owned(),
            };
            let sentence = format!("{watch} sends a bookmark at revision {revision} that {wrong}.");
            let evidence = missed.iter().map(|missed| missed.now.index).chain(watch.opened());
            (display::sentence(&sentence), evidence.chain([step.now.index]).collect())
        });
    }
}
