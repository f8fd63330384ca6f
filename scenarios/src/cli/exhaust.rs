//! `lockstep exhaust`: every schedule of a scope, with a certificate of how far it came.
use super::{Format, Outcome, output, progress, shard};
use crate::{
    campaign::{
        Progress, Tally,
        exhaustive::{Explored, Row, Search, Shard, explore},
        replay_of,
        scope::{Cost, NOT_ENUMERATED, enumerated},
    },
    catalogue::{find, unknown},
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Prepared, Subject, Transport},
};
use anyhow::Context;
use model::verdict::Verdict;
use reports::report::{Failure, Frontier, RunReport, Scope};
use sim::{faults::Faults, trace::Detail};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// What the reports call this way of going through schedules.
const STRATEGY: &str = "exhaustive";

/// Runs every schedule of a scenario with so many preemptions and faults, or says that it did not (exit code 6).
///
/// A preemption is a step other than the first in order; a fault is one of those listed with the result, at any place. It
/// stops at the first violation, which is one with the fewest of both. Examples: lockstep exhaust pair --preemptions 2 --faults 0
/// · lockstep exhaust pair --preemptions 1 --faults 1 --for 10m · lockstep exhaust pair --protocol none --preemptions 1
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario, by name.
    scenario: String,
    /// At most so many preemptions in one schedule.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=6))]
    preemptions: u32,
    /// At most so many faults in one schedule.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=4))]
    faults: u32,
    /// The protocol that handles signals.
    #[arg(long, default_value = SHIPPED)]
    protocol: String,
    /// How many replicas instead of the scenario's own.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16))]
    replicas: Option<u8>,
    /// Threads; as many as there are processors by default. With one, what is found first is always the same.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    /// Wall time after which the search is given up, e.g. 30s, 10m, 1h.
    #[arg(long = "for", value_parser = super::run::duration)]
    time: Option<Duration>,
    /// Which part of the schedules, as i/n (i from 0); `/n` takes i from JOB_COMPLETION_INDEX.
    #[arg(long, value_parser = shard::parse)]
    shard: Option<Shard>,
    /// Go on after a violation.
    #[arg(long)]
    keep_going: bool,
    /// How to print the report.
    #[arg(long, value_enum, default_value = "pretty")]
    format: Format,
    /// A directory for the report in every format; replay files go there too (to lockstep-report otherwise).
    #[arg(long)]
    report: Option<PathBuf>,
}

#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let subject = subject(args)?;
    let search = Search {
        bound: Cost { faults: args.faults, preemptions: args.preemptions },
        jobs: args.jobs.map_or_else(super::run::processors, usize::from),
        shard: args.shard.unwrap_or(Shard::WHOLE),
        time: args.time,
        keep_going: args.keep_going,
    };
    let progress = Arc::new(Progress::default());
    super::run::interruptible(&progress)?;
    let prepared = Prepared::new(subject.clone(), Detail::Chain);
    let (began, done) = (std::time::Instant::now(), AtomicBool::new(false));
    let explored = std::thread::scope(|scope| {
        scope.spawn(|| progress::show(&progress, None, &done));
        let explored = explore(&prepared, &search, &progress);
        done.store(true, Relaxed);
        explored
    });
    let mut report = certificate(&subject, &explored, &search, began.elapsed());
    let directory = args.report.clone().unwrap_or_else(|| PathBuf::from("lockstep-report"));
    report.failures = failures(&subject, &explored.tally, &directory)?;
    report.interrupted = progress.stop.load(Relaxed) && explored.tally.violations.is_empty();
    output::write(&report, args.format, args.report.as_deref())
}

fn subject(args: &Args) -> anyhow::Result<Subject> {
    let protocol: ProtocolName = args.protocol.parse().map_err(anyhow::Error::msg)?;
    let scenario = find(&args.scenario).with_context(|| unknown(&args.scenario))?.clone();
    // Without faults to place, the scenario's own expectations stand too.
    let faults = (args.faults > 0).then_some(Faults::PLACED);
    let overrides = Overrides { faults, replicas: args.replicas.map(usize::from) };
    Ok(Subject::new(scenario, protocol, Transport::Direct, overrides))
}

fn certificate(subject: &Subject, explored: &Explored, search: &Search, took: Duration) -> RunReport {
    let tallies = std::slice::from_ref(&explored.tally);
    let mut report = output::report(std::slice::from_ref(subject), tallies, STRATEGY, took);
    let row = |row: &Row| Frontier {
        preemptions: u64::from(row.bound.preemptions),
        faults: u64::from(row.bound.faults),
        schedules: row.schedules,
        complete: row.complete,
    };
    report.command = "exhaust".to_owned();
    if report.verdict == Verdict::Held && explored.frontier.iter().any(|row| !row.complete) {
        report.verdict = Verdict::Inconclusive;
    }
    report.frontier = Some(explored.frontier.iter().map(row).collect());
    let faults = search.bound.faults > 0;
    report.scope = Some(Scope {
        enumerated: enumerated().into_iter().take(if faults { usize::MAX } else { 1 }).collect(),
        fixed: NOT_ENUMERATED.iter().map(|&what| what.to_owned()).collect(),
        shard: format!("{}/{}", search.shard.index, search.shard.of),
    });
    report
}

fn failures(subject: &Subject, tally: &Tally, directory: &std::path::Path) -> anyhow::Result<Vec<Failure>> {
    let mut failures = output::failures(std::slice::from_ref(subject), std::slice::from_ref(tally), directory)?;
    for failure in &mut failures {
        STRATEGY.clone_into(&mut failure.strategy);
        failure.seed.clear();
        let breach = tally.violations.values().find(|breach| breach.violation.invariant == failure.invariant);
        if let Some(line) = breach.and_then(|breach| replay_of(subject, breach).to_line()) {
            failure.replay = format!("lockstep replay {line}");
        }
    }
    Ok(failures)
}
