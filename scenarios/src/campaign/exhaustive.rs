//! Exhaustive search: runs every schedule of a scope, each from its beginning.
//!
//! A schedule is a list of deviations from "in order, no fault". Running one shows its choices. Every alternative to a
//! choice after the last deviation is a further schedule. So each schedule runs at most once, and is kept only as its
//! picks. Cells of equal cost run one after the other, cheapest first: the first violation is one of the smallest.
//!
//! Time moves only when nothing else can happen. A run ends where it reaches a state that was reached before at no
//! higher cost: what follows is known. An alternative that may be [postponed](super::reduction) does not run. Without
//! reduction, two orders of independent steps are two schedules, and both run to their end.
use super::{
    progress::Progress,
    reduction::Reduction,
    schedule::{Bounds, Node, Shard, Task, written},
    scope::Cost,
    searcher::{Point, Points, Searcher},
    states::States,
    sums::{Share, Sums, locked},
    tally::{FirstViolation, Tally},
};
use crate::{
    checks::{REPEATS, finding},
    runner::{Prepared, Run},
};
use model::verdict::Verdict;
use sim::engine::{Choices, Pick, Recorded, Stop};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
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
    /// Schedules that are left out.
    pub reduction: Reduction,
    /// Whether it is counted how many states there would be without each of their parts.
    pub count_parts: bool,
}

/// The schedules with one kind of last deviation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Number of those that ran.
    pub ran: u64,
    /// Number of those that ended at a known state.
    pub met: u64,
    /// Number of those that did so at once.
    pub met_at_once: u64,
}

/// How far a search got within one bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Ceilings of deviations.
    pub bound: Cost,
    /// Number of schedules that ran.
    pub schedules: u64,
    /// Number of those that ended at a known state.
    pub met: u64,
    /// Whether these are all schedules within the bound.
    pub complete: bool,
}

/// The end of a schedule: its last state, and what it violated, as one hash.
pub type End = (u64, u64);

/// The choices of a schedule other than the first alternative: their places, and what was picked there.
pub type Deviations = Box<[(u32, u32)]>;

