//! Exploration: seed after seed until one violates a check, and what it returns.
use super::{judge::Broken, runner::Simulation, story::Step};
use crate::{choice::Choice, faults::Delivered, run::RunError, trace::Detail};
use std::{fmt, time::Duration};

/// Number of steps of the story that a failure shows when it is printed.
const SHOWN: usize = 24;

/// Result of running many seeds.
#[derive(Debug)]
#[must_use]
pub struct Exploration {
    /// Number of seeds that ran.
    pub runs: u64,
    /// How often each fault took effect in all of them. A fault that never did was not explored.
    pub delivered: Delivered,
    /// Number of API calls.
    pub api_calls: u64,
    /// The first seed that violated a check. None means that these seeds did not; other seeds may.
    pub failure: Option<Box<Failure>>,
}

/// A run that violated a check, with all that is needed to see it again.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Name of the check, or one of [`findings`](super::findings).
    pub check: String,
    /// Sentence that says what happened.
    pub sentence: String,
    /// Simulated time since the run began.
    pub at: Duration,
    /// Seed: [`Simulation::seed`] repeats the run, as long as nothing changes.
    pub seed: u64,
    /// Choices: [`Simulation::replay`] repeats the run, and says where they no longer fit. They serialize.
    pub choices: Vec<Choice>,
    /// One line per event of the run.
    pub trace: Vec<String>,
    /// What happened in the run, in words.
    pub story: Vec<Step>,
    /// How often each fault took effect in the run.
    pub delivered: Delivered,
    /// What differed when the seed ran again; None if everything happened again.
    pub unrepeatable: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_story(f)?;
        write!(f, "seed {} repeats it, {:.3} s into the run", self.seed, self.at.as_secs_f64())?;
        match &self.unrepeatable {
            Some(why) => write!(f, "; not for certain: {why}"),
            None => Ok(()),
        }
    }
}

impl Failure {
    /// The sentence, the last steps before it, and the faults.
    pub(super) fn write_story(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(f, "{}: {}", self.check, self.sentence)?;
        let until = self.story.iter().take_while(|step| step.at <= self.at).count();
        let from = until.saturating_sub(SHOWN);
        if from > 0 {
            writeln!(f, "  {:>11}    {from} earlier steps", "…")?;
        }
        for step in &self.story[from..until] {
            writeln!(f, "  {step}")?;
        }
        writeln!(f, "faults in the whole run: {}", self.delivered)
    }
}

impl Simulation {
    /// Runs seed after seed, in the calling thread, until one violates a check. That seed runs again: a failure says
    /// whether everything happened a second time.
    ///
    /// A run is a function of its seed as far as the program is deterministic. The simulation, tokio's current-thread
    /// runtime with its paused clock, and kube's client are. So are kube-runtime's `watcher`, `reflector` and
    /// finalizers: the generator of their backoff's jitter is seeded here for each run. A `Controller` is deterministic
    /// as long as no two of its objects become due in the same instant: a `HashMap`, whose order differs from map to
    /// map, decides which of them it takes first. The same is true of `Store::state`, and of everything in a program
    /// that iterates a `HashMap`, reads the machine's clock, draws from its entropy or starts a thread.
    ///
    /// # Errors
    /// When a run could not begin.
    pub fn explore(&self, seeds: impl IntoIterator<Item = u64>) -> Result<Exploration, RunError> {
        let mut done = Exploration { runs: 0, delivered: Delivered::default(), api_calls: 0, failure: None };
        for seed in seeds {
            let run = self.run(self.choices(seed), Detail::Chain)?;
            done.runs += 1;
            done.delivered.add(&run.delivered);
            done.api_calls += run.api_calls;
            if let Some(broken) = run.broken.clone() {
                done.failure = Some(Box::new(self.confirm(seed, broken, run.choices)?));
                break;
            }
        }
        Ok(done)
    }

    /// Runs a failed seed again, for its trace.
    fn confirm(&self, seed: u64, broken: Broken, choices: Vec<Choice>) -> Result<Failure, RunError> {
        let again = self.seed(seed)?;
        let repeated = again.broken.as_ref() == Some(&broken) && again.choices == choices;
        let unrepeatable = (!repeated).then(|| {
            let differs = again.choices.iter().zip(&choices).position(|(again, first)| again != first);
            let at = differs.unwrap_or_else(|| again.choices.len().min(choices.len()));
            format!("the program took another way at choice {at} when its seed ran again")
        });
        let delivered = again.delivered;
        // A trace must belong to the choices that are returned with it.
        let (trace, story) = if repeated { (again.trace, again.story) } else { Default::default() };
        let Broken { check, sentence, at } = broken;
        Ok(Failure { check, sentence, at, seed, choices, trace, story, delivered, unrepeatable })
    }
}
