//! One run of a simulation: from a seed, or from recorded choices.
use super::{
    check::{Check, Workload},
    judge::{Broken, Judge},
    program::Program,
    story::{Step, Story},
};
use crate::{
    choice::{Choice, Choices, Random, Recorded},
    direct,
    faults::Delivered,
    run::{Outcome, RunError, Settings},
    trace::Detail,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Names of the checks that every run makes.
pub mod findings {
    /// The run ends.
    pub const ENDS: &str = "every run ends";
    /// No replica's program panics.
    pub const PANICS: &str = "no replica panics";
}

/// A program in a simulated cluster, ready to run any number of times. Runs share only what was compiled for them.
#[derive(Clone)]
pub struct Simulation {
    pub(super) settings: Settings,
    pub(super) program: Program,
    pub(super) workload: Workload,
    pub(super) always: Vec<Check>,
    pub(super) finally: Vec<Check>,
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").field("replicas", &self.settings.replicas).finish_non_exhaustive()
    }
}

/// One run.
#[derive(Debug)]
#[must_use]
pub struct Run {
    /// The first violation, if there was one.
    pub(super) broken: Option<Broken>,
    /// Its choices.
    pub choices: Vec<Choice>,
    /// Where recorded choices no longer fitted.
    pub mismatch: Option<String>,
    /// One line per event.
    pub trace: Vec<String>,
    /// The same in words, without what only moves data inside the API servers.
    pub story: Vec<Step>,
    /// Hash of everything that happened. Two runs with the same hash are the same.
    pub chain: u64,
    /// How often each fault took effect.
    pub delivered: Delivered,
    /// Number of API calls.
    pub api_calls: u64,
    /// Simulated time that it took.
    pub simulated: Duration,
}

impl Run {
    fn new(broken: Option<Broken>, outcome: Outcome, story: Vec<Step>) -> Self {
        let chain = outcome.trace.chain();
        Self {
            broken,
            choices: outcome.choices,
            mismatch: outcome.mismatch,
            trace: outcome.trace.into_lines(),
            story,
            chain,
            delivered: outcome.delivered,
            api_calls: outcome.api_calls,
            simulated: outcome.simulated,
        }
    }

    /// The check that was violated and the sentence that says how; None if all held.
    pub fn broken(&self) -> Option<(&str, &str)> {
        self.broken.as_ref().map(|broken| (broken.check.as_str(), broken.sentence.as_str()))
    }
}

impl Simulation {
    /// Runs this seed. It repeats a run as long as neither the program nor the simulation changes.
    ///
    /// # Errors
    /// When the run could not begin.
    pub fn seed(&self, seed: u64) -> Result<Run, RunError> {
        self.run(Choices::new(Random::new(seed)), Detail::Lines)
    }

    /// Runs these choices again. Where they no longer fit, [`Run::mismatch`] says so.
    ///
    /// # Errors
    /// When the run could not begin.
    pub fn replay(&self, choices: &[Choice]) -> Result<Run, RunError> {
        self.run(Choices::new(Recorded::new(choices.to_vec())), Detail::Lines)
    }

    pub(super) fn run(&self, choices: Choices, detail: Detail) -> Result<Run, RunError> {
        let judge = Judge::new(
            Arc::clone(&self.settings.registry),
            self.always.clone(),
            (detail == Detail::Lines).then(Story::default),
        );
        let judge = Arc::new(Mutex::new(judge));
        let program = self.program.for_one_run();
        let settings = Settings { detail, ..self.settings.clone() };
        let workload = Arc::clone(&self.workload);
        let observer = Box::new(Arc::clone(&judge));
        let outcome =
            direct::run(&settings, Arc::new(program.clone()), choices, observer, move |cluster| workload(cluster))?;
        let mut judge = judge.lock().unwrap_or_else(PoisonError::into_inner);
        let panicked =
            program.panic().map(|(at, sentence)| Broken { check: findings::PANICS.to_owned(), sentence, at });
        let broken =
            panicked.or_else(|| judge.at_the_end(&self.finally, findings::ENDS, outcome.stop, outcome.simulated));
        let story = judge.story.take().map(Story::into_steps).unwrap_or_default();
        Ok(Run::new(broken, outcome, story))
    }
}
