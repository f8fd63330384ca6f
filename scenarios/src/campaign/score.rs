//! Generated mutants: which the runs of the catalogue catch, and which survive them.
//!
//! A first pass of the protocol as it is counts in how many runs of each scenario every mutated place was reached. Each
//! mutant is then run in the scenarios that reach its place, the likeliest first, a few runs of each and then twice as
//! many, until a run violates anything: an invariant, an expectation, a bound. Whatever the number of threads, the
//! result is the same.
use super::{progress::Progress, random::run_seed};
use crate::{
    catalogue::CATALOGUE,
    checks::PANICS,
    protocol_name::ProtocolName,
    replay::{Decisions, Replay},
    runner::{Overrides, Prepared, Run, Subject, Transport},
};
pub use mutants::GENERATED;
use sim::{
    Faults, RunError,
    engine::{Choices, Detail, Random},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// API calls that a run of the first round may make; in each later round it may make twice as many.
const CALLS_OF_FIRST_ROUND: u64 = 80;

/// Name of the check that a gateway becomes ready.
pub const BOOTS: &str = "gateway_becomes_ready";

/// Extent of a search.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Runs of each scenario in the first pass.
    pub reach_runs: u64,
    /// Runs after which a mutant has survived.
    pub runs: u64,
    /// Number of threads.
    pub jobs: usize,
}

/// Result of the search for one mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A run violated something that the same run of the protocol as it is does not.
    Caught {
        /// The invariant or check.
        by: String,
        /// Runs that it took.
        runs: u64,
        /// The run.
        replay: Box<Replay>,
    },
    /// No run violated anything.
    Survived {
        /// Number of runs.
        runs: u64,
    },
    /// No run of the first pass reached its place.
    NotReached,
}

/// The subjects of a search: each scenario of the catalogue with its own faults, and with many.
pub fn subjects() -> Vec<Subject> {
    let hostile = Overrides { faults: Some(Faults::HOSTILE), replicas: None };
    let all = CATALOGUE.iter().flat_map(|scenario| {
        let others = (!scenario.needs_its_own_faults()).then_some(hostile);
        [Some(Overrides::default()), others].into_iter().flatten().map(|overrides| {
            Subject::new((*scenario).clone(), ProtocolName::Generated(None), Transport::Direct, overrides)
        })
    });
    all.collect()
}

/// In how many runs of the first pass each subject reached each place, and how many API calls its runs made.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// By subject and mutant.
    runs: Vec<Vec<u64>>,
    calls: Vec<u64>,
    /// Runs of each subject.
    passes: u64,
}

impl Reach {
    /// Makes the first pass.
    ///
    /// # Errors
    /// [`RunError`] when a run of the protocol as it is could not begin.
    pub fn of(subjects: &[Subject], extent: Extent, progress: &Progress) -> Result<Self, RunError> {
        let rows: Mutex<Vec<(usize, Vec<u64>, u64)>> = Mutex::default();
        let failed: Mutex<Option<RunError>> = Mutex::default();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..extent.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Relaxed);
                        let Some(subject) = subjects.get(at).filter(|_| !progress.stop.load(Relaxed)) else { return };
                        match row(subject, extent.reach_runs, progress) {
                            Ok((reached, calls)) => locked(&rows).push((at, reached, calls)),
                            Err(error) => *locked(&failed) = Some(error),
                        }
                    }
                });
            }
        });
        if let Some(error) = locked(&failed).take() {
            return Err(error);
        }
        let mut rows = std::mem::take(&mut *locked(&rows));
        rows.sort_unstable_by_key(|(subject, ..)| *subject);
        let (runs, calls) = rows.into_iter().map(|(_, runs, calls)| (runs, calls)).unzip();
        Ok(Self { runs, calls, passes: extent.reach_runs })
    }

    /// Whether a run of this subject is cheap enough for a round: what takes thousands of calls comes last.
    fn is_affordable(&self, subject: usize, round: u32) -> bool {
        self.calls[subject] <= (self.passes * CALLS_OF_FIRST_ROUND) << round
    }

    /// The subjects that reached the place of a mutant: those that reach it in most runs first, of these the cheapest.
    pub fn order(&self, mutant: usize) -> Vec<usize> {
        let reached = |subject: &usize| self.runs[*subject].get(mutant).copied().unwrap_or_default();
        let mut order: Vec<usize> = (0..self.runs.len()).filter(|subject| reached(subject) > 0).collect();
        order.sort_by_key(|subject| (std::cmp::Reverse(reached(subject)), self.calls[*subject]));
        order
    }
}

