//! The judge: makes the checks after every commit and at the end.
use super::{check::Check, end_state::Reference, program::message, story::Story, view::View};
use crate::{
    event::{Event, Observer},
    run::{Outcome, Stop},
};
use apiserver::Registry;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// A check that was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) check: String,
    pub(super) sentence: String,
    pub(super) at: Duration,
}

/// Keeps the view up to date and makes the checks. The first violation counts.
pub(super) struct Judge {
    view: View,
    always: Vec<Check>,
    broken: Option<Broken>,
    /// Kept where lines of the trace are.
    pub(super) story: Option<Story>,
}

impl Judge {
    pub(super) fn new(registry: Arc<Registry>, always: Vec<Check>, story: Option<Story>) -> Self {
        Self { view: View::new(registry), always, broken: None, story }
    }

    fn check(view: &View, check: &Check) -> Option<Broken> {
        let judged = catch_unwind(AssertUnwindSafe(|| (check.judge)(view)));
        let sentence = match judged {
            Ok(Ok(())) => return None,
            Ok(Err(sentence)) => sentence,
            Err(payload) => message(&*payload).to_owned(),
        };
        Some(Broken { check: check.name.to_string(), sentence, at: view.at })
    }

    /// Judges the end of the run, unless a check was violated before.
    pub(super) fn at_the_end(&mut self, finally: &[Check], ends: &str, outcome: &Outcome) -> Option<Broken> {
        let at = outcome.simulated;
        self.view.at = at;
        let unended = |sentence: &str| Broken { check: ends.to_owned(), sentence: sentence.to_owned(), at };
        self.broken.take().or_else(|| match outcome.stop {
            Stop::Known => None,
            Stop::Done => finally.iter().find_map(|check| Self::check(&self.view, check)),
            Stop::TimeLimit => Some(unended("the workload did not end within its time limit")),
            Stop::StepLimit => Some(unended("the run took too many steps: something is retried forever")),
            Stop::NoProgress if outcome.cycle.is_empty() => Some(unended("no delivery was answered in 10,000 steps")),
            Stop::NoProgress => Some(unended(&format!(
                "no delivery was answered in 10,000 steps: these calls repeat forever: {}",
                outcome.cycle.join("; ")
            ))),
        })
    }
}

impl Judge {
    /// What other runs are compared with, if this is the run in order.
    pub(super) fn reference(&self) -> Reference {
        Reference { end: self.view.end_state(), writing_calls: self.view.history.writing_calls }
    }

    /// Number of replicas that were restarted after the faults had stopped.
    pub(super) fn restarts(&self) -> u64 {
        self.view.history.restarts
    }

    /// Compares the end of the run with that of the run in order.
    pub(super) fn compare(&self, reference: &Reference, check: &str) -> Option<Broken> {
        let difference = self.view.end_state().difference(&reference.end)?;
        Some(Broken { check: check.to_owned(), sentence: difference, at: self.view.at })
    }
}

impl Observer for Arc<Mutex<Judge>> {
    fn event(&mut self, at: u64, event: &Event) {
        let mut judge = self.lock().unwrap_or_else(PoisonError::into_inner);
        let Judge { view, always, broken, story } = &mut *judge;
        if let Some(story) = story {
            story.event(at, event);
        }
        view.event(Duration::from_micros(at), event);
        if broken.is_none() && matches!(event, Event::Committed(_)) {
            *broken = always.iter().find_map(|check| Judge::check(view, check));
        }
    }
}
