//! A campaign: many runs of many subjects on a few threads, added up.
//!
//! What is added up does not depend on which thread ran what: sums commute, and of the breaches of one invariant the
//! one of the lowest run number is kept. Every breach kept is run again before it is reported.
pub mod exhaustive;
pub mod mutants;
pub mod scope;

use crate::{
    checks::{REPEATS, finding},
    replay::{Decisions, Replay},
    runner::{Hashes, Prepared, Run, Subject},
};
use model::{
    oracle::{Finding, Violation},
    verdict::Verdict,
};
use sim::{
    Choice, Delivered,
    engine::{Choices, Detail, Random},
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// How long, how many, how.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Runs per subject, in the subjects' order.
    pub runs: Vec<u64>,
    /// Wall time after which no run is begun.
    pub time: Option<Duration>,
    /// From which every run's seed comes.
    pub seed: u64,
    /// Threads.
    pub jobs: usize,
    /// Stop at the first breach.
    pub fail_fast: bool,
    /// Of 100 runs, how many are run a second time and compared.
    pub doublecheck: u64,
}

/// The first breach of one invariant in one subject's runs.
#[derive(Debug, Clone)]
pub struct Breach {
    /// Which run, from 0.
    pub run: u64,
    /// The run's seed.
    pub seed: u64,
    /// What was broken, and how.
    pub violation: Violation,
    /// The run's decisions.
    pub choices: Vec<Choice>,
    /// The run's chained hash.
    pub chain: u64,
    /// API calls of that run.
    pub api_calls: u64,
}

/// How often an invariant was checked, could not be decided and was broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// Checked.
    pub checked: u64,
    /// Not decided.
    pub undecided: u64,
    /// Broken.
    pub violated: u64,
    /// Runs in which it was broken.
    pub runs: u64,
}

/// All runs of one subject.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How many.
    pub runs: u64,
    /// The commit orders that occurred.
    pub interleavings: Vec<u64>,
    /// Simulated time.
    pub simulated: Duration,
    /// API calls.
    pub api_calls: u64,
    /// Invariants, in the order of their findings.
    pub checks: Vec<(&'static str, Checks)>,
    /// Faults that took effect.
    pub delivered: Delivered,
    /// The first breach of each invariant.
    pub breaches: BTreeMap<&'static str, Breach>,
    /// Runs that could not begin: the first reason.
    pub broken: Option<String>,
}

impl Tally {
    /// What all runs came to.
    pub fn verdict(&self) -> Verdict {
        if !self.breaches.is_empty() {
            Verdict::Violated
        } else if self.runs == 0 || self.broken.is_some() || self.checks.iter().any(|(_, checks)| checks.undecided > 0)
        {
            Verdict::Inconclusive
        } else {
            Verdict::Held
        }
    }

