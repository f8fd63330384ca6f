//! `lockstep compare`: every protocol in the same situations, from the same seeds.
use super::{
    options::threads,
    outcome::Outcome,
    print, values,
    with_progress::{Goal, with_progress},
};
use crate::{
    campaign::Progress,
    code,
    comparison::{COMMAND, DOCUMENTED_RUNS, Extent, compare},
    protocol_name::ProtocolName,
};
use anyhow::Context;
use reports::{
    comparison::{Comparison, markdown, page, plots, text},
    exit_code,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering::Relaxed},
};

/// Compares protocols: two active requests, wrong counts, API calls, latency in simulated time, recovery after a crash.
///
/// The baselines are the options that the documents of the existing gateway weighed, its lock as it was planned and as
/// it runs, the locks of four crates, and no lock. All run in the same situations and from the same seeds. It judges
/// nothing: it exits with 0, or with 6 if it was stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep compare                                       every protocol, in about a minute
  lockstep compare shipped-lease fenced-lease --runs 500
  lockstep compare --no-sweep --report out               out/comparison.html and out/comparison.json
  lockstep compare --write-doc docs/comparison.md        the page of the documentation, and its drawings")]
pub(super) struct Args {
    /// Names of protocols; `lockstep list` shows them. All but the mutants by default.
    #[arg(value_name = "PROTOCOL", value_parser = values::protocol(), hide_possible_values = true)]
    protocols: Vec<ProtocolName>,
    /// Runs of each entry.
    #[arg(long, value_name = "N", default_value_t = DOCUMENTED_RUNS)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Base seed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Number of threads; one per processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    /// Leaves out the sweep of lease durations and clock errors.
    #[arg(long)]
    no_sweep: bool,
    /// Writes comparison.html and comparison.json to this directory.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Writes this Markdown file, and its drawings to `images/` beside it.
    #[arg(long, value_name = "FILE")]
    write_doc: Option<PathBuf>,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let mut extent = Extent::all(args.runs, args.seed, threads(args.jobs));
    extent.sweep = !args.no_sweep;
    if !args.protocols.is_empty() {
        extent.protocols.clone_from(&args.protocols);
    }
    let progress = Arc::new(Progress::default());
    let goal = Goal { runs: Some(extent.total()), ..Goal::default() };
    let comparison = with_progress(&progress, goal, &|| {}, || compare(&extent, &progress))?;
    if progress.interrupted.load(Relaxed) {
        print::note("stopped: the figures are of fewer runs than asked for, and nothing was written");
        print::line(text(&comparison).trim_end())?;
        return Ok(Outcome(exit_code::INCONCLUSIVE));
    }
    if let Some(directory) = &args.report {
        write_report(directory, &comparison)?;
    }
    match &args.write_doc {
        Some(document) => write_document(document, &comparison)?,
        None => print::line(text(&comparison).trim_end())?,
    }
    Ok(Outcome(exit_code::HELD))
}

fn write_report(directory: &Path, comparison: &Comparison) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let version = format!("{}+{}", env!("CARGO_PKG_VERSION"), code::ID);
    write(&directory.join("comparison.html"), &page(comparison, &version))?;
    write(&directory.join("comparison.json"), &serde_json::to_string_pretty(comparison)?)
}

fn write_document(document: &Path, comparison: &Comparison) -> anyhow::Result<()> {
    let images = document.parent().unwrap_or(Path::new("")).join("images");
    fs::create_dir_all(&images).with_context(|| format!("cannot make {}", images.display()))?;
    for (name, drawing) in plots::all(comparison) {
        write(&images.join(format!("comparison-{name}.svg")), &drawing)?;
    }
    write(document, &markdown(comparison, COMMAND))
}

fn write(file: &Path, content: &str) -> anyhow::Result<()> {
    fs::write(file, content).with_context(|| format!("cannot write {}", file.display()))
}
