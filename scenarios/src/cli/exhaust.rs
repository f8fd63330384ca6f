//! `lockstep exhaust`: every schedule of a scope, with a certificate of what was covered.
use super::{
    campaign_report,
    certificate::{self, STRATEGY},
    extent::Extent,
    failures::{self, ReplayFiles},
    folder::Folder,
    options::{ReportOptions, ShrinkOptions, duration, threads},
    outcome::Outcome,
    output, part, shard, values,
    with_progress::{Goal, with_progress},
};
use crate::{
    campaign::{
        FirstViolation, Plan, Progress, Shard,
        exhaustive::{Exploration, Explored, Search},
        reduction::Reduction,
        scope::Cost,
    },
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Prepared, Subject, Transport},
    scenario::Scenario,
};
use model::verdict::Verdict;
use reports::{
    part::Part,
    report::{Failure, RunReport},
};
use sim::{Faults, engine::Detail};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

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
  lockstep exhaust pair --protocol none                  the smallest schedule that shows a race
  lockstep exhaust pair --shard 0/2 --report part-0      one of two machines; `lockstep merge part-0 part-1`")]
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
    /// Wall-clock time after which the search gives up, such as 30s, 10m or 1h30m.
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Part of the schedules to run, as I/N with I from 0; `/N` takes I from JOB_COMPLETION_INDEX.
    #[arg(long, value_name = "I/N", value_parser = shard::parse)]
    shard: Option<Shard>,
    /// Continues after a violation.
    #[arg(long)]
    keep_going: bool,
    /// Runs every schedule to its end, also those that only repeat another one in another order.
    #[arg(long)]
    no_reduction: bool,
    /// Takes two states for the same if every program has received the same, in whatever order, and has sent the same.
    /// This rests on an assumption: what a program keeps of its inputs does not depend on their order.
    #[arg(long, conflicts_with = "no_reduction")]
    converging: bool,
    /// Counts how many states there would be if one part of them were left out: what keeps schedules from meeting.
    #[arg(long, conflicts_with = "no_reduction")]
    count_parts: bool,
    #[command(flatten)]
    shrink: ShrinkOptions,
    #[command(flatten)]
    options: ReportOptions,
}

#[expect(clippy::disallowed_methods, reason = "the time is a budget, and the report says it; no run sees it")]
pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let (began, started) = (Instant::now(), campaign_report::now());
    let folder = Folder::open(&args.options)?;
    let subject = [subject(args)];
    let search = Search {
        bound: Cost { faults: args.faults, preemptions: args.preemptions },
        jobs: threads(args.jobs),
        shard: args.shard.unwrap_or(Shard::WHOLE),
        deadline: args.time.and_then(|time| began.checked_add(time)),
        keep_going: args.keep_going,
        reduction: match (args.no_reduction, args.converging) {
            (true, _) => Reduction::None,
            (_, true) => Reduction::Converging,
            _ => Reduction::Full,
        },
        count_parts: args.count_parts,
    };
    let prepared = Prepared::new(subject[0].clone(), Detail::Chain);
    let (progress, files) = (Arc::new(Progress::default()), ReplayFiles::new(&folder, &subject));
    let found = |subject: usize, first: &FirstViolation| files.write(subject, first);
    let exploration = Exploration::new(&prepared, &search, &found);
    let certified = |explored: &Explored, failures: Vec<Failure>| {
        let mut report = certificate::report(&subject, explored, &search, Instant::now() - began);
        report.started = Some(started.clone());
        report.part = args.shard.map(|shard| of_whole(&subject, explored, shard));
        report.failures = failures.into_iter().map(by_its_schedule).collect();
        report
    };
    let checkpoint = || {
        let explored = exploration.so_far();
        let tally = std::slice::from_ref(&explored.tally);
        folder.write_report(&unfinished(certified(&explored, failures::so_far(tally, STRATEGY, &files)), false));
    };
    with_progress(&progress, Goal::default(), &checkpoint, || exploration.run(&progress))?;
    checkpoint();
    let explored = exploration.so_far();
    let tally = std::slice::from_ref(&explored.tally);
    let report = certified(&explored, failures::of_campaign(tally, STRATEGY, &files, args.shrink));
    let interrupted = progress.interrupted.load(Relaxed) && explored.frontier.iter().any(|row| !row.complete);
    let report = if interrupted { unfinished(report, true) } else { report };
    Ok(output::write(&report, &args.options, &folder))
}

/// The report of a search that has not ended, or was stopped.
fn unfinished(report: RunReport, interrupted: bool) -> RunReport {
    let verdict = if report.verdict == Verdict::Held { Verdict::Inconclusive } else { report.verdict };
    RunReport { complete: false, interrupted, verdict, ..report }
}

/// A failure with the schedule as its replay: it is short, since the search begins with the smallest.
fn by_its_schedule(failure: Failure) -> Failure {
    match &failure.replay_string {
        Some(string) => Failure { replay: format!("lockstep replay {string}"), ..failure },
        None => failure,
    }
}

/// The part of a search that a shard is, for `lockstep merge`.
fn of_whole(subject: &[Subject], explored: &Explored, shard: Shard) -> Part {
    let overrides = subject[0].overrides;
    let settings = part::Settings { seed: 0, overrides, doublecheck: 0, judged: false, whole_catalogue: false };
    let extent = Extent::runs(Plan::new(vec![1], None)).part(shard.index, shard.of);
    part::of(&settings, &extent, std::slice::from_ref(&explored.tally))
}

fn subject(args: &Args) -> Subject {
    // Without faults to place, the scenario keeps its own expectations.
    let faults = (args.faults > 0).then_some(Faults::PLACED);
    let overrides = Overrides { faults, replicas: args.replicas.map(usize::from) };
    Subject::new(args.scenario.clone(), args.protocol, Transport::Direct, overrides)
}
