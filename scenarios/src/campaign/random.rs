//! Random campaigns: every run makes its choices by a strategy, from a seed of its own.
use super::{
    cells::{CellObserver, Cells},
    plan::{Plan, Turn},
    progress::Progress,
    sums::{Share, Sums, locked},
    tally::Tally,
};
use crate::{
    checks::{REPEATS, finding},
    fnv,
    protocol_name::ProtocolName,
    runner::{Prepared, Run, Subject},
    strategies::{
        Shape, StrategyName,
        portfolio::{BATCH, Decision, Learner, Reached},
    },
    worlds,
};
use model::oracle::Finding;
use sim::{
    RunError,
    engine::{Choices, Detail, Source},
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
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
    /// Strategy of the runs.
    pub strategy: StrategyName,
    /// Number of threads.
    pub jobs: usize,
    /// Whether to stop at the first violation.
    pub fail_fast: bool,
    /// Percentage of the runs that run a second time, for comparison.
    pub doublecheck: u64,
}

/// Derives the seed of one run (splitmix64's finaliser): neighbouring runs have unrelated seeds.
pub fn run_seed(seed: u64, scenario: &str, run: u64) -> u64 {
    let mut z = seed ^ fnv::hash(scenario.bytes()) ^ run.wrapping_mul(0x9E37_79B9_7F4A_7C15);
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
    let shaped: Vec<Shaped<'_>> = prepared.iter().map(|prepared| Shaped::new(prepared, budget.strategy)).collect();
    if budget.strategy == StrategyName::Portfolio {
        return in_batches(&shaped, budget, progress, (sums, &over));
    }
    share_out((&budget.plan, sums), budget.jobs, &over, &|turn, tally| {
        let of = &shaped[turn.subject];
        let seed = run_seed(budget.seed, &of.prepared.subject.scenario.name, turn.run);
        let source = || of.source(budget.strategy, seed);
        let run = Turned { run: turn.run, seed: if budget.strategy == StrategyName::Random { seed } else { 0 } };
        let subject = &of.prepared.subject;
        let drawn =
            (subject.scenario.name == worlds::NAME).then(|| Prepared::new(subject.in_world(seed), Detail::Chain));
        let prepared = drawn.as_ref().unwrap_or(of.prepared);
        let violated = one(prepared, run, &source, budget, (progress, tally)).is_some_and(|(violated, _)| violated);
        if drawn.is_some() {
            tally.drew(turn.run, seed);
        }
        violated
    });
}

/// A subject with the shape of its runs.
pub(super) struct Shaped<'a> {
    pub(super) prepared: &'a Prepared,
    shape: Shape,
}

impl<'a> Shaped<'a> {
    /// The shape of a subject whose runs cannot begin is empty: its first run says why.
    pub(super) fn new(prepared: &'a Prepared, strategy: StrategyName) -> Self {
        let shape =
            if strategy == StrategyName::Random { Shape::default() } else { Shape::of(prepared).unwrap_or_default() };
        Self { prepared, shape }
    }

    fn source(&self, strategy: StrategyName, seed: u64) -> Box<dyn Source> {
        let strategy = strategy.strategy().or_else(|| StrategyName::Random.strategy()).expect("random is a strategy");
        strategy.source(seed, &self.shape)
    }

    /// Makes one run, and notes what it reached.
    pub(super) fn reach(&self, source: Box<dyn Source>) -> Result<(Run, Reached, Cells), RunError> {
        let cells = Cells::default();
        let noted = Cells::clone(&cells);
        let run = self
            .prepared
            .run_observed(Choices::new(source), false, |recorder| Box::new(CellObserver::new(recorder, noted)))?;
        let marks = locked(&cells).iter().map(super::cells::Cell::hash).collect();
        let reached = Reached { interleaving: run.hashes().interleaving, cells: marks };
        Ok((run, reached, cells))
    }

    /// Choices of a run that the portfolio has decided on, or of a strategy.
    pub(super) fn decided(&self, decision: &Decision) -> Box<dyn Source> {
        decision.source(&self.shape)
    }

    /// Choices of one run of a strategy other than the portfolio.
    pub(super) fn by(&self, strategy: StrategyName, seed: u64) -> Box<dyn Source> {
        self.source(strategy, seed)
    }
}

