//! The rows as a document. Only rates depend on the machine, and are in the last column.
use crate::engines::{ENGINES, End, Engine, Held, lines_of_code, version};
use std::fmt::Write;

const LOCK: &str = include_str!("../../../Cargo.lock");

/// What was measured of one engine.
#[derive(Debug, Clone)]
pub struct Row {
    /// Schedules or states until the bug, sorted; one for each seed.
    pub until: Vec<u64>,
    /// What was done with the fixed form.
    pub held: Held,
    /// Schedules or states of the fixed form per second.
    pub rate: f64,
}

impl Row {
    /// Measures an engine, from at most so many seeds if it has any.
    ///
    /// # Errors
    /// The name of the engine, if it found no bug in the shipped form or one in the fixed form.
    #[expect(clippy::disallowed_methods, reason = "the rate is wall time; no run sees it")]
    pub fn measure(engine: &Engine, seeds: u64) -> Result<Self, String> {
        let seeds = 0..engine.seeds.min(seeds).max(1);
        let until = seeds.map(|seed| (engine.find)(seed).ok_or_else(|| format!("{} misses the bug", engine.name)));
        let mut until: Vec<u64> = until.collect::<Result<_, _>>()?;
        until.sort_unstable();
        let began = std::time::Instant::now();
        let held = (engine.hold)().ok_or_else(|| format!("{} finds a bug in the fixed form", engine.name))?;
        let rate = held.explored as f64 / began.elapsed().as_secs_f64().max(1e-9);
        Ok(Self { until, held, rate })
    }

    fn until(&self) -> String {
        let at = |percent: usize| self.until[(self.until.len() * percent).div_ceil(100).max(1) - 1];
        if self.until.len() == 1 { grouped(at(50)) } else { format!("{} ({})", grouped(at(50)), grouped(at(95))) }
    }

    fn finished(&self) -> String {
        let explored = grouped(self.held.explored);
        match self.held.end {
            End::Finished => format!("yes: {explored}"),
            End::Bounded => format!("within its bound: {explored}"),
            End::Stopped => format!("not within {explored}"),
            End::Sampled => format!("never: it samples ({explored})"),
        }
    }
}

/// Cells of an engine's row; the last is the rate.
pub fn cells(engine: &Engine, row: &Row) -> Vec<String> {
    vec![
        engine.name.to_owned(),
        version(LOCK, engine.package).unwrap_or("not locked").to_owned(),
        engine.explores.to_owned(),
        lines_of_code(engine.source).to_string(),
        row.until(),
        row.finished(),
        engine.whole_gateway.to_owned(),
        grouped(row.rate.round() as u64),
    ]
}

/// The document.
pub fn document(rows: &[Row]) -> String {
    let mut text = "# Peers\n\n<!-- generated: cargo run --release -p peers -- --write-doc docs/peers.md -->\n\
        The same small lock in every engine that explores schedules of Rust programs: a lease, a look, a\n\
        create, 2 replicas, and a lease that may expire once at any moment\n\
        ([tests/peers](../tests/peers)). The shipped form has a known bug: the holder's lease expires\n\
        between its look and its create. The fixed form gives the request one name.\n\n\
        | engine | version | explores | lines | until the bug, median (p95) | finishes the fixed form | \
        whole gateway | per second |\n|---|---|---|--:|--:|---|---|--:|\n"
        .to_owned();
    for (engine, row) in ENGINES.iter().zip(rows) {
        let _ = writeln!(text, "| {} |", cells(engine, row).join(" | "));
    }
    text.push_str(NOTES);
    text
}

const NOTES: &str = "
*Until the bug* counts schedules, for stateright states, from 101 seeds, or 11 where a run is slow.
*Lines* are those of the file with the lock, without comments; all but Lockstep's also need
[store.rs](../tests/peers/src/store.rs), which plays the API server. *Per second* is of one core
of the machine that wrote this page, on the fixed form; a test compares all other columns.

- For a lock of this size stateright is the best tool: it visits each state once and is done in
  milliseconds. What it checks is a model; nothing says that the gateway is like it.
- loom needs no model. Within two preemptions it finishes at once, and that is enough for this bug;
  without a bound it comes late to it and was stopped. It cannot run tokio's network, so it explores
  the gateway's core alone ([gateway/coalescer/loom](../gateway/coalescer/loom)).
- shuttle needs the fewest changes of threaded code. Its depth-first search compares no states and
  leaves out no equivalent schedules.
- turmoil runs the code of a service over TCP, as Lockstep's second transport does. Order comes from
  delays; this bug takes a long one, so that the test must hold a link. A run is slow.
- Lockstep runs the program that would be deployed, with kube's client against the rules of a real
  API server (versions, conflicts, labels, watch caches). It needs twice as many runs as shuttle
  here, and a run takes ten times as long. This program is sampled only: the exhaustive search
  (`lockstep exhaust`, bounded by preemptions and faults, [exploration](exploration.md)) is of the
  gateway's scenarios, not of the library's users.
";

/// `1,204,332`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}
