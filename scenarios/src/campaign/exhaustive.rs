//! Exhaustive search: runs every schedule of a scope, each from its beginning.
//!
//! A schedule is a list of deviations from "in order, no fault". Running one shows its choices. Every alternative to a
//! choice after the last deviation is a further schedule. So each schedule runs exactly once, and is kept only as its
//! picks. Cells of equal cost run one after the other, cheapest first: the first violation is one of the smallest.
//!
//! There is no reduction: two orders of independent steps are two schedules, and both run.
use super::{
    progress::Progress,
    scope::{Cost, alternatives},
    tally::Tally,
};
use crate::{
    checks::{REPEATS, finding},
    runner::{Prepared, Run},
};
use model::verdict::Verdict;
use sim::engine::{Choices, Pick, Recorded};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Bounds and resources of a search.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// Cost that one schedule may have.
    pub bound: Cost,
    /// Number of threads.
    pub jobs: usize,
    /// Part of the schedules that is searched.
    pub shard: Shard,
    /// Wall time after which no run begins.
    pub time: Option<Duration>,
    /// Whether the search continues after a violation.
    pub keep_going: bool,
}

/// Part of a search that several machines share: schedules are divided by their first deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Number of this part, from 0.
    pub index: usize,
    /// Number of parts.
    pub of: usize,
}

impl Shard {
    /// The whole search.
    pub const WHOLE: Shard = Shard { index: 0, of: 1 };
}

/// How far a search got within one bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Ceilings of deviations.
    pub bound: Cost,
    /// Number of schedules that ran.
    pub schedules: u64,
    /// Whether these are all schedules within the bound.
    pub complete: bool,
}

/// Result of a search.
#[derive(Debug, Default)]
pub struct Explored {
    /// Sum of all runs.
    pub tally: Tally,
    /// One row per bound, cheapest first.
    pub frontier: Vec<Row>,
}

/// A schedule that ran, and its choices.
struct Node {
    record: Box<[Pick]>,
    /// Index at which its own alternatives begin: after its last deviation.
    from: usize,
}

/// A schedule to run: the one of `node` with another pick at one choice.
struct Task {
    node: Arc<Node>,
    at: usize,
    picked: u32,
}

impl Task {
    fn choices(&self) -> Choices {
        let mut choices = self.node.record[..=self.at].to_vec();
        choices[self.at].picked = self.picked;
        Choices::new(Recorded::picks(choices))
    }
}

impl Node {
    /// The schedules that differ from the one of `node` in one more choice, of this cost.
    fn beyond(node: &Arc<Node>, cost: Cost) -> impl Iterator<Item = Task> {
        (node.from..node.record.len()).flat_map(move |at| {
            let choice = node.record[at];
            let fits = move |picked: &u32| Cost::of(choice.label, *picked) == cost;
            let node = Arc::clone(node);
            alternatives(choice).filter(fits).map(move |picked| Task { node: Arc::clone(&node), at, picked })
        })
    }
}

/// The schedules of one cell that have not run yet, made from those of cheaper cells as they are needed.
struct Queue {
    parents: VecDeque<(Arc<Node>, Cost)>,
    tasks: VecDeque<Task>,
    shard: Shard,
}

impl Queue {
    fn next(&mut self) -> Option<Task> {
        while self.tasks.is_empty() {
            let (node, step) = self.parents.pop_front()?;
            let root = node.from == 0;
            let mine = |(index, _): &(usize, Task)| !root || index % self.shard.of == self.shard.index;
            self.tasks.extend(Node::beyond(&node, step).enumerate().filter(mine).map(|(_, task)| task));
        }
        self.tasks.pop_front()
    }
}

const FAULT: Cost = Cost { faults: 1, preemptions: 0 };
const PREEMPTION: Cost = Cost { faults: 0, preemptions: 1 };