/// Result of a search.
#[derive(Debug, Default)]
pub struct Explored {
    /// Sum of all runs that went to their end.
    pub tally: Tally,
    /// One row per bound, cheapest first.
    pub frontier: Vec<Row>,
    /// Number of states.
    pub states: u64,
    /// Number of schedules that were postponed: another order of the same steps ran.
    pub postponed: u64,
    /// How many schedules ran, by the kind of their last deviation.
    pub work: BTreeMap<String, Work>,
    /// Number of states if one of their parts were left out, by its name, if that was asked for.
    pub without: Vec<(&'static str, u64)>,
    /// The different ends, each with the first schedule that was found to lead there.
    pub ends: BTreeMap<End, Deviations>,
    /// The different ends as seen from outside the programs: commits, answers, and what was violated.
    pub outcomes: BTreeSet<End>,
}

/// The schedules of one cell that have not run yet, made from those of cheaper cells as they are needed.
struct Queue {
    parents: VecDeque<(Arc<Node>, Cost, Cost)>,
    tasks: VecDeque<Task>,
    shard: Shard,
    replicas: u32,
}

impl Queue {
    fn next(&mut self) -> Option<Task> {
        while self.tasks.is_empty() {
            let (node, cost, step) = self.parents.pop_front()?;
            let root = cost == Cost::default();
            let mine = |(index, _): &(usize, Task)| !root || index % self.shard.of == self.shard.index;
            self.tasks
                .extend(Node::beyond(&node, cost, step, self.replicas).enumerate().filter(mine).map(|(_, task)| task));
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
    states: Option<Arc<States>>,
    ends: Mutex<(BTreeMap<End, Deviations>, BTreeSet<End>)>,
    work: Mutex<BTreeMap<String, Work>>,
    /// Resources that the schedule without deviations writes.
    written: OnceLock<BTreeSet<u64>>,
    /// Whether a schedule has written another one.
    unexpected: AtomicBool,
    ran: AtomicU64,
    met: AtomicU64,
    postponed: AtomicU64,
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
        Self {
            prepared,
            search,
            sums: Sums::new(1, found),
            frontier: Mutex::default(),
            states: (search.reduction != Reduction::None).then(|| Arc::new(States::new(search.count_parts))),
            ends: Mutex::default(),
            work: Mutex::default(),
            written: OnceLock::new(),
            unexpected: AtomicBool::default(),
            ran: AtomicU64::default(),
            met: AtomicU64::default(),
            postponed: AtomicU64::default(),
        }
    }

    /// What was done so far. The frontier lacks the bound that is being searched.
    pub fn so_far(&self) -> Explored {
        let (ends, outcomes) = locked(&self.ends).clone();
        Explored {
            tally: self.sums.so_far().pop().unwrap_or_default(),
            frontier: locked(&self.frontier).clone(),
            states: self.states.as_ref().map_or(0, |states| states.count()),
            postponed: self.postponed.load(Relaxed),
            work: locked(&self.work).clone(),
            without: self.states.as_ref().map_or_else(Vec::new, |states| states.without()),
            ends,
            outcomes,
        }
    }

    /// Runs every schedule of the scope, or as many as the time allows.
    #[expect(clippy::disallowed_methods, reason = "the budget is wall time; no run sees it")]
    pub fn run(&self, progress: &Progress) {
        let search = self.search;
        let over = || progress.stop.load(Relaxed) || search.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut nodes: BTreeMap<Cost, Vec<Arc<Node>>> = BTreeMap::new();
        let mut done: BTreeMap<Cost, (u64, u64)> = BTreeMap::new();
        let mut complete = true;
        for cell in cells(search.bound) {
            let before = (self.ran.load(Relaxed), self.met.load(Relaxed));
            let work = Cell { of: self, progress, over: &over, expandable: cell != search.bound };
            let made = if cell == Cost::default() { work.root() } else { work.run(parents(&nodes, cell)) };
            nodes.insert(cell, made);
            done.insert(cell, (self.ran.load(Relaxed) - before.0, self.met.load(Relaxed) - before.1));
            complete &= !over() && !self.unexpected.load(Relaxed);
            let within = done.iter().filter(|(cost, _)| cost.within(cell)).map(|(_, done)| *done);
            let (schedules, met) = within.fold((0, 0), |sum, done| (sum.0 + done.0, sum.1 + done.1));
            locked(&self.frontier).push(Row { bound: cell, schedules, met, complete });
            if !complete {
                break;
            }
        }
    }

    fn replicas(&self) -> u32 {
        self.prepared.subject.scenario.cluster.replicas as u32
    }

    /// Adds a run to the written resources. What the schedule without deviations does not write counts as constant: if
    /// another one writes it, the search is not complete.
    fn note_written(&self, points: &[Point]) {
        let written = written(points);
        let first = self.written.get_or_init(|| written.clone());
        if !written.is_subset(first) {
            self.unexpected.store(true, Relaxed);
        }
    }
}

fn parents(nodes: &BTreeMap<Cost, Vec<Arc<Node>>>, cell: Cost) -> VecDeque<(Arc<Node>, Cost, Cost)> {
    let cheaper = [FAULT, PREEMPTION].into_iter().filter(|step| step.within(cell)).map(|step| {
        let from = Cost { faults: cell.faults - step.faults, preemptions: cell.preemptions - step.preemptions };
        (from, step)
    });
    cheaper
        .flat_map(|(from, step)| nodes.get(&from).into_iter().flatten().map(move |node| (Arc::clone(node), from, step)))
        .collect()
}

/// Work of one cell.
struct Cell<'a> {
    of: &'a Exploration<'a>,
    progress: &'a Progress,
    over: &'a (dyn Fn() -> bool + Sync),
    /// Whether more expensive cells need the choices of this one.
    expandable: bool,
}

impl Cell<'_> {
    /// Runs the one schedule without deviations. Every shard needs it; the first counts it.
    fn root(&self) -> Vec<Arc<Node>> {
        let mut mine = Share::new(&self.of.sums);
        let node = self.one(&Task::root(), &mut mine);
        if self.of.search.shard.index == 0 {
            mine.add();
        } else {
            self.of.ran.store(0, Relaxed);
        }
        node.into_iter().collect()
    }

