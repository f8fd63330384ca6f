//! The engines, each with what it does to find the bug in the shipped form, and to show that the fixed form holds.
use crate::{loomed, modelled, networked, shuttled, simulated, store::Form};
use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, Scheduler};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Seeds of a fast engine.
const MANY: u64 = 101;
/// Seeds of a slow engine.
const FEW: u64 = 11;
/// Most schedules until the bug.
const LIMIT: usize = 1_000_000;
/// Most schedules of a search through all.
const CAP: usize = 20_000;
/// Preemptions of loom's bounded search.
const PREEMPTIONS: usize = 2;
/// Depth of shuttle's PCT: its priorities change at one point less.
const PCT_DEPTH: usize = 3;

/// How far an engine came with the fixed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It explored everything.
    Finished,
    /// It explored everything within a bound on departures from order.
    Bounded,
    /// It was stopped at a limit.
    Stopped,
    /// It samples, and has no end.
    Sampled,
}

/// What an engine did with the fixed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Schedules or states.
    pub explored: u64,
    /// Whether they are all.
    pub end: End,
}

/// An engine with a way to explore.
pub struct Engine {
    /// Name of the row.
    pub name: &'static str,
    /// Its package, whose version Cargo.lock has.
    pub package: &'static str,
    /// Its search in a few words.
    pub explores: &'static str,
    /// Source of the lock as it needs it.
    pub source: &'static str,
    /// Number of seeds; 0 for an engine that has none. A slow one has few.
    pub seeds: u64,
    /// Schedules or states until the bug, from a seed.
    pub find: fn(u64) -> Option<u64>,
    /// Explores the fixed form; None if it found a bug.
    pub hold: fn() -> Option<Held>,
    /// Whether it can run the whole gateway.
    pub whole_gateway: &'static str,
}

const LOOM: &str = include_str!("loomed.rs");
const SHUTTLE: &str = include_str!("shuttled.rs");
const NOT_LOOM: &str = "no: under loom, tokio has no network; its core, the coalescer, yes";
const NOT_SHUTTLE: &str = "no: kube and hyper use tokio's own primitives";

