//! `lockstep live`: gateways as they really run, on a real API server, judged by the same oracle.
mod args;
mod progress;
pub(super) mod replica;
mod report;
mod simulated;
mod verification;

pub(super) use args::Args;

use super::{folder::Folder, outcome::Outcome, output, print, signals};
use crate::live::{
    history::{self, Journal},
    judge::judge,
    run::{Aftermath, run},
};
use anyhow::Context;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    match &args.judge {
        Some(file) => again(args, file),
        None => live(args),
    }
}

/// Judges a history again.
fn again(args: &Args, file: &Path) -> anyhow::Result<Outcome> {
    let folder = Folder::only_if_asked(&args.options)?;
    let history = history::read(file)?;
    let judged = judge(&history);
    let mut aftermath = Aftermath::default();
    if let Some(runs) = args.simulate {
        aftermath.trouble.extend(simulated::divergences(&history, &judged, runs, &folder));
    }
    // It has no wall-clock figures: the same history prints the same bytes.
    let took = Duration::from_micros(judged.figures.lasted);
    let report = report::report(&judged, &aftermath, Some(file), took);
    Ok(output::write(&report, &args.options, &folder))
}

#[expect(clippy::disallowed_methods, reason = "the report says how long it took")]
fn live(args: &Args) -> anyhow::Result<Outcome> {
    let began = Instant::now();
    let folder = Folder::open(&args.options)?;
    let directory =
        folder.make(&format!("live-{}", args.id())).context("there is no folder for the logs of the run")?;
    let plan = args.plan(&directory)?;
    let digest = args.verification.as_deref().map(verification::digest).transpose()?;
    let file = directory.join("history.jsonl");
    let journal =
        Journal::begin(args.header(&plan), Some(&file)).with_context(|| format!("cannot write {}", file.display()))?;
    folder.write_report(&report::unfinished(Duration::ZERO));
    let stop = Arc::new(AtomicBool::new(false));
    let interrupted = Arc::clone(&stop);
    signals::at_the_first(move || interrupted.store(true, Relaxed))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let mut aftermath = runtime.block_on(progress::shown(&journal, &plan.extent, run(&plan, &journal, &stop)))?;
    runtime.shutdown_timeout(Duration::from_secs(2));
    if let Some(digest) = digest {
        aftermath.trouble.extend(verification::differences(&digest, &aftermath.builds));
    }
    let history = journal.history();
    let judged = judge(&history);
    if let Some(runs) = args.simulate {
        aftermath.trouble.extend(simulated::divergences(&history, &judged, runs, &folder));
    }
    for left in &aftermath.left {
        print::note(&format!("left in the cluster: {left}"));
    }
    let report = report::report(&judged, &aftermath, Some(&file), began.elapsed());
    let outcome = output::write(&report, &args.options, &folder);
    if args.options.report.is_none() && outcome == Outcome(reports::exit_code::HELD) {
        remove(&directory);
    }
    Ok(outcome)
}

/// Removes the history and the logs of a run that held, where nobody asked for a report.
fn remove(directory: &PathBuf) {
    if let Err(error) = std::fs::remove_dir_all(directory) {
        print::note(&format!("cannot remove {}: {error}", directory.display()));
    }
}