/// Number and seed of a run. The seed is 0 if it alone does not repeat the run.
#[derive(Debug, Clone, Copy)]
struct Turned {
    run: u64,
    seed: u64,
}

/// Makes the runs of the portfolio: it decides on a batch, the threads run it, and it learns from the batch in order.
fn in_batches(
    shaped: &[Shaped<'_>],
    budget: &Budget,
    progress: &Progress,
    (sums, over): (&Sums<'_>, &(dyn Fn() -> bool + Sync)),
) {
    let mut learners: Vec<Learner> = shaped.iter().map(|_| Learner::default()).collect();
    let mut numbers = 0..;
    while !over() {
        let turns = numbers.by_ref().map_while(|number| budget.plan.turn(number)).take(BATCH);
        let batch: Vec<(Turn, Decision)> = turns
            .map(|turn| {
                let scenario = &shaped[turn.subject].prepared.subject.scenario;
                (turn, learners[turn.subject].decide(run_seed(budget.seed, &scenario.name, turn.run)))
            })
            .collect();
        if batch.is_empty() {
            return;
        }
        let (next, made) = (AtomicU64::new(0), Mutex::new(Vec::with_capacity(batch.len())));
        std::thread::scope(|scope| {
            for _ in 0..budget.jobs.max(1) {
                scope.spawn(|| {
                    let mut mine = Share::new(sums);
                    while !over() {
                        let index = next.fetch_add(1, Relaxed) as usize;
                        let Some((turn, decision)) = batch.get(index) else { break };
                        let of = &shaped[turn.subject];
                        let (source, run) = (|| of.decided(decision), Turned { run: turn.run, seed: 0 });
                        let tally = mine.of(turn.subject);
                        let Some((violated, news)) = one(of.prepared, run, &source, budget, (progress, tally)) else {
                            continue;
                        };
                        locked(&made).push((index, news));
                        if violated {
                            mine.hand_on(turn.subject, turn.run);
                        }
                    }
                    mine.add();
                });
            }
        });
        let mut made = made.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        made.sort_unstable_by_key(|(index, _)| *index);
        for (index, (reached, choices)) in made {
            let (turn, decision) = &batch[index];
            learners[turn.subject].learn(decision, &reached, &choices);
        }
    }
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

/// What one run reached, and its choices.
type News = (Reached, Vec<sim::Choice>);

/// Makes one run; returns whether it violated something, and what it reached. None if it could not begin.
#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
fn one(
    prepared: &Prepared,
    Turned { run, seed }: Turned,
    source: &dyn Fn() -> Box<dyn Source>,
    budget: &Budget,
    (progress, tally): (&Progress, &mut Tally),
) -> Option<(bool, News)> {
    let began = Instant::now();
    let shaped = Shaped { prepared, shape: Shape::default() };
    let counted = prepared.subject.protocol == ProtocolName::Covered;
    if counted {
        // Of runs before this one, such as those that were made twice.
        drop(mutants::take_counts());
    }
    let (mut done, reached, cells) = match shaped.reach(source()) {
        Ok(done) => done,
        Err(error) => {
            tally.broken = Some(error.to_string());
            return None;
        }
    };
    if counted {
        tally.branches.add_run(&mutants::take_counts());
    }
    if run * budget.doublecheck / 100 != (run + 1) * budget.doublecheck / 100 {
        done.findings.push(repeats(prepared, source(), &done));
    }
    progress.count(&done);
    let violated = done.violations().next().is_some();
    if violated {
        progress.violated.fetch_add(1, Relaxed);
        if budget.fail_fast {
            progress.stop.store(true, Relaxed);
        }
    }
    tally.add(run, seed, &done);
    locked(&cells).iter().for_each(|cell| *tally.cells.entry(cell.clone()).or_default() += 1);
    tally.wall += began.elapsed();
    let choices = if budget.strategy == StrategyName::Portfolio { done.outcome.choices } else { Vec::new() };
    Some((violated, (reached, choices)))
}

/// Makes the same choices again: every event must be the same.
fn repeats(prepared: &Prepared, source: Box<dyn Source>, first: &Run) -> Finding {
    let again = prepared.run(Choices::new(source), false);
    let same = again.is_ok_and(|again| again.hashes() == first.hashes());
    finding(REPEATS, 0, (!same).then(|| "The same choices gave two different runs.".to_owned()))
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
        let found = Mutex::new(Vec::new());
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
