//! A cluster around somebody's program: the way in for controllers that know nothing of this workspace.
//!
//! A [`Simulation`] is a program (an async function that is given a `kube::Client`), how many replicas of it run, what kinds
//! there are, what is done to the cluster meanwhile, what may go wrong, and what must hold. It is run once per seed; the first
//! seed that breaks something comes back as a [`Failure`] with a sentence, the trace and the decisions that repeat it.
//!
//! What is deliberately absent: a reconciler trait or a client of its own. The program is the one that is shipped; kube-rs over
//! another transport is all that changes. What that makes deterministic and what not is said at [`Simulation::explore`].
mod builder;
mod explore;
mod program;
mod view;

pub use builder::{BuildError, Builder};
pub use explore::{Exploration, Failure, Run};
pub use view::View;

use crate::{
    choice::{Choice, Choices, Random, Recorded},
    direct::{self, RunError, Settings},
    trace::Detail,
};
use builder::{Check, Workload};
use program::Program;
use std::sync::{Arc, Mutex, PoisonError};
use view::{Broken, Judge};

/// The names under which a run reports what no check was needed for.
pub mod findings {
    /// The run did not come to its end.
    pub const ENDS: &str = "every run ends";
    /// A replica's program panicked.
    pub const PANICS: &str = "no replica panics";
}

/// A program in a simulated cluster, ready to be run any number of times. Runs share nothing but what was compiled for them.
#[derive(Clone)]
pub struct Simulation {
    settings: Settings,
    program: Program,
    workload: Workload,
    always: Vec<Check>,
    finally: Vec<Check>,
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").field("replicas", &self.settings.replicas).finish_non_exhaustive()
    }
}

impl Simulation {
    /// A cluster with the built-in kinds, two API servers, one replica and no faults.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The run that this seed stands for, as long as neither the program nor the simulation changes.
    ///
    /// # Errors
    /// When the run could not begin.
    pub fn seed(&self, seed: u64) -> Result<Run, RunError> {
        self.run(Choices::new(Random::new(seed)), Detail::Lines)
    }

    /// The run that these decisions were taken in. Where they no longer fit, [`Run::mismatch`] says so.
    ///
    /// # Errors
    /// When the run could not begin.
    pub fn replay(&self, choices: &[Choice]) -> Result<Run, RunError> {
        self.run(Choices::new(Recorded::new(choices.to_vec())), Detail::Lines)
    }

    fn run(&self, choices: Choices, detail: Detail) -> Result<Run, RunError> {
        let judge = Arc::new(Mutex::new(Judge::new(Arc::clone(&self.settings.registry), self.always.clone())));
        let program = self.program.for_one_run();
        let settings = Settings { detail, ..self.settings.clone() };
        let workload = Arc::clone(&self.workload);
        let observer = Box::new(Arc::clone(&judge));
        let outcome =
            direct::run(&settings, Arc::new(program.clone()), choices, observer, move |cluster| workload(cluster))?;
        let mut judge = judge.lock().unwrap_or_else(PoisonError::into_inner);
        let panicked =
            program.panic().map(|(at, sentence)| Broken { check: findings::PANICS.to_owned(), sentence, at });
        let broken = panicked.or_else(|| judge.at_the_end(&self.finally, outcome.stop, outcome.simulated));
        Ok(Run::new(broken, outcome))
    }
}
