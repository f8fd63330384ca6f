//! `lockstep mutants`: runs each mutant of the protocol until its invariant catches it.
use super::{
    campaign_report,
    folder::Folder,
    options::{ReportOptions, ShrinkOptions, threads},
    outcome::Outcome,
    output, shard, smallest, values,
    with_progress::{Goal, with_progress},
};
use crate::{
    campaign::{
        Progress, Shard,
        mutants::{Hunt, Hunted, Hunting},
    },
    mutants::MUTANTS,
    replay::Replay,
    strategies::StrategyName,
};
use model::verdict::Verdict;
use reports::report::{Mutant, RunReport, RunsToFind};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

/// Runs each mutant of the gateway's protocol and reports after how many runs it was caught.
///
/// A mutant is a copy of the protocol with one safeguard taken out. It exits with 5 if a mutant survived,
/// and with 6 if it was stopped before.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep mutants                                       all of them
  lockstep mutants no-mark unconditional-count --seeds 20 --runs 5000
  lockstep mutants --format json")]
pub(super) struct Args {
    /// Names of mutants; `lockstep list` shows them. All of them by default.
    #[arg(value_name = "MUTANT", value_parser = values::mutant(), hide_possible_values = true)]
    mutants: Vec<usize>,
    /// Strategy that picks the runs.
    #[arg(long, value_name = "STRATEGY", default_value = "random", value_parser = values::strategy())]
    strategy: StrategyName,
    /// Runs after which a seed gives up on a mutant.
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Number of seeds per mutant; each must catch it.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Number of threads; one per processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    /// Part of the mutants to run, as I/N with I from 0; `/N` takes I from JOB_COMPLETION_INDEX.
    #[arg(long, value_name = "I/N", value_parser = shard::parse)]
    shard: Option<Shard>,
    #[command(flatten)]
    shrink: ShrinkOptions,
    #[command(flatten)]
    options: ReportOptions,
}

#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let (began, started) = (Instant::now(), campaign_report::now());
    let folder = Folder::only_if_asked(&args.options)?;
    let budget = Hunt { runs: args.runs, seeds: args.seeds, jobs: threads(args.jobs), strategy: args.strategy };
    let hunting = Hunting::new(&selected(args), args.seeds)?;
    let progress = Arc::new(Progress::default());
    let report = |over: bool| {
        let mut report = report(&hunting.so_far(), &progress, args.strategy.text(), Instant::now() - began);
        report.started = Some(started.clone());
        report.complete &= over;
        if !report.complete && report.verdict == Verdict::Held {
            report.verdict = Verdict::Inconclusive;
        }
        report
    };
    let checkpoint = || folder.write_report(&report(false));
    with_progress(&progress, Goal::default(), &checkpoint, || hunting.run(&budget, &progress))?;
    let mut report = report(true);
    if !args.shrink.no_shrink && !progress.interrupted.load(Relaxed) {
        make_smaller(&mut report, &hunting.so_far(), &folder);
    }
    Ok(output::write(&report, &args.options, &folder))
}

/// Wall time for the search for the smallest run of one mutant, and of all.
const SMALLEST_OF_EACH: Duration = Duration::from_secs(2);
const SMALLEST_OF_ALL: Duration = Duration::from_secs(30);

/// Adds the smallest run that shows each mutant, as far as the time allows.
#[expect(clippy::disallowed_methods, reason = "the limit is wall time, and the report says if it ended the search")]
fn make_smaller(report: &mut RunReport, hunted: &[Hunted], folder: &Folder) {
    let began = Instant::now();
    for (row, hunted) in report.mutants.iter_mut().flatten().zip(hunted) {
        let left = SMALLEST_OF_ALL.saturating_sub(began.elapsed());
        let Some(replay) = hunted.replay.as_ref().filter(|_| !left.is_zero()) else { continue };
        let name = format!("{}.smallest.replay", row.name);
        let write = |text: &str| folder.write(&name, text);
        row.smallest = smallest::of(replay, SMALLEST_OF_EACH.min(left), write).ok().map(|small| small.smallest);
    }
}

fn selected(args: &Args) -> Vec<usize> {
    let all = 0..MUTANTS.len();
    let named = if args.mutants.is_empty() { all.collect() } else { args.mutants.clone() };
    match args.shard {
        Some(shard) => named.into_iter().skip(shard.index).step_by(shard.of).collect(),
        None => named,
    }
}

fn report(hunted: &[Hunted], progress: &Progress, strategy: &str, took: Duration) -> RunReport {
    let mut report = campaign_report::report("mutants", (&[], &[]), strategy, took);
    let runs = progress.runs.load(Relaxed);
    let all = !hunted.is_empty() && hunted.iter().all(Hunted::caught);
    report.verdict = if all { Verdict::Held } else { Verdict::Inconclusive };
    report.runs = runs;
    report.api_calls = progress.api_calls.load(Relaxed);
    report.runs_per_second = runs as f64 / report.wall_seconds.max(1e-9);
    let unfinished = hunted.iter().any(|hunted| hunted.unfinished > 0);
    report.interrupted = unfinished && progress.interrupted.load(Relaxed);
    report.complete = !unfinished;
    report.mutants = Some(hunted.iter().map(|hunted| row(hunted, strategy)).collect());
    report
}

fn row(hunted: &Hunted, strategy: &str) -> Mutant {
    let mutant = &MUTANTS[hunted.index];
    let figure = |share| hunted.percentile(share).map(|runs| runs as f64);
    let runs_to_find = figure(0.5).zip(figure(0.95)).map(|(median, p95)| RunsToFind { median, p95 });
    let replay = hunted.replay.as_ref().and_then(Replay::to_line);
    Mutant {
        name: mutant.name.to_owned(),
        invariant: mutant.invariant.to_owned(),
        strategy: strategy.to_owned(),
        found: hunted.caught(),
        unfinished: hunted.unfinished > 0 && !hunted.survived(),
        runs_to_find,
        scenario: Some(mutant.scenario.to_owned()),
        replay: replay.map(|line| format!("lockstep replay {line}")),
        smallest: None,
    }
}
