//! `lockstep export`: one run in the format of another program.
use super::{folder::atomic, outcome::Outcome, print, replay::read};
use crate::runner::Prepared;
use anyhow::{Context, bail};
use reports::export::{chrome, jsonl, mermaid, otlp, shiviz};
use sim::engine::{Detail, EPOCH};
use std::path::PathBuf;

/// Writes one run in the format of another program: a trace viewer, a diagram, a script.
///
/// The run is replayed, and written whether it violates something or not. Times are simulated.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep export pair:none:direct:-:-:random:1 --as chrome --to run.json      for ui.perfetto.dev
  lockstep export lockstep-report/pair-none-one_active_request.replay --as mermaid
  lockstep export pair:none:direct:-:-:random:1 --as jsonl | grep '\"critical\":true'")]
pub(super) struct Args {
    /// Replay file, or replay string.
    #[arg(value_name = "FILE|STRING")]
    replay: String,
    /// Format to write.
    #[arg(long = "as", id = "format", value_enum, value_name = "FORMAT")]
    format: Format,
    /// File to write instead of standard output.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// A format of another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Trace events, for Perfetto and chrome://tracing.
    Chrome,
    /// One JSON object per line.
    Jsonl,
    /// A sequence diagram, for Markdown.
    Mermaid,
    /// OpenTelemetry spans as JSON, for a trace viewer.
    Otlp,
    /// A log with vector clocks, for ShiViz.
    Shiviz,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    if let Some(to) = &args.to {
        atomic::try_out(to).with_context(|| format!("--to: cannot write {}; set another file", to.display()))?;
    }
    let (replay, subject) = read(&args.replay)?;
    let run = Prepared::new(subject.clone(), Detail::Chain).run(replay.choices(), true)?;
    if let Some(why) = &run.outcome.mismatch {
        bail!("cannot replay {}: other code recorded it ({why}); search for the failure again", args.replay);
    }
    let recording = run.timeline.as_ref().context("the run has no timeline")?;
    let evidence = run.violations().next().map(|violation| &*violation.evidence).unwrap_or_default();
    let timeline = recording.timeline(subject.scenario.cluster.replicas, evidence);
    let text = match args.format {
        Format::Chrome => chrome::render(&timeline),
        Format::Jsonl => jsonl::render(&timeline),
        Format::Mermaid => mermaid::render(&timeline),
        Format::Otlp => otlp::render(&timeline, began(), run.hashes().chain),
        Format::Shiviz => shiviz::render(&timeline),
    };
    match &args.to {
        Some(to) => {
            atomic::write(to, text.as_bytes()).with_context(|| format!("cannot write {}", to.display()))?;
        }
        None => print::bytes(text.as_bytes())?,
    }
    Ok(Outcome(reports::exit_code::HELD))
}

/// Moment at which every simulated run begins, in nanoseconds of the Unix epoch.
fn began() -> u64 {
    let epoch: jiff::Timestamp = EPOCH.parse().expect("EPOCH is a timestamp");
    u64::try_from(epoch.as_nanosecond()).expect("EPOCH is after 1970")
}