    fn run(&self, parents: VecDeque<(Arc<Node>, Cost, Cost)>) -> Vec<Arc<Node>> {
        let (shard, replicas) = (self.of.search.shard, self.of.replicas());
        let queue = Mutex::new(Queue { parents, tasks: VecDeque::new(), shard, replicas });
        let all = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..self.of.search.jobs.max(1) {
                scope.spawn(|| {
                    let (mut nodes, mut mine) = (Vec::new(), Share::new(&self.of.sums));
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
            let Some(node) = self.one(&task, mine) else { return };
            open.extend(Node::beyond(&node, task.cost, Cost::default(), self.of.replicas()));
            if self.expandable {
                nodes.push(node);
            }
        }
    }

    fn one(&self, task: &Task, mine: &mut Share<'_>) -> Option<Arc<Node>> {
        let (points, picks) = (Points::default(), task.picks());
        let from = picks.len();
        let searcher = Searcher {
            picks: Recorded::picks(picks),
            from,
            cost: task.cost,
            points: Arc::clone(&points),
            converging: self.of.search.reduction == Reduction::Converging,
            states: self.of.states.clone(),
        };
        let mut run: Run = match self.of.prepared.run(Choices::new(searcher), false) {
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
        self.progress.count(&run);
        let number = self.of.ran.fetch_add(1, Relaxed);
        let met = run.outcome.stop == Stop::Known && run.verdict != Verdict::Violated;
        if met {
            self.of.met.fetch_add(1, Relaxed);
        } else {
            self.ended(number, &run, mine);
        }
        let at_once = met && locked(&points).iter().filter(|point| point.at >= from).count() == 1;
        let mut work = locked(&self.of.work);
        let work_of = work.entry(task.deviation()).or_default();
        work_of.ran += 1;
        work_of.met += u64::from(met);
        work_of.met_at_once += u64::from(at_once);
        drop(work);
        let record: Box<[Pick]> = run.outcome.choices.iter().map(Pick::from).collect();
        let points = locked(&points);
        self.of.note_written(&points);
        let Search { bound, reduction, .. } = *self.of.search;
        let written = self.of.written.get_or_init(BTreeSet::new);
        let bounds = Bounds { bound, reduction, replicas: self.of.replicas(), written };
        let (node, postponed) = task.ran(record, &points, bounds);
        self.of.postponed.fetch_add(postponed, Relaxed);
        Some(Arc::new(node))
    }

    /// Adds a run that went to its end.
    fn ended(&self, number: u64, run: &Run, mine: &mut Share<'_>) {
        let mut violated = DefaultHasher::new();
        run.violations().for_each(|violation| violation.invariant.hash(&mut violated));
        let violated = violated.finish();
        let (ends, outcomes) = &mut *locked(&self.of.ends);
        ends.entry((run.outcome.state, violated)).or_insert_with(|| {
            let places = (0..).zip(&run.outcome.choices);
            places.filter(|(_, choice)| choice.picked > 0).map(|(place, choice)| (place, choice.picked)).collect()
        });
        outcomes.insert((run.outcome.outside, violated));
        mine.of(0).add(number, 0, run);
        if run.verdict == Verdict::Violated {
            mine.hand_on(0, number);
            self.progress.violated.fetch_add(1, Relaxed);
            if !self.of.search.keep_going {
                self.progress.stop.store(true, Relaxed);
            }
        }
    }
}
