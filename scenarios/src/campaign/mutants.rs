//! Mutants: the number of runs that it takes to catch each, from several seeds.
use super::{
    progress::Progress,
    random::{Shaped, run_seed},
};
use crate::{
    catalogue::find,
    mutants::{MUTANTS, Mutant},
    protocol_name::ProtocolName,
    replay::{Decisions, Replay, ReplayError, preset},
    runner::{Overrides, Prepared, Subject, Transport},
    strategies::{StrategyName, portfolio::Learner},
};
use sim::{Choice, engine::Detail};
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Extent of a hunt for mutants.
#[derive(Debug, Clone, Copy)]
pub struct Hunt {
    /// Most runs per seed.
    pub runs: u64,
    /// Number of seeds per mutant.
    pub seeds: u64,
    /// Number of threads.
    pub jobs: usize,
    /// Strategy of the runs.
    pub strategy: StrategyName,
}

/// Result of the hunt for one mutant.
#[derive(Debug, Clone)]
pub struct Hunted {
    /// Index into [`MUTANTS`].
    pub index: usize,
    /// Runs that it took, for each seed that caught the mutant; ascending.
    pub runs_to_find: Vec<u64>,
    /// Number of seeds that did not catch it in all their runs.
    pub missed: u64,
    /// Number of seeds that were stopped before they caught it or had made all their runs.
    pub unfinished: u64,
    /// A run that shows the mistake, from the first seed that caught it.
    pub replay: Option<Replay>,
}

impl Hunted {
    /// Whether every seed caught the mutant.
    pub fn caught(&self) -> bool {
        self.missed == 0 && self.unfinished == 0 && !self.runs_to_find.is_empty()
    }

    /// Whether a seed made all its runs without catching it.
    pub fn survived(&self) -> bool {
        self.missed > 0
    }

    /// Runs after which this share of the seeds had caught it (nearest rank).
    pub fn percentile(&self, share: f64) -> Option<u64> {
        let rank = (share * self.runs_to_find.len() as f64).ceil() as usize;
        self.runs_to_find.get(rank.saturating_sub(1)).copied()
    }
}

/// Result of one seed for one mutant.
#[derive(Debug, Clone)]
struct Try {
    position: usize,
    seed: u64,
    /// None if no run caught it.
    hit: Option<Hit>,
}

/// The run that caught a mutant.
#[derive(Debug, Clone)]
struct Hit {
    /// Its number, from 1.
    runs: u64,
    decisions: Decisions,
}

/// The scenario that must catch a mutant, with the mutant as its protocol.
///
/// # Errors
/// [`ReplayError::Unknown`] when its scenario or preset does not exist.
pub fn subject(index: usize) -> Result<Subject, ReplayError> {
    let mutant: &Mutant = &MUTANTS[index];
    let scenario =
        find(mutant.scenario).ok_or_else(|| ReplayError::Unknown(crate::catalogue::unknown(mutant.scenario)))?.clone();
    let overrides = Overrides { faults: mutant.faults.map(preset).transpose()?, replicas: None };
    Ok(Subject::new(scenario, ProtocolName::Mutant(index), Transport::Direct, overrides))
}

/// A hunt for some mutants that is under way, or over.
pub struct Hunting {
    which: Vec<usize>,
    prepared: Vec<Prepared>,
    seeds: u64,
    tries: Mutex<Vec<Try>>,
}

/// Hunts these mutants on a few threads, one seed of one mutant at a time.
///
/// # Errors
/// [`ReplayError::Unknown`] when a scenario or preset does not exist.
pub fn hunt(which: &[usize], hunt: &Hunt, progress: &Progress) -> Result<Vec<Hunted>, ReplayError> {
    let hunting = Hunting::new(which, hunt.seeds)?;
    hunting.run(hunt, progress);
    Ok(hunting.so_far())
}