/// Every engine.
pub const ENGINES: [Engine; 8] = [
    Engine {
        name: "loom",
        package: "loom",
        explores: "threads, every schedule up to equivalence",
        source: LOOM,
        seeds: 0,
        find: |_| found(counted(|schedules| loomed::explore(Form::Shipped, None, LIMIT, schedules))),
        hold: || held(counted(|schedules| loomed::explore(Form::Fixed, None, CAP, schedules)), capped),
        whole_gateway: NOT_LOOM,
    },
    Engine {
        name: "loom, bounded",
        package: "loom",
        explores: "the same with at most 2 preemptions",
        source: LOOM,
        seeds: 0,
        find: |_| found(counted(|schedules| loomed::explore(Form::Shipped, Some(PREEMPTIONS), LIMIT, schedules))),
        hold: || {
            let all = counted(|schedules| loomed::explore(Form::Fixed, Some(PREEMPTIONS), CAP, schedules));
            held(all, |made| if capped(made) == End::Finished { End::Bounded } else { End::Stopped })
        },
        whole_gateway: NOT_LOOM,
    },
    Engine {
        name: "shuttle, random",
        package: "shuttle",
        explores: "threads, at random",
        source: SHUTTLE,
        seeds: MANY,
        find: |seed| shuttle(Form::Shipped, RandomScheduler::new_from_seed(seed, LIMIT)),
        hold: || sampled(RandomScheduler::new_from_seed(0, 20_000)),
        whole_gateway: NOT_SHUTTLE,
    },
    Engine {
        name: "shuttle, PCT",
        package: "shuttle",
        explores: "threads, by priorities that change at 2 points",
        source: SHUTTLE,
        seeds: MANY,
        find: |seed| shuttle(Form::Shipped, PctScheduler::new_from_seed(seed, PCT_DEPTH, LIMIT)),
        hold: || sampled(PctScheduler::new_from_seed(0, PCT_DEPTH, 20_000)),
        whole_gateway: NOT_SHUTTLE,
    },
    Engine {
        name: "shuttle, DFS",
        package: "shuttle",
        explores: "threads, every schedule",
        source: SHUTTLE,
        seeds: 0,
        find: |_| shuttle(Form::Shipped, DfsScheduler::new(Some(LIMIT), false)),
        hold: || {
            let all = DfsScheduler::new(Some(CAP), false);
            held(counted(|schedules| shuttled::explore(Form::Fixed, all, schedules)), capped)
        },
        whole_gateway: NOT_SHUTTLE,
    },
    Engine {
        name: "stateright, BFS",
        package: "stateright",
        explores: "states of a model, each once",
        source: include_str!("modelled.rs"),
        seeds: 0,
        find: |_| Some(modelled::explore(Form::Shipped)).filter(|(_, found)| *found).map(|(states, _)| states),
        hold: || {
            let (explored, found) = modelled::explore(Form::Fixed);
            (!found).then_some(Held { explored, end: End::Finished })
        },
        whole_gateway: "no: a model is written by hand, beside the code",
    },
    Engine {
        name: "turmoil",
        package: "turmoil",
        explores: "tokio over simulated TCP, delays and a held link at random",
        source: include_str!("networked.rs"),
        seeds: FEW,
        find: |seed| {
            let runs = (0..LIMIT as u64).find(|run| networked::run(Form::Shipped, seed * LIMIT as u64 + run) > 1);
            runs.map(|run| run + 1)
        },
        hold: || {
            let held = (0..300).all(|seed| networked::run(Form::Fixed, seed) <= 1);
            held.then_some(Held { explored: 300, end: End::Sampled })
        },
        whole_gateway: "yes: `lockstep run --transport network` does, as a cross-check",
    },
    Engine {
        name: "Lockstep, random",
        package: "lockstep-sim",
        explores: "kube-rs programs on a Kubernetes API, at random",
        source: include_str!("simulated.rs"),
        seeds: FEW,
        find: |seed| {
            let seeds = seed * LIMIT as u64..(seed + 1) * LIMIT as u64;
            let explored = simulated::simulation(Form::Shipped).explore(seeds).ok()?;
            explored.failure.map(|_| explored.runs)
        },
        hold: || {
            let explored = simulated::simulation(Form::Fixed).explore(0..2_000).ok()?;
            explored.failure.is_none().then_some(Held { explored: explored.runs, end: End::Sampled })
        },
        whole_gateway: "yes: `lockstep run`; `lockstep exhaust` finishes bounded scopes of it",
    },
];

/// Runs a search in a thread of its own until it ends or panics: the schedules, and whether it panicked.
fn counted(search: impl FnOnce(&Arc<AtomicU64>) + Send) -> (u64, bool) {
    let schedules = Arc::new(AtomicU64::new(0));
    let panicked = std::thread::scope(|scope| {
        let search = scope.spawn(|| catch_unwind(AssertUnwindSafe(|| search(&schedules))).is_err());
        search.join().unwrap_or(true)
    });
    (schedules.load(Relaxed), panicked)
}

fn found((schedules, panicked): (u64, bool)) -> Option<u64> {
    panicked.then_some(schedules)
}

fn held((explored, panicked): (u64, bool), end: impl FnOnce(u64) -> End) -> Option<Held> {
    (!panicked).then(|| Held { explored, end: end(explored) })
}

/// Whether a search through all came to its end. loom stops one schedule before its limit.
fn capped(made: u64) -> End {
    if made + 1 < CAP as u64 { End::Finished } else { End::Stopped }
}

fn shuttle(form: Form, scheduler: impl Scheduler + Send + 'static) -> Option<u64> {
    found(counted(|schedules| shuttled::explore(form, scheduler, schedules)))
}

fn sampled(scheduler: impl Scheduler + Send + 'static) -> Option<Held> {
    held(counted(|schedules| shuttled::explore(Form::Fixed, scheduler, schedules)), |_| End::Sampled)
}

/// Lines of a source with code: without blank lines, comments and documentation.
pub fn lines_of_code(source: &str) -> usize {
    source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// Version of a package in a Cargo.lock.
pub fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let of = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != of);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}