/// The cells within a bound, cheapest first.
fn cells(bound: Cost) -> Vec<Cost> {
    let all = (0..=bound.faults)
        .flat_map(|faults| (0..=bound.preemptions).map(move |preemptions| Cost { faults, preemptions }));
    let mut cells: Vec<Cost> = all.collect();
    cells.sort_by_key(|cell| (cell.faults + cell.preemptions, cell.faults));
    cells
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs every schedule of the scope, or as many as the time allows.
#[expect(clippy::disallowed_methods, reason = "the budget is wall time; no run sees it")]
pub fn explore(prepared: &Prepared, search: &Search, progress: &Progress) -> Explored {
    let began = std::time::Instant::now();
    let over = || progress.stop.load(Relaxed) || search.time.is_some_and(|time| began.elapsed() >= time);
    let mut nodes: BTreeMap<Cost, Vec<Arc<Node>>> = BTreeMap::new();
    let mut schedules: BTreeMap<Cost, u64> = BTreeMap::new();
    let mut explored = Explored::default();
    for cell in cells(search.bound) {
        let before = explored.tally.runs;
        let expandable = cell != search.bound;
        let cell_search = Cell { prepared, search, progress, over: &over, expandable, done: &AtomicU64::new(before) };
        let (made, tally) =
            if cell == Cost::default() { cell_search.root() } else { cell_search.run(parents(&nodes, cell)) };
        explored.tally.merge(tally);
        nodes.insert(cell, made);
        schedules.insert(cell, explored.tally.runs - before);
        let complete = !over() && explored.frontier.iter().all(|row| row.complete);
        let within = schedules.iter().filter(|(cost, _)| cost.within(cell)).map(|(_, runs)| runs).sum();
        explored.frontier.push(Row { bound: cell, schedules: within, complete });
        if !complete {
            break;
        }
    }
    explored
}

fn parents(nodes: &BTreeMap<Cost, Vec<Arc<Node>>>, cell: Cost) -> VecDeque<(Arc<Node>, Cost)> {
    let cheaper = [FAULT, PREEMPTION].into_iter().filter(|step| step.within(cell)).map(|step| {
        let from = Cost { faults: cell.faults - step.faults, preemptions: cell.preemptions - step.preemptions };
        (from, step)
    });
    cheaper
        .flat_map(|(from, step)| nodes.get(&from).into_iter().flatten().map(move |node| (Arc::clone(node), step)))
        .collect()
}

/// Work of one cell.
struct Cell<'a> {
    prepared: &'a Prepared,
    search: &'a Search,
    progress: &'a Progress,
    over: &'a (dyn Fn() -> bool + Sync),
    /// Whether more expensive cells need the choices of this one.
    expandable: bool,
    done: &'a AtomicU64,
}

impl Cell<'_> {
    /// Runs the one schedule without deviations. Every shard needs it; the first counts it.
    fn root(&self) -> (Vec<Arc<Node>>, Tally) {
        let mut tally = Tally::default();
        let node = self.one(Choices::new(Recorded::picks(Vec::new())), 0, &mut tally);
        if self.search.shard.index > 0 {
            tally = Tally::default();
        }
        (node.into_iter().collect(), tally)
    }

    fn run(&self, parents: VecDeque<(Arc<Node>, Cost)>) -> (Vec<Arc<Node>>, Tally) {
        let queue = Mutex::new(Queue { parents, tasks: VecDeque::new(), shard: self.search.shard });
        let result = Mutex::new((Vec::new(), Tally::default()));
        std::thread::scope(|scope| {
            for _ in 0..self.search.jobs.max(1) {
                scope.spawn(|| {
                    let (mut nodes, mut tally) = (Vec::new(), Tally::default());
                    while !(self.over)() {
                        let Some(task) = locked(&queue).next() else { break };
                        self.with_variants(task, &mut nodes, &mut tally);
                    }
                    let mut result = locked(&result);
                    result.0.extend(nodes);
                    result.1.merge(tally);
                });
            }
        });
        result.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a schedule, and those that differ from it only in free choices.
    fn with_variants(&self, task: Task, nodes: &mut Vec<Arc<Node>>, tally: &mut Tally) {
        let mut open = vec![task];
        while let Some(task) = open.pop()
            && !(self.over)()
        {
            let Some(node) = self.one(task.choices(), task.at + 1, tally) else { return };
            open.extend(Node::beyond(&node, Cost::default()));
            if self.expandable {
                nodes.push(node);
            }
        }
    }

    fn one(&self, choices: Choices, from: usize, tally: &mut Tally) -> Option<Arc<Node>> {
        let mut run: Run = match self.prepared.run(choices, false) {
            Ok(run) => run,
            Err(error) => {
                tally.broken = Some(error.to_string());
                self.progress.stop.store(true, Relaxed);
                return None;
            }
        };
        if let Some(why) = run.outcome.mismatch.take() {
            run.findings.push(finding(REPEATS, 0, Some(format!("A schedule did not repeat its beginning: {why}."))));
            run.verdict = Verdict::Violated;
        }
        self.progress.runs.fetch_add(1, Relaxed);
        self.progress.api_calls.fetch_add(run.outcome.api_calls, Relaxed);
        tally.add(self.done.fetch_add(1, Relaxed), 0, &run);
        if run.verdict == Verdict::Violated {
            self.progress.violated.fetch_add(1, Relaxed);
            if !self.search.keep_going {
                self.progress.stop.store(true, Relaxed);
            }
        }
        Some(Arc::new(Node { record: run.outcome.choices.iter().map(Pick::from).collect(), from }))
    }
}
