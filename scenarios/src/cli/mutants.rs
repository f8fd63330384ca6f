//! `lockstep mutants`: runs each mutant of the protocol until its invariant catches it.
use super::{
    by_strategy, campaign_report,
    folder::Folder,
    options::{ReportOptions, ShrinkOptions, duration, threads},
    outcome::Outcome,
    output,
    score::{self, Wanted},
    shard, smallest, values,
    with_progress::{Goal, with_progress},
};
use crate::{
    campaign::{
        Progress, Shard, in_run,
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
/// A mutant is a copy of the protocol with one safeguard taken out. With `--generated` it is a copy in which one
/// operator, constant, arm, guard or body of the protocol or the coalescer is another one; every scenario that reaches
/// its place is run, until one fails. It exits with 5 if a mutant survived (a generated one: without a reason in
/// scenarios/src/survivors), and with 6 if it was stopped before.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep mutants                                       all of them
  lockstep mutants no-mark unconditional-count --seeds 20 --runs 5000
  lockstep mutants --format json
  lockstep mutants --in-run --seeds 10                   whether `lockstep run` would have caught them
  lockstep mutants --strategies                          runs that each strategy needs
  lockstep mutants --generated --report score            an hour; the same command continues where it was stopped
  lockstep mutants --generated --filter count::accept
  lockstep mutants --generated --shard 3/40 --for 2m")]
pub(super) struct Args {
    /// Names of mutants; `lockstep list` shows them. All of them by default.
    #[arg(value_name = "MUTANT", value_parser = values::mutant(), hide_possible_values = true)]
    mutants: Vec<usize>,
    /// Runs the mutants that operators make, instead of those that were written.
    #[arg(long, conflicts_with_all = ["mutants", "strategy", "seeds"])]
    generated: bool,
    /// Only generated mutants with this text in their place or change, or of this name.
    #[arg(long, value_name = "TEXT", requires = "generated")]
    filter: Option<String>,
    /// Wall time after which no generated mutant's run begins, such as 2m. The others are left out of the score.
    #[arg(long = "for", id = "time", value_name = "TIME", value_parser = duration, requires = "generated")]
    time: Option<Duration>,
    /// Counts the runs that `lockstep run` makes by default until one of them violates anything, instead of the runs of
    /// the one scenario that is about the mutant. A mutant must be caught from nine of ten seeds.
    #[arg(long, conflicts_with_all = ["generated", "strategy", "runs", "strategies"])]
    in_run: bool,
    /// Compares the strategies on the mutants that need more than 10 random runs.
    #[arg(long, conflicts_with_all = ["generated", "strategy"])]
    strategies: bool,
    /// Strategy that picks the runs.
    #[arg(long, value_name = "STRATEGY", default_value = "random", value_parser = values::strategy())]
    strategy: StrategyName,
    /// Runs after which a seed gives up on a mutant, or after which a generated mutant has survived.
    #[arg(long, value_name = "N", default_value_if("generated", "true", "500"), default_value = "4000")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
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
    if args.generated {
        return score::execute(&Wanted {
            filter: args.filter.as_deref(),
            shard: args.shard,
            runs: args.runs,
            jobs: threads(args.jobs),
            time: args.time,
            options: &args.options,
        });
    }
    let (began, started) = (Instant::now(), campaign_report::now());
    let budget = Hunt { runs: args.runs, seeds: args.seeds, jobs: threads(args.jobs), strategy: args.strategy };
    if args.strategies {
        return by_strategy::execute(&selected(args), &budget, &args.options);
    }
    if args.in_run {
        return in_run(args);
    }
    let folder = Folder::only_if_asked(&args.options)?;
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
        let time = args.shrink.shrink_for.unwrap_or(SMALLEST_OF_ALL);
        make_smaller(&mut report, &hunting.so_far(), &folder, time);
    }
    Ok(output::write(&report, &args.options, &folder))
}

/// Plays the mutants in the default plan of `lockstep run`.
#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
fn in_run(args: &Args) -> anyhow::Result<Outcome> {
    let (began, started) = (Instant::now(), campaign_report::now());
    let folder = Folder::only_if_asked(&args.options)?;
    let progress = Arc::new(Progress::default());
    let which = selected(args);
    let hunt = || in_run::hunt(&which, args.seeds, threads(args.jobs), &progress);
    let hunted = with_progress(&progress, Goal::default(), &|| {}, hunt)?;
    let mut report = report(&hunted, &progress, "random", Instant::now() - began);
    report.started = Some(started);
    for (row, hunted) in report.mutants.iter_mut().flatten().zip(&hunted) {
        row.found = hunted.unfinished == 0 && hunted.missed * 10 <= args.seeds;
        row.invariant = "any".to_owned();
        row.scenario = None;
    }
    let all = report.mutants.iter().flatten().all(|row| row.found);
    report.verdict = if all { Verdict::Held } else { Verdict::Inconclusive };
    Ok(output::write(&report, &args.options, &folder))
}

/// Wall time for the search for the smallest run of one mutant, and of all.
const SMALLEST_OF_EACH: Duration = Duration::from_secs(2);
const SMALLEST_OF_ALL: Duration = Duration::from_secs(30);

/// Adds the smallest run that shows each mutant, as far as the time allows.
#[expect(clippy::disallowed_methods, reason = "the limit is wall time, and the report says if it ended the search")]
fn make_smaller(report: &mut RunReport, hunted: &[Hunted], folder: &Folder, time: Duration) {
    let began = Instant::now();
    for (row, hunted) in report.mutants.iter_mut().flatten().zip(hunted) {
        let left = time.saturating_sub(began.elapsed());
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
    let most = figure(1.0).unwrap_or_default();
    let runs_to_find = figure(0.5).zip(figure(0.95)).map(|(median, p95)| RunsToFind { median, p95, most });
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