/// In how many runs a subject reaches each place, and its API calls.
fn row(subject: &Subject, runs: u64, progress: &Progress) -> Result<(Vec<u64>, u64), RunError> {
    let prepared = Prepared::new(subject.clone(), Detail::Chain);
    let (mut reached, mut calls) = (vec![0; GENERATED.len()], 0);
    for run in 0..runs {
        drop(mutants::take_reached());
        let done = once(&prepared, run, progress)?;
        calls += done.outcome.api_calls;
        for number in mutants::take_reached() {
            reached[usize::from(number)] += 1;
        }
    }
    Ok((reached, calls))
}

fn seed_of(subject: &Subject, run: u64) -> u64 {
    run_seed(0, &subject.scenario.name, run)
}

fn once(prepared: &Prepared, run: u64, progress: &Progress) -> Result<Run, RunError> {
    let done = prepared.run(Choices::new(Random::new(seed_of(&prepared.subject, run))), false)?;
    progress.count(&done);
    Ok(done)
}

/// Runs these mutants on a few threads. `done` gets each result as it is found; a mutant without one was not finished.
pub fn search(
    which: &[usize],
    (subjects, reach): (&[Subject], &Reach),
    extent: Extent,
    (progress, over): (&Progress, &(dyn Fn() -> bool + Sync)),
    done: &(dyn Fn(usize, Verdict) + Sync),
) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..extent.jobs.max(1) {
            scope.spawn(|| {
                let mut prepared: Vec<Prepared> =
                    subjects.iter().map(|subject| Prepared::new(subject.clone(), Detail::Chain)).collect();
                while let Some(&mutant) = which.get(next.fetch_add(1, Relaxed)) {
                    let Some(verdict) = hunt(mutant, &mut prepared, reach, extent.runs, (progress, over)) else {
                        return;
                    };
                    done(mutant, verdict);
                }
            });
        }
    });
}

/// Runs one mutant until it is caught or has survived; `None` if the search is over before.
fn hunt(
    mutant: usize,
    prepared: &mut [Prepared],
    reach: &Reach,
    runs: u64,
    (progress, over): (&Progress, &(dyn Fn() -> bool + Sync)),
) -> Option<Verdict> {
    let order = reach.order(mutant);
    if order.is_empty() {
        return Some(Verdict::NotReached);
    }
    let protocol = ProtocolName::Generated(u16::try_from(mutant).ok());
    let mut made = 0;
    for round in 0_u32.. {
        for &subject in order.iter().filter(|subject| reach.is_affordable(**subject, round)) {
            for run in (1_u64 << round) - 1..(1 << (round + 1)) - 1 {
                if over() {
                    return None;
                }
                made += 1;
                let prepared = &mut prepared[subject];
                if let Some((by, replay)) = violation(prepared, protocol, run, progress) {
                    return Some(Verdict::Caught { by, runs: made, replay });
                }
                if made >= runs {
                    return Some(Verdict::Survived { runs: made });
                }
            }
        }
    }
    None
}

/// What one run of a mutant violates, if the same run of the protocol as it is violates nothing.
fn violation(
    prepared: &mut Prepared,
    protocol: ProtocolName,
    run: u64,
    progress: &Progress,
) -> Option<(String, Box<Replay>)> {
    prepared.subject.protocol = protocol;
    // A panic while a replica boots is not one of its tasks.
    let first = match catch_unwind(AssertUnwindSafe(|| once(prepared, run, progress))) {
        Ok(Ok(done)) => done.violations().next().map(|violation| violation.invariant.to_owned()),
        Ok(Err(_)) => Some(BOOTS.to_owned()),
        Err(_) => Some(PANICS.to_owned()),
    };
    let by = first?;
    let decisions = Decisions::Seed(seed_of(&prepared.subject, run));
    let replay = Replay::of(&prepared.subject, &by, decisions);
    prepared.subject.protocol = ProtocolName::Generated(None);
    let unchanged = once(prepared, run, progress).is_ok_and(|done| done.violations().next().is_none());
    if unchanged {
        progress.violated.fetch_add(1, Relaxed);
    }
    unchanged.then(|| (by, Box::new(replay)))
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