impl Hunting {
    /// A hunt that has run nothing yet.
    ///
    /// # Errors
    /// [`ReplayError::Unknown`] when a scenario or preset does not exist.
    pub fn new(which: &[usize], seeds: u64) -> Result<Self, ReplayError> {
        let subjects: Vec<Subject> = which.iter().map(|&index| subject(index)).collect::<Result<_, _>>()?;
        let prepared = subjects.into_iter().map(|subject| Prepared::new(subject, Detail::Chain)).collect();
        Ok(Self { which: which.to_vec(), prepared, seeds, tries: Mutex::default() })
    }

    /// Tries each mutant from each seed.
    pub fn run(&self, hunt: &Hunt, progress: &Progress) {
        let mutants = self.which.len() as u64;
        let tries = hunt.seeds.saturating_mul(mutants);
        let next = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..hunt.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Relaxed);
                        if number >= tries || progress.stop.load(Relaxed) {
                            break;
                        }
                        let (position, seed) = ((number % mutants) as usize, number / mutants);
                        let invariant = MUTANTS[self.which[position]].invariant;
                        let shaped = Shaped::new(&self.prepared[position], hunt.strategy);
                        let hit = first(&shaped, invariant, seed, hunt, progress);
                        let Some(hit) = hit else { break };
                        self.locked().push(Try { position, seed, hit });
                    }
                });
            }
        });
    }

    /// The results so far.
    pub fn so_far(&self) -> Vec<Hunted> {
        let mut tries = self.locked().clone();
        tries.sort_unstable_by_key(|one| (one.position, one.seed));
        let of =
            |position| tries.iter().filter(move |one| one.position == position).map(|one| one.hit.clone()).collect();
        let results = self.which.iter().zip(&self.prepared).enumerate();
        let hunted =
            results.map(|(position, (&index, prepared))| hunted(index, &prepared.subject, self.seeds, of(position)));
        hunted.collect()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Try>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The result for one mutant; `tries` are in the order of the seeds.
fn hunted(index: usize, subject: &Subject, seeds: u64, tries: Vec<Option<Hit>>) -> Hunted {
    let hits: Vec<Hit> = tries.iter().flatten().cloned().collect();
    let mut runs_to_find: Vec<u64> = hits.iter().map(|hit| hit.runs).collect();
    runs_to_find.sort_unstable();
    let replay = hits.first().map(|hit| Replay::of(subject, MUTANTS[index].invariant, hit.decisions.clone()));
    let missed = (tries.len() - hits.len()) as u64;
    Hunted { index, missed, unfinished: seeds - tries.len() as u64, runs_to_find, replay }
}

/// The first run that violates `invariant`: `Some(None)` if none of them does, None if the hunt was stopped before.
fn first(of: &Shaped<'_>, invariant: &str, seed: u64, hunt: &Hunt, progress: &Progress) -> Option<Option<Hit>> {
    let mut learner = Learner::default();
    for run in 0..hunt.runs {
        if progress.stop.load(Relaxed) {
            return None;
        }
        let seed = run_seed(seed, &of.prepared.subject.scenario.name, run);
        let decision = (hunt.strategy == StrategyName::Portfolio).then(|| learner.decide(seed));
        let source = decision.as_ref().map_or_else(|| of.by(hunt.strategy, seed), |decision| of.decided(decision));
        let Ok((done, reached, _)) = of.reach(source) else { return Some(None) };
        progress.count(&done);
        if done.violations().any(|violation| violation.invariant == invariant) {
            progress.violated.fetch_add(1, Relaxed);
            let decisions = decisions(hunt.strategy, seed, done.outcome.choices);
            return Some(Some(Hit { runs: run + 1, decisions }));
        }
        if let Some(decision) = decision {
            learner.learn(&decision, &reached, &done.outcome.choices);
        }
    }
    Some(None)
}

/// What repeats a run: its seed, if that is enough.
fn decisions(strategy: StrategyName, seed: u64, choices: Vec<Choice>) -> Decisions {
    match strategy {
        StrategyName::Random => Decisions::Seed(seed),
        _ => Decisions::Choices(choices),
    }
}