    /// Adds one run.
    pub(crate) fn add(&mut self, index: u64, seed: u64, run: &Run) {
        let Hashes { interleaving, chain } = run.hashes();
        self.runs += 1;
        self.interleavings.push(interleaving);
        self.simulated += run.outcome.simulated;
        self.api_calls += run.outcome.api_calls;
        self.delivered.add(&run.outcome.delivered);
        for finding in &run.findings {
            let checks = match self.checks.iter_mut().find(|(name, _)| *name == finding.invariant) {
                Some((_, checks)) => checks,
                None => {
                    self.checks.push((finding.invariant, Checks::default()));
                    &mut self.checks.last_mut().expect("just pushed").1
                }
            };
            checks.checked += finding.checked;
            checks.undecided += finding.undecided;
            checks.violated += finding.violated;
            checks.runs += u64::from(finding.violated > 0);
        }
        for violation in run.violations() {
            let known = self.breaches.get(violation.invariant).map_or(u64::MAX, |breach| breach.run);
            if index < known {
                let breach = Breach {
                    run: index,
                    seed,
                    violation: violation.clone(),
                    choices: run.outcome.choices.clone(),
                    chain,
                    api_calls: run.outcome.api_calls,
                };
                self.breaches.insert(violation.invariant, breach);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: Tally) {
        self.runs += other.runs;
        self.interleavings.extend(other.interleavings);
        self.simulated += other.simulated;
        self.api_calls += other.api_calls;
        self.delivered.add(&other.delivered);
        for (name, theirs) in other.checks {
            match self.checks.iter_mut().find(|(known, _)| *known == name) {
                Some((_, mine)) => {
                    mine.checked += theirs.checked;
                    mine.undecided += theirs.undecided;
                    mine.violated += theirs.violated;
                    mine.runs += theirs.runs;
                }
                None => self.checks.push((name, theirs)),
            }
        }
        for (name, breach) in other.breaches {
            if self.breaches.get(name).is_none_or(|known| breach.run < known.run) {
                self.breaches.insert(name, breach);
            }
        }
        self.broken = self.broken.take().or(other.broken);
    }
}

/// What anybody watching may be told.
#[derive(Debug, Default)]
pub struct Progress {
    /// Runs done.
    pub runs: AtomicU64,
    /// API calls made.
    pub api_calls: AtomicU64,
    /// Breaches seen.
    pub breaches: AtomicU64,
    /// Set to end the campaign; what was done is kept.
    pub stop: AtomicBool,
}

/// Mixes a run's number into a seed (splitmix64's finaliser): neighbouring runs have nothing in common.
pub fn run_seed(seed: u64, scenario: &str, run: u64) -> u64 {
    let name = scenario
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut z = seed ^ name ^ run.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    // Small enough to be typed, large enough never to repeat.
    (z ^ (z >> 31)) >> 16
}

/// Runs it all.
#[expect(clippy::disallowed_methods, reason = "the budget is wall time; no run sees it")]
pub fn run(subjects: &[Subject], budget: &Budget, progress: &Progress) -> Vec<Tally> {
    let prepared: Vec<Prepared> =
        subjects.iter().map(|subject| Prepared::new(subject.clone(), Detail::Chain)).collect();
    let began = std::time::Instant::now();
    let work = schedule(&budget.runs);
    let next = AtomicU64::new(0);
    let tallies: Mutex<Vec<Tally>> = Mutex::new(vec![Tally::default(); subjects.len()]);
    std::thread::scope(|scope| {
        for _ in 0..budget.jobs.max(1) {
            scope.spawn(|| {
                let mut mine = vec![Tally::default(); prepared.len()];
                while !progress.stop.load(Relaxed) && budget.time.is_none_or(|time| began.elapsed() < time) {
                    let Some(&(subject, run)) = work.get(next.fetch_add(1, Relaxed) as usize) else { break };
                    one(&prepared[subject], run, budget, progress, &mut mine[subject]);
                }
                let mut all = tallies.lock().unwrap_or_else(PoisonError::into_inner);
                all.iter_mut().zip(mine).for_each(|(all, mine)| all.merge(mine));
            });
        }
    });
    tallies.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn one(prepared: &Prepared, run: u64, budget: &Budget, progress: &Progress, tally: &mut Tally) {
    let seed = run_seed(budget.seed, &prepared.subject.scenario.name, run);
    match prepared.run(Choices::new(Random::new(seed)), false) {
        Ok(mut done) => {
            if run * budget.doublecheck / 100 != (run + 1) * budget.doublecheck / 100 {
                done.findings.push(repeats(prepared, seed, &done));
            }
            progress.runs.fetch_add(1, Relaxed);
            progress.api_calls.fetch_add(done.outcome.api_calls, Relaxed);
            if done.verdict == Verdict::Violated {
                progress.breaches.fetch_add(1, Relaxed);
                if budget.fail_fast {
                    progress.stop.store(true, Relaxed);
                }
            }
            tally.add(run, seed, &done);
        }
        Err(error) => tally.broken = Some(error.to_string()),
    }
}

/// The same seed once more: everything that happens must be the same.
fn repeats(prepared: &Prepared, seed: u64, first: &Run) -> Finding {
    let again = prepared.run(Choices::new(Random::new(seed)), false);
    let same = again.is_ok_and(|again| again.hashes() == first.hashes());
    let breach = (!same).then(|| format!("Seed {seed} gave two different runs."));
    finding(REPEATS, 0, breach)
}

/// The order of runs: the subjects take turns in proportion to their runs, so that a budget that ends early is spread.
fn schedule(runs: &[u64]) -> Vec<(usize, u64)> {
    let mut work: Vec<(usize, u64)> =
        runs.iter().enumerate().flat_map(|(subject, &runs)| (0..runs).map(move |run| (subject, run))).collect();
    work.sort_by_key(|&(subject, run)| ((run * 1_000_000 + 500_000) / runs[subject].max(1), subject));
    work
}

/// A breach as a replay.
pub fn replay_of(subject: &Subject, breach: &Breach) -> Replay {
    Replay {
        scenario: subject.scenario.name.to_string(),
        generated: None,
        protocol: subject.protocol,
        transport: subject.transport,
        faults: subject.overrides.faults.map(|faults| faults.name.to_owned()),
        replicas: subject.overrides.replicas,
        invariant: Some(breach.violation.invariant.to_owned()),
        chain: Some(breach.chain),
        decisions: Decisions::Choices(breach.choices.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_take_turns() {
        let work = schedule(&[4, 2]);
        assert_eq!(work.len(), 6);
        assert_eq!(work.iter().take(3).filter(|(subject, _)| *subject == 0).count(), 2);
    }

    #[test]
    fn seeds_of_neighbouring_runs_differ() {
        let seeds: std::collections::BTreeSet<u64> = (0..1_000).map(|run| run_seed(1, "burst", run)).collect();
        assert_eq!(seeds.len(), 1_000);
        assert_ne!(run_seed(1, "burst", 1), run_seed(1, "pair", 1));
    }
}
