//! Comparison of protocols: every baseline and the shipped protocol in the same situations, from the same seeds.
//!
//! An entry is one protocol in one situation. Its figures come from what was committed and what senders were answered,
//! as `facts` notes them, never from a protocol's own words; only attempts to lock are counted by the locks.
mod entry;
mod facts;
mod situations;

pub use situations::{SITUATIONS, Situation};

use crate::{
    baselines::Terms,
    campaign::Progress,
    protocol_name::ProtocolName,
    runner::{Overrides, Subject, Transport},
    scenario::Scenario,
};
use entry::Entry;
use reports::comparison::{Comparison, Figures, Row, Sweep, SweepPoint, SweepRow};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

/// Runs of each entry in docs/comparison.md.
pub const DOCUMENTED_RUNS: u64 = 100;
/// Command that writes docs/comparison.md.
pub const COMMAND: &str = "lockstep compare --write-doc docs/comparison.md";

/// Durations of leases that are swept, in seconds.
pub const LEASES: [u32; 4] = [5, 15, 30, 60];
/// Times, in seconds, by which the clock of the first replica is ahead.
pub const CLOCK_ERRORS: [u64; 3] = [0, 10, 40];
/// Protocols of the sweep: those whose lock expires, and the shipped one.
const SWEPT: [&str; 8] = [
    "planned-lease",
    "shipped-lease",
    "redis-setnx",
    "kube-leader-election",
    "kubert",
    "kube-coordinate",
    "kube-lease-manager",
    "fenced-lease",
];

/// Extent of a comparison.
#[derive(Debug, Clone)]
pub struct Extent {
    /// Runs of each entry.
    pub runs: u64,
    /// Base seed.
    pub seed: u64,
    /// Number of threads.
    pub jobs: usize,
    /// Protocols, in the order of the rows.
    pub protocols: Vec<ProtocolName>,
    /// Situations, in the order of the columns.
    pub situations: Vec<Situation>,
    /// Whether lease durations and clock errors are swept.
    pub sweep: bool,
}

impl Extent {
    /// Every protocol in every situation.
    pub fn all(runs: u64, seed: u64, jobs: usize) -> Self {
        let mut protocols: Vec<ProtocolName> = ProtocolName::all().collect();
        // The shipped protocol is the last row.
        protocols.rotate_left(1);
        Self { runs, seed, jobs, protocols, situations: SITUATIONS.to_vec(), sweep: true }
    }

    /// Number of runs of the whole comparison.
    pub fn total(&self) -> u64 {
        self.subjects().len() as u64 * self.runs
    }

    /// The subjects of all entries: the table by rows, then the sweep.
    fn subjects(&self) -> Vec<Subject> {
        let table = self.protocols.iter().flat_map(|&protocol| {
            self.situations.iter().map(move |situation| subject(situation.scenario.clone(), protocol, Terms::USUAL))
        });
        let mut all: Vec<Subject> = table.collect();
        for protocol in self.swept() {
            for lease in leases_of(protocol) {
                for error in CLOCK_ERRORS {
                    all.push(swept(situations::BURST_OF_SIX, protocol, lease, error));
                }
                all.push(swept(situations::CRASH, protocol, lease, 0));
            }
        }
        all
    }

    fn swept(&self) -> Vec<ProtocolName> {
        let swept = |protocol: &&ProtocolName| self.sweep && SWEPT.contains(&protocol.to_string().as_str());
        self.protocols.iter().filter(swept).copied().collect()
    }
}

/// The shipped protocol has one duration.
fn leases_of(protocol: ProtocolName) -> &'static [u32] {
    if protocol == ProtocolName::FencedLease { &[30] } else { &LEASES }
}

fn swept(scenario: Scenario, protocol: ProtocolName, lease: &u32, error: u64) -> Subject {
    let terms = Terms { lease_seconds: *lease, first_clock_ahead: Duration::from_secs(error), ..Terms::USUAL };
    subject(scenario, protocol, terms)
}

/// An entry. The scenario's own terms stay where `terms` are the usual ones.
fn subject(mut scenario: Scenario, protocol: ProtocolName, terms: Terms) -> Subject {
    if terms != Terms::USUAL {
        scenario.terms = terms;
    }
    Subject::new(scenario, protocol, Transport::Direct, Overrides::default())
}

/// Compares. What was interrupted has the runs that were made.
pub fn compare(extent: &Extent, progress: &Progress) -> Comparison {
    let subjects = extent.subjects();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..extent.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Relaxed);
                    let Some(subject) = subjects.get(index) else { break };
                    let figures = Entry::run(subject, (extent.runs, extent.seed), progress).figures();
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(index, figures);
                }
            });
        }
    });
    let mut cells = done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values();
    let rows = extent.protocols.iter().map(|protocol| Row {
        protocol: protocol.to_string(),
        about: protocol.summary().to_owned(),
        cells: cells.by_ref().take(extent.situations.len()).collect(),
    });
    let rows = rows.collect();
    let sweep = extent.sweep.then(|| Sweep {
        clock_errors: CLOCK_ERRORS.to_vec(),
        rows: extent.swept().into_iter().map(|protocol| sweep_row(protocol, &mut cells)).collect(),
    });
    Comparison {
        runs: extent.runs,
        seed: extent.seed,
        situations: extent.situations.iter().map(Situation::described).collect(),
        rows,
        sweep,
    }
}

/// Takes the entries of one protocol.
fn sweep_row(protocol: ProtocolName, cells: &mut impl Iterator<Item = Figures>) -> SweepRow {
    let point = |&lease_seconds: &u32| SweepPoint {
        lease_seconds,
        by_clock_error: cells.by_ref().take(CLOCK_ERRORS.len()).collect(),
        crash: cells.next().unwrap_or_default(),
    };
    SweepRow { protocol: protocol.to_string(), points: leases_of(protocol).iter().map(point).collect() }
}
