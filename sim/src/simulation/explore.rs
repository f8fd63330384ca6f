//! Exploration: seed after seed until something breaks, and what is handed back then.
use super::{Simulation, view::Broken};
use crate::{
    choice::{Choice, Choices, Random},
    direct::{Outcome, RunError},
    faults::Delivered,
    trace::Detail,
};
use std::{fmt, time::Duration};

/// How many lines of the trace a failure shows when it is printed.
const SHOWN: usize = 24;

/// One run.
#[derive(Debug)]
#[must_use]
pub struct Run {
    /// What was broken first, if anything was.
    broken: Option<Broken>,
    /// The decisions that it consisted of.
    pub choices: Vec<Choice>,
    /// Where recorded decisions no longer fitted.
    pub mismatch: Option<String>,
    /// One line per event.
    pub trace: Vec<String>,
    /// The hash of everything that happened: two runs with the same are the same.
    pub chain: u64,
    /// What went wrong, and how often.
    pub delivered: Delivered,
    /// API calls that were made.
    pub api_calls: u64,
    /// Simulated time.
    pub simulated: Duration,
}

impl Run {
    pub(super) fn new(broken: Option<Broken>, outcome: Outcome) -> Self {
        let chain = outcome.trace.chain();
        Self {
            broken,
            choices: outcome.choices,
            mismatch: outcome.mismatch,
            trace: outcome.trace.into_lines(),
            chain,
            delivered: outcome.delivered,
            api_calls: outcome.api_calls,
            simulated: outcome.simulated,
        }
    }

    /// The check that was broken and the sentence that says how; None if all held.
    pub fn broken(&self) -> Option<(&str, &str)> {
        self.broken.as_ref().map(|broken| (broken.check.as_str(), broken.sentence.as_str()))
    }
}

/// What a row of seeds came to.
#[derive(Debug)]
#[must_use]
pub struct Exploration {
    /// How many seeds were run.
    pub runs: u64,
    /// What went wrong in all of them: a fault that never took effect was not explored.
    pub delivered: Delivered,
    /// API calls that were made.
    pub api_calls: u64,
    /// The first seed that broke something. None says that these seeds did not, and no more.
    pub failure: Option<Box<Failure>>,
}

/// A run that broke something, with all that it takes to see it again.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The check's name, or one of [`findings`](super::findings).
    pub check: String,
    /// What happened.
    pub sentence: String,
    /// When, in true time since the run began.
    pub at: Duration,
    /// [`Simulation::seed`] repeats it, as long as nothing changes.
    pub seed: u64,
    /// [`Simulation::replay`] repeats it, and says where it no longer can. They serialize.
    pub choices: Vec<Choice>,
    /// One line per event of the run.
    pub trace: Vec<String>,
    /// Why the seed is not enough: what differed when it was run again. None: everything happened again.
    pub unrepeatable: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.check, self.sentence)?;
        let until = self.trace.iter().take_while(|line| time_of(line).is_none_or(|at| at <= self.at)).count();
        for line in &self.trace[until.saturating_sub(SHOWN)..until] {
            writeln!(f, "  {line}")?;
        }
        write!(f, "seed {} repeats it, {:.3} s into the run", self.seed, self.at.as_secs_f64())?;
        match &self.unrepeatable {
            Some(why) => write!(f, "; not for certain: {why}"),
            None => Ok(()),
        }
    }
}

/// The time at the beginning of a line of the trace.
fn time_of(line: &str) -> Option<Duration> {
    let millis: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_secs_f64((millis - 0.000_5).max(0.0) / 1_000.0))
}

impl Simulation {
    /// Runs seed after seed, in the calling thread, until one breaks something. That one is run again: a failure says whether
    /// everything happened a second time.
    ///
    /// A run is a function of its seed as far as the program is one. The simulation itself, tokio's current-thread runtime with
    /// its paused clock, and kube's client are. Of kube-runtime, `watcher`, `reflector` and finalizers are, but for the jitter of
    /// their backoff, whose generator is seeded here for each run. A `Controller` is as long as no two of its objects come due
    /// in the same instant: which of them it takes first, it leaves to a `HashMap`, whose order differs from map to map. The
    /// same goes for `Store::state`, and for everything in a program that iterates a `HashMap`, reads the machine's clock, draws
    /// from its entropy or starts a thread.
    ///
    /// # Errors
    /// When a run could not begin.
    pub fn explore(&self, seeds: impl IntoIterator<Item = u64>) -> Result<Exploration, RunError> {
        let mut done = Exploration { runs: 0, delivered: Delivered::default(), api_calls: 0, failure: None };
        for seed in seeds {
            let run = self.run(Choices::new(Random::new(seed)), Detail::Chain)?;
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
            format!("the program took another way at decision {at} when its seed was run again")
        });
        // A trace tells the decisions that are handed over with it, or nothing.
        let trace = if repeated { again.trace } else { Vec::new() };
        let Broken { check, sentence, at } = broken;
        Ok(Failure { check, sentence, at, seed, choices, trace, unrepeatable })
    }
}
