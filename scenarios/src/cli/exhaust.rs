//! `lockstep exhaust`: every schedule of a scope, with a certificate of what was covered.
use super::{
    campaign_report, failures,
    options::{ReportOptions, duration, threads},
    outcome::Outcome,
    output, shard, values,
    with_progress::with_progress,
};
use crate::{
    campaign::{
        Tally,
        exhaustive::{Explored, Row, Search, Shard, explore},
        replay_of,
        scope::{Cost, NOT_ENUMERATED, enumerated},
    },
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Prepared, Subject, Transport},
    scenario::Scenario,
};
use model::verdict::Verdict;
use reports::report::{Failure, Frontier, RunReport, Scope};
use sim::{Faults, engine::Detail};
use std::{path::Path, time::Duration};

/// Name of the strategy in reports.
const STRATEGY: &str = "exhaustive";

/// Runs every schedule of a scenario with at most N preemptions and M faults.
///
/// A preemption is a choice that departs from the order in which things became ready. A fault is one of those listed
/// with the result, at any point. The search begins with the smallest schedules and stops at the first violation. It
/// exits with 6 if it did not finish.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep exhaust pair --preemptions 2
  lockstep exhaust pair --preemptions 1 --faults 1 --for 10m
  lockstep exhaust pair --protocol none                  the smallest schedule that shows a race")]
pub(super) struct Args {
    /// Name of the scenario; `lockstep list` shows them.
    #[arg(value_name = "SCENARIO", value_parser = values::scenario(), hide_possible_values = true)]
    scenario: &'static Scenario,
    /// Largest number of preemptions in one schedule.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=6))]
    preemptions: u32,
    /// Largest number of faults in one schedule.
    #[arg(long, value_name = "M", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=4))]
    faults: u32,
    /// Protocol that handles the signals.
    #[arg(long, value_name = "NAME", default_value = SHIPPED, value_parser = values::protocol())]
    #[arg(hide_possible_values = true)]
    protocol: ProtocolName,
    /// Number of replicas, instead of the scenario's own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    replicas: Option<u8>,
    /// Number of threads; one per processor by default. With one thread the first violation found is always the same.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    /// Wall-clock time after which the search gives up, such as 30s, 10m or 1h.
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Part of the schedules to run, as I/N with I from 0; `/N` takes I from JOB_COMPLETION_INDEX.
    #[arg(long, value_name = "I/N", value_parser = shard::parse)]
    shard: Option<Shard>,
    /// Continues after a violation.
    #[arg(long)]
    keep_going: bool,
    #[command(flatten)]
    options: ReportOptions,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let subject = subject(args);
    let search = Search {
        bound: Cost { faults: args.faults, preemptions: args.preemptions },
        jobs: threads(args.jobs),
        shard: args.shard.unwrap_or(Shard::WHOLE),
        time: args.time,
        keep_going: args.keep_going,
    };
    let prepared = Prepared::new(subject.clone(), Detail::Chain);
    let done = with_progress(None, |progress| explore(&prepared, &search, progress))?;
    let explored = &done.result;
    let mut report = certificate(&subject, explored, &search, done.took);
    report.failures = failures(&subject, &explored.tally, &args.options.replays())?;
    report.interrupted = done.stopped && explored.tally.violations.is_empty();
    output::write(&report, &args.options)
}

fn subject(args: &Args) -> Subject {
    // Without faults to place, the scenario keeps its own expectations.
    let faults = (args.faults > 0).then_some(Faults::PLACED);
    let overrides = Overrides { faults, replicas: args.replicas.map(usize::from) };
    Subject::new(args.scenario.clone(), args.protocol, Transport::Direct, overrides)
}

fn certificate(subject: &Subject, explored: &Explored, search: &Search, took: Duration) -> RunReport {
    let tallies = std::slice::from_ref(&explored.tally);
    let mut report = campaign_report::report("exhaust", (std::slice::from_ref(subject), tallies), STRATEGY, took);
    let row = |row: &Row| Frontier {
        preemptions: u64::from(row.bound.preemptions),
        faults: u64::from(row.bound.faults),
        schedules: row.schedules,
        complete: row.complete,
    };
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

fn failures(subject: &Subject, tally: &Tally, directory: &Path) -> anyhow::Result<Vec<Failure>> {
    let subjects = std::slice::from_ref(subject);
    let mut failures = failures::of_campaign(subjects, std::slice::from_ref(tally), STRATEGY, directory)?;
    for failure in &mut failures {
        failure.seed.clear();
        let first = tally.violations.values().find(|first| first.violation.invariant == failure.invariant);
        if let Some(line) = first.and_then(|first| replay_of(subject, first).to_line()) {
            failure.replay = format!("lockstep replay {line}");
        }
    }
    Ok(failures)
}
