//! `lockstep latency`: what a signal costs on a real API server, beside what the server itself takes in the same run.
mod document;
mod kept;
mod plot;

use super::{outcome::Outcome, print};
use crate::live::{
    control_plane::Binaries,
    fleet::Program,
    latency::{Part, Request, measure, results::Results},
};
use crate::protocol_name::SHIPPED;
use anyhow::Context;
use reports::exit_code;
use std::{path::PathBuf, time::Duration};

/// Measures what a signal costs on a real API server, and what the server itself takes for the same writes.
///
/// It starts etcd, kube-apiserver and gateways on loopback, and sends signals. Series that are compared take turns in
/// short rounds. Each part is measured by itself, in at most three minutes; its results are one file of the directory.
/// Let nothing else run meanwhile. Exit code 5 says that a claim was not met.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep latency signals rates lock access start away
  lockstep latency signals --percent 10 --results quick
  lockstep latency away --away 10m
  lockstep latency --render --results latency --write-doc docs/latency.md --plot docs/images/latency.svg")]
pub(super) struct Args {
    /// Parts to measure: signals, rates, lock, access, start, away. All by default.
    #[arg(value_name = "PART", conflicts_with = "render")]
    parts: Vec<Part>,
    /// Directory of the results, a file for each part.
    #[arg(long, value_name = "DIR", default_value = "latency")]
    results: PathBuf,
    /// Measures nothing: shows the results in the directory.
    #[arg(long)]
    render: bool,
    /// Writes the tables as Markdown.
    #[arg(long, value_name = "FILE")]
    write_doc: Option<PathBuf>,
    /// Writes a plot as SVG.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Shows the results as JSON.
    #[arg(long)]
    json: bool,
    /// Percentage of the usual number of requests.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    percent: u32,
    /// Time for which the API server is away.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = super::options::duration)]
    away: Duration,
    /// The gateway's program; by default the one beside this program.
    #[arg(long, value_name = "PATH")]
    gateway_binary: Option<PathBuf>,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    if !args.render {
        measure_all(args)?;
    }
    let results = kept::read(&args.results)?;
    show(args, &results)?;
    let missed = results.iter().flat_map(|results| &results.measured.claims).filter(|claim| !claim.is_met()).count();
    Ok(Outcome(if missed == 0 { exit_code::HELD } else { exit_code::UNMET }))
}

fn measure_all(args: &Args) -> anyhow::Result<()> {
    let request = Request {
        binaries: Binaries::of_environment()?,
        gateway: Program::of(SHIPPED.parse().map_err(anyhow::Error::msg)?, args.gateway_binary.as_deref())?.path,
        lockstep: std::env::current_exe().context("this program does not know its own path")?,
        percent: args.percent,
        away: args.away,
    };
    let all = Part::ALL.to_vec();
    for part in if args.parts.is_empty() { &all } else { &args.parts } {
        let started = kept::now();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
        let say = |what: &str| print::note(&format!("{part}: {what}"));
        let measured = runtime.block_on(measure(*part, &request, &say))?;
        runtime.shutdown_timeout(Duration::from_secs(2));
        kept::write(&args.results, *part, started, measured)?;
    }
    Ok(())
}

fn show(args: &Args, results: &[Results]) -> anyhow::Result<()> {
    let write = |file: &PathBuf, text: &str| {
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    };
    if let Some(file) = &args.write_doc {
        write(file, &document::markdown(results, args.plot.as_deref().and_then(|plot| plot.file_name()?.to_str())))?;
    }
    if let Some(file) = &args.plot {
        write(file, &plot::svg(results))?;
    }
    if args.json {
        return print::line(&serde_json::to_string_pretty(results)?);
    }
    print::line(document::text(results).trim_end())
}
