//! One run of a simulation: from a seed, or from recorded choices.
use super::{
    check::{Check, Workload},
    end_state::Reference,
    judge::{Broken, Judge},
    plan::{InTurn, Plan, crash_after_write},
    program::Program,
    story::{Step, Story},
};
use crate::{
    choice::{Alternative, Choice, Choices, InOrder, Label, Random, Recorded},
    direct,
    faults::{Delivered, FaultKind, Faults},
    run::{Cluster, Outcome, RunError, Settings},
    trace::Detail,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
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
    pub(super) plan: Plan,
    /// The run in order, once one was needed.
    pub(super) reference: Arc<OnceLock<Reference>>,
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

    /// Whether every check held.
    pub(super) fn held(&self) -> bool {
        self.broken.is_none()
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
        self.run(self.choices(seed), Detail::Lines)
    }

    /// Choices of a seed.
    pub(super) fn choices(&self, seed: u64) -> Choices {
        if self.plan.crashes { Choices::new(InTurn::new(seed)) } else { Choices::new(Random::new(seed)) }
    }

    /// Runs these choices again. Where they no longer fit, [`Run::mismatch`] says so.
    ///
    /// # Errors
    /// When the run could not begin.
    pub fn replay(&self, choices: &[Choice]) -> Result<Run, RunError> {
        self.run(Choices::new(Recorded::new(choices.to_vec())), Detail::Lines)
    }

    pub(super) fn run(&self, mut choices: Choices, detail: Detail) -> Result<Run, RunError> {
        let mut settings = Settings { detail, ..self.settings.clone() };
        let reference = if self.plan.needs_reference() { Some(self.in_order()?) } else { None };
        if let Some(Reference { writing_calls, .. }) = reference.filter(|_| self.plan.crashes) {
            let name = |picked: usize| Alternative::Number(picked as u32);
            let place = choices.choose(Label::FaultMoment, *writing_calls as usize, name);
            settings.triggers.push(crash_after_write(place as u32));
        }
        let (judge, run) = self.play(&settings, choices)?;
        if run.broken.is_some() {
            return Ok(run);
        }
        let broken = reference.and_then(|reference| lock(&judge).compare(reference, self.plan.comparison()));
        Ok(Run { broken, ..run })
    }

    /// The run in order and without faults, which runs once.
    fn in_order(&self) -> Result<&Reference, RunError> {
        if let Some(reference) = self.reference.get() {
            return Ok(reference);
        }
        let (triggers, fault_rules) = (Vec::new(), Vec::new());
        let settings = Settings { faults: Faults::NONE, triggers, fault_rules, ..self.settings.clone() };
        let (judge, _) = self.play(&settings, Choices::new(InOrder))?;
        Ok(self.reference.get_or_init(|| lock(&judge).reference()))
    }

    fn play(&self, settings: &Settings, choices: Choices) -> Result<(Arc<Mutex<Judge>>, Run), RunError> {
        let story = (settings.detail == Detail::Lines).then(Story::default);
        let judge = Arc::new(Mutex::new(Judge::new(Arc::clone(&settings.registry), self.always.clone(), story)));
        let program = self.program.for_one_run();
        let (workload, plan, quiet) = (Arc::clone(&self.workload), self.plan, settings.tail);
        let script = move |cluster: Cluster| async move {
            workload(cluster.clone()).await;
            plan.after_workload(cluster, quiet).await;
        };
        let observer = Box::new(Arc::clone(&judge));
        let mut outcome = direct::run(settings, Arc::new(program.clone()), choices, observer, script)?;
        let mut judged = lock(&judge);
        let panicked =
            program.panic().map(|(at, sentence)| Broken { check: findings::PANICS.to_owned(), sentence, at });
        let broken = panicked.or_else(|| judged.at_the_end(&self.finally, findings::ENDS, &outcome));
        outcome.delivered.take_back(FaultKind::Crash, judged.restarts());
        let story = judged.story.take().map(Story::into_steps).unwrap_or_default();
        drop(judged);
        Ok((judge, Run::new(broken, outcome, story)))
    }
}

fn lock(judge: &Mutex<Judge>) -> MutexGuard<'_, Judge> {
    judge.lock().unwrap_or_else(PoisonError::into_inner)
}
