//! The random strategy: every run makes its choices from a seed of its own.
use super::{
    plan::{Plan, Turn},
    progress::Progress,
    sums::{Share, Sums},
    tally::Tally,
};
use crate::{
    checks::{REPEATS, finding},
    runner::{Prepared, Run, Subject},
};
use model::oracle::Finding;
use sim::engine::{Choices, Detail, Random};
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

/// Extent of a campaign.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Runs of each subject.
    pub plan: Plan,
    /// Moment after which no run begins.
    pub deadline: Option<Instant>,
    /// Base seed; each run derives its own from it.
    pub seed: u64,
    /// Number of threads.
    pub jobs: usize,
    /// Whether to stop at the first violation.
    pub fail_fast: bool,
    /// Percentage of the runs that run a second time, for comparison.
    pub doublecheck: u64,
}

/// Derives the seed of one run (splitmix64's finaliser): neighbouring runs have unrelated seeds.
pub fn run_seed(seed: u64, scenario: &str, run: u64) -> u64 {
    let name = scenario
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut z = seed ^ name ^ run.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    // Small enough to type, large enough not to repeat.
    (z ^ (z >> 31)) >> 16
}

/// Runs the subjects as the budget says; returns one tally per subject.
pub fn run(subjects: &[Subject], budget: &Budget, progress: &Progress) -> Vec<Tally> {
    let sums = Sums::new(subjects.len(), &|_, _| {});
    run_into(&sums, subjects, budget, progress);
    sums.into_tallies()
}

/// Runs the subjects as the budget says, and adds what they did to `sums`, which have one tally per subject.
#[expect(clippy::disallowed_methods, reason = "the budget is wall time; no run sees it")]
pub fn run_into(sums: &Sums<'_>, subjects: &[Subject], budget: &Budget, progress: &Progress) {
    let prepared: Vec<Prepared> =
        subjects.iter().map(|subject| Prepared::new(subject.clone(), Detail::Chain)).collect();
    let over = || progress.stop.load(Relaxed) || budget.deadline.is_some_and(|deadline| Instant::now() >= deadline);
    share_out((&budget.plan, sums), budget.jobs, &over, &|turn, tally| {
        one(&prepared[turn.subject], turn.run, budget, progress, tally)
    });
}

/// Has a few threads take turns of the plan from one counter until it ends or `over` says so. `work` returns whether
/// the run violated something.
fn share_out(
    (plan, sums): (&Plan, &Sums<'_>),
    jobs: usize,
    over: &(dyn Fn() -> bool + Sync),
    work: &(dyn Fn(Turn, &mut Tally) -> bool + Sync),
) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                let mut mine = Share::new(sums);
                while !over() {
                    let Some(turn) = plan.turn(next.fetch_add(1, Relaxed)) else { break };
                    if work(turn, mine.of(turn.subject)) {
                        mine.hand_on(turn.subject, turn.run);
                    }
                    mine.add_now_and_then();
                }
                mine.add();
            });
        }
    });
}

/// Makes one run, and returns whether it violated something.
#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
fn one(prepared: &Prepared, run: u64, budget: &Budget, progress: &Progress, tally: &mut Tally) -> bool {
    let (seed, began) = (run_seed(budget.seed, &prepared.subject.scenario.name, run), Instant::now());
    let mut done = match prepared.run(Choices::new(Random::new(seed)), false) {
        Ok(done) => done,
        Err(error) => {
            tally.broken = Some(error.to_string());
            return false;
        }
    };
    if run * budget.doublecheck / 100 != (run + 1) * budget.doublecheck / 100 {
        done.findings.push(repeats(prepared, seed, &done));
    }
    progress.runs.fetch_add(1, Relaxed);
    progress.api_calls.fetch_add(done.outcome.api_calls, Relaxed);
    let violated = done.violations().next().is_some();
    if violated {
        progress.violated.fetch_add(1, Relaxed);
        if budget.fail_fast {
            progress.stop.store(true, Relaxed);
        }
    }
    tally.add(run, seed, &done);
    tally.wall += began.elapsed();
    violated
}

/// Runs the same seed again: every event must be the same.
fn repeats(prepared: &Prepared, seed: u64, first: &Run) -> Finding {
    let again = prepared.run(Choices::new(Random::new(seed)), false);
    let same = again.is_ok_and(|again| again.hashes() == first.hashes());
    finding(REPEATS, 0, (!same).then(|| format!("Seed {seed} gave two different runs.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn seeds_of_neighbouring_runs_differ() {
        let seeds: std::collections::BTreeSet<u64> = (0..1_000).map(|run| run_seed(1, "burst", run)).collect();
        assert_eq!(seeds.len(), 1_000);
        assert_ne!(run_seed(1, "burst", 1), run_seed(1, "pair", 1));
    }

    /// A run that takes no time and has an interleaving of its own.
    fn fake(turn: Turn, tally: &mut Tally) -> bool {
        tally.runs += 1;
        tally.interleavings.add(run_seed(turn.subject as u64, "fake", turn.run).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        false
    }

    #[test]
    fn threads_change_neither_runs_nor_sums() {
        let plan = Plan::new(vec![100, 7, 1], Some(60));
        let [one, four] = [1, 4].map(|jobs| {
            let sums = Sums::new(plan.subjects(), &|_, _| {});
            share_out((&plan, &sums), jobs, &|| false, &fake);
            sums.into_tallies()
        });
        assert_eq!(one.iter().map(|tally| tally.runs).collect::<Vec<_>>(), [6_000, 420, 60]);
        for (one, four) in one.iter().zip(&four) {
            assert_eq!((one.runs, &one.interleavings), (four.runs, &four.interleavings));
        }
    }

    #[test]
    fn hundred_billion_runs_start_at_once() {
        let plan = Plan::each(44, 100_000_000_000);
        let (done, sums) = (AtomicUsize::new(0), Sums::new(plan.subjects(), &|_, _| {}));
        share_out((&plan, &sums), 2, &|| done.load(Relaxed) >= 1_000, &|turn, tally| {
            done.fetch_add(1, Relaxed);
            fake(turn, tally)
        });
        let runs: Vec<u64> = sums.into_tallies().iter().map(|tally| tally.runs).collect();
        assert!(runs.iter().sum::<u64>() <= 1_001 && runs.iter().all(|&runs| (20..=25).contains(&runs)), "{runs:?}");
    }

    #[test]
    fn the_lowest_run_is_handed_on_last() {
        let found = std::sync::Mutex::new(Vec::new());
        let keep = |_: usize, first: &crate::campaign::FirstViolation| found.lock().expect("no panic").push(first.run);
        let sums = Sums::new(1, &keep);
        for run in [7, 9, 3] {
            let mut tally = Tally::default();
            tally.violations.insert("broken", crate::campaign::tally::tests::violation(run));
            sums.hand_on(0, run, &tally);
        }
        assert_eq!(*found.lock().expect("no panic"), [7, 3]);
    }
}
