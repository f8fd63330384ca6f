//! `lockstep bugs`: plants each known bug, and says whether it was found, how soon, and by which invariant.
use super::{Format, Outcome, output, progress};
use crate::{
    campaign::{
        Progress,
        mutants::{Hunt, Hunted, hunt},
    },
    mutants::MUTANTS,
};
use anyhow::bail;
use model::verdict::Verdict;
use reports::report::{Bug, RunReport, RunsToFind};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// Plants each known bug in the gateway's own protocol, and says after how many runs it was found (exit code 5 if one was not).
///
/// Examples: lockstep bugs · lockstep bugs no-mark unconditional-count --seeds 20 --runs 5000 · lockstep bugs --format json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Planted bugs, by name; `lockstep list` shows them. All of them by default.
    bugs: Vec<String>,
    /// How interleavings are chosen.
    #[arg(long, default_value = "random", value_parser = ["random"])]
    strategy: String,
    /// Runs after which a seed gives a bug up.
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// From how many seeds each is searched for.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Threads; as many as there are processors by default.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    /// Which of the bugs, as i/n (i from 0); `/n` takes i from JOB_COMPLETION_INDEX.
    #[arg(long, value_parser = super::shard::parse)]
    shard: Option<crate::campaign::exhaustive::Shard>,
    /// How to print the report.
    #[arg(long, value_enum, default_value = "pretty")]
    format: Format,
    /// A directory for the report in every format.
    #[arg(long)]
    report: Option<PathBuf>,
}

#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let which = which(args)?;
    let progress = Arc::new(Progress::default());
    super::run::interruptible(&progress)?;
    let budget =
        Hunt { runs: args.runs, seeds: args.seeds, jobs: args.jobs.map_or_else(super::run::processors, usize::from) };
    let (began, done) = (std::time::Instant::now(), AtomicBool::new(false));
    let hunted = std::thread::scope(|scope| {
        scope.spawn(|| progress::show(&progress, None, &done));
        let hunted = hunt(&which, &budget, &progress);
        done.store(true, Relaxed);
        hunted
    })?;
    let mut report = output::report(&[], &[], &args.strategy, began.elapsed());
    fill(&mut report, &hunted, &progress, &args.strategy);
    output::write(&report, args.format, args.report.as_deref())
}

fn which(args: &Args) -> anyhow::Result<Vec<usize>> {
    let mut which = Vec::new();
    for name in &args.bugs {
        match MUTANTS.iter().position(|mutant| mutant.name == name) {
            Some(index) => which.push(index),
            None => bail!("no planted bug `{name}`: `lockstep list` shows all {}", MUTANTS.len()),
        }
    }
    if which.is_empty() {
        which.extend(0..MUTANTS.len());
    }
    if let Some(shard) = args.shard {
        which = which.into_iter().skip(shard.index).step_by(shard.of).collect();
    }
    Ok(which)
}

fn fill(report: &mut RunReport, hunted: &[Hunted], progress: &Progress, strategy: &str) {
    let (runs, calls) = (progress.runs.load(Relaxed), progress.api_calls.load(Relaxed));
    report.command = "bugs".to_owned();
    let all = hunted.iter().all(Hunted::caught);
    report.verdict = if all { Verdict::Held } else { Verdict::Inconclusive };
    report.simulated_seconds = 0.0;
    report.runs = runs;
    report.api_calls = calls;
    report.runs_per_second = runs as f64 / report.wall_seconds.max(1e-9);
    report.interrupted = progress.stop.load(Relaxed);
    report.bugs = Some(hunted.iter().map(|hunted| row(hunted, strategy)).collect());
}

fn row(hunted: &Hunted, strategy: &str) -> Bug {
    let mutant = &MUTANTS[hunted.index];
    let figure = |share| hunted.percentile(share).map(|runs| runs as f64);
    let runs_to_find = figure(0.5).zip(figure(0.95)).map(|(median, p95)| RunsToFind { median, p95 });
    Bug {
        name: mutant.name.to_owned(),
        invariant: mutant.invariant.to_owned(),
        strategy: strategy.to_owned(),
        found: hunted.caught(),
        runs_to_find,
        scenario: Some(mutant.scenario.to_owned()),
        replay: hunted
            .replay
            .as_ref()
            .and_then(crate::replay::Replay::to_line)
            .map(|line| format!("lockstep replay {line}")),
    }
}
