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
    sums::{Share, Sums, locked},
    tally::{FirstViolation, Tally},
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
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
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
    /// Moment after which no run begins.
    pub deadline: Option<Instant>,
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

/// A search that is under way, or over.
pub struct Exploration<'a> {
    prepared: &'a Prepared,
    search: &'a Search,
    sums: Sums<'a>,
    frontier: Mutex<Vec<Row>>,
}

/// Runs every schedule of the scope, or as many as the time allows.
pub fn explore(prepared: &Prepared, search: &Search, progress: &Progress) -> Explored {
    let exploration = Exploration::new(prepared, search, &|_, _| {});
    exploration.run(progress);
    exploration.so_far()
}

impl<'a> Exploration<'a> {
    /// A search that has run nothing yet, and hands each violation to `found`.
    pub fn new(prepared: &'a Prepared, search: &'a Search, found: &'a (dyn Fn(usize, &FirstViolation) + Sync)) -> Self {
        Self { prepared, search, sums: Sums::new(1, found), frontier: Mutex::default() }
    }

    /// What was done so far. The frontier lacks the bound that is being searched.
    pub fn so_far(&self) -> Explored {
        Explored { tally: self.tally(), frontier: locked(&self.frontier).clone() }
    }

    fn tally(&self) -> Tally {
        self.sums.so_far().pop().unwrap_or_default()
    }

    /// Runs every schedule of the scope, or as many as the time allows.
    #[expect(clippy::disallowed_methods, reason = "the budget is wall time; no run sees it")]
    pub fn run(&self, progress: &Progress) {
        let Self { prepared, search, sums, .. } = self;
        let over = || progress.stop.load(Relaxed) || search.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut nodes: BTreeMap<Cost, Vec<Arc<Node>>> = BTreeMap::new();
        let mut schedules: BTreeMap<Cost, u64> = BTreeMap::new();
        let mut complete = true;
        for cell in cells(search.bound) {
            let before = self.tally().runs;
            let expandable = cell != search.bound;
            let work =
                Cell { prepared, search, progress, sums, over: &over, expandable, done: &AtomicU64::new(before) };
            let made = if cell == Cost::default() { work.root() } else { work.run(parents(&nodes, cell)) };
            nodes.insert(cell, made);
            schedules.insert(cell, self.tally().runs - before);
            complete &= !over();
            let within = schedules.iter().filter(|(cost, _)| cost.within(cell)).map(|(_, runs)| runs).sum();
            locked(&self.frontier).push(Row { bound: cell, schedules: within, complete });
            if !complete {
                break;
            }
        }
    }
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
    sums: &'a Sums<'a>,
    over: &'a (dyn Fn() -> bool + Sync),
    /// Whether more expensive cells need the choices of this one.
    expandable: bool,
    done: &'a AtomicU64,
}

impl Cell<'_> {
    /// Runs the one schedule without deviations. Every shard needs it; the first counts it.
    fn root(&self) -> Vec<Arc<Node>> {
        let mut mine = Share::new(self.sums);
        let node = self.one(Choices::new(Recorded::picks(Vec::new())), 0, &mut mine);
        if self.search.shard.index == 0 {
            mine.add();
        }
        node.into_iter().collect()
    }

    fn run(&self, parents: VecDeque<(Arc<Node>, Cost)>) -> Vec<Arc<Node>> {
        let queue = Mutex::new(Queue { parents, tasks: VecDeque::new(), shard: self.search.shard });
        let all = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..self.search.jobs.max(1) {
                scope.spawn(|| {
                    let (mut nodes, mut mine) = (Vec::new(), Share::new(self.sums));
                    while !(self.over)() {
                        let Some(task) = locked(&queue).next() else { break };
                        self.with_variants(task, &mut nodes, &mut mine);
                        mine.add_now_and_then();
                    }
                    mine.add();
                    locked(&all).extend(nodes);
                });
            }
        });
        all.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a schedule, and those that differ from it only in free choices.
    fn with_variants(&self, task: Task, nodes: &mut Vec<Arc<Node>>, mine: &mut Share<'_>) {
        let mut open = vec![task];
        while let Some(task) = open.pop()
            && !(self.over)()
        {
            let Some(node) = self.one(task.choices(), task.at + 1, mine) else { return };
            open.extend(Node::beyond(&node, Cost::default()));
            if self.expandable {
                nodes.push(node);
            }
        }
    }

    fn one(&self, choices: Choices, from: usize, mine: &mut Share<'_>) -> Option<Arc<Node>> {
        let mut run: Run = match self.prepared.run(choices, false) {
            Ok(run) => run,
            Err(error) => {
                mine.of(0).broken = Some(error.to_string());
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
        let number = self.done.fetch_add(1, Relaxed);
        mine.of(0).add(number, 0, &run);
        if run.verdict == Verdict::Violated {
            mine.hand_on(0, number);
            self.progress.violated.fetch_add(1, Relaxed);
            if !self.search.keep_going {
                self.progress.stop.store(true, Relaxed);
            }
        }
        Some(Arc::new(Node { record: run.outcome.choices.iter().map(Pick::from).collect(), from }))
    }
}
