//! The command line of `bench`.
use crate::{
    count::{Baseline, Workload},
    fleet, memory, page, plot,
    scale::{self, Direction},
    table::{self, Effort},
};
use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use scenarios::live::{control_plane::Binaries, replica::Senders};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Exit code of a count above its baseline: as in lockstep, a requirement was not met.
const UNMET: u8 = 5;

/// Measures Lockstep with its peers. Every figure of docs/speed.md comes from here.
#[derive(Debug, Parser)]
#[command(
    name = "bench",
    max_term_width = 120,
    after_help = "\
Examples:
  cargo run --release -p bench -- table --docs docs      minutes, on a machine that does nothing else
  cargo run --release -p bench -- table --quick          seconds, for a look
  cargo run --release -p bench -- scale --docs docs      the cost of a run over its size
  cargo run --release -p bench -- memory 1000 10000      the memory of a campaign over its runs
  cargo run --release -p bench -- fleet --docs docs      the cost of interleavings, and of a merge
  cargo run --release -p bench -- count                  compares instruction counts with the baseline
  cargo run --release -p bench -- count --accept         makes the counts the baseline"
)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Table(TableArgs),
    Scale(ScaleArgs),
    Memory(MemoryArgs),
    Fleet(FleetArgs),
    Count(CountArgs),
    #[command(hide = true)]
    Work(WorkArgs),
    #[command(hide = true)]
    Replica(ReplicaArgs),
    /// The lockstep command, in this program.
    #[command(hide = true)]
    Lockstep {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

/// Measures bursts, searches, requests and starts, in turns.
///
/// The real kube-apiserver takes part if KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver.
#[derive(Debug, Args)]
struct TableArgs {
    /// Few repetitions: seconds.
    #[arg(long)]
    quick: bool,
    /// File for the figures, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder of the documents, whose page speed.md gets the table, and whose folder images gets the plots and figures.
    #[arg(long, value_name = "FOLDER")]
    docs: Option<PathBuf>,
}

/// Measures what a run costs as it grows: in replicas, signals, fingerprints, API servers, simulated time, episodes.
#[derive(Debug, Args)]
struct ScaleArgs {
    /// Largest size.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    most: u64,
    /// Folder of the documents, whose page speed.md gets the table, and whose folder images gets the plot and figures.
    #[arg(long, value_name = "FOLDER")]
    docs: Option<PathBuf>,
}

/// Measures the largest memory of campaigns with these numbers of runs.
#[derive(Debug, Args)]
struct MemoryArgs {
    /// Numbers of runs.
    #[arg(value_name = "RUNS", required = true)]
    runs: Vec<u64>,
    /// Folder of the documents, whose page speed.md gets the table, and whose folder images gets the plot and figures.
    #[arg(long, value_name = "FOLDER")]
    docs: Option<PathBuf>,
}

/// Measures what a million interleavings cost, what a second thread adds, and a merge of the parts of many machines.
#[derive(Debug, Args)]
struct FleetArgs {
    /// Runs of each scenario.
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    runs: u64,
    /// Parts to merge.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    parts: u64,
    /// Folder of the documents, whose page speed.md gets the table, and whose folder images gets the figures.
    #[arg(long, value_name = "FOLDER")]
    docs: Option<PathBuf>,
}

/// Counts the instructions of fixed work under valgrind's callgrind, and compares them with the baseline.
///
/// It exits with 5 if one grew by more than the tolerance, and lists the functions that grew most.
#[derive(Debug, Args)]
struct CountArgs {
    /// Work to count: burst, search, requests; all of it by default.
    #[arg(value_name = "WORK")]
    work: Vec<Workload>,
    /// Makes the counts the baseline. Do so when a change is worth its instructions, or saved some.
    #[arg(long)]
    accept: bool,
    /// File of the baseline.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json"))]
    #[arg(hide_default_value = true)]
    baseline: PathBuf,
    /// Growth in percent that is accepted, instead of the baseline's.
    #[arg(long, value_name = "PERCENT")]
    tolerance: Option<f64>,
}

/// Does the work that is counted.
#[derive(Debug, Args)]
struct WorkArgs {
    work: Workload,
    #[arg(long)]
    times: u64,
}

/// Serves one gateway for senders without tokens.
#[derive(Debug, Args)]
struct ReplicaArgs {
    #[arg(long)]
    config: PathBuf,
    #[arg(long)]
    kubeconfig: PathBuf,
}

impl Command {
    /// Executes the command, and returns its exit code.
    ///
    /// # Errors
    /// If something cannot be measured, read or written.
    pub fn execute(self) -> anyhow::Result<u8> {
        match self.verb {
            Verb::Table(args) => args.execute(),
            Verb::Scale(args) => args.execute(),
            Verb::Memory(args) => args.execute(),
            Verb::Fleet(args) => args.execute(),
            Verb::Count(args) => args.execute(),
            Verb::Work(WorkArgs { work, times }) => work.perform(times).map(|()| 0),
            Verb::Replica(ReplicaArgs { config, kubeconfig }) => {
                let protocol = crate::lockstep::shipped();
                scenarios::live::replica::serve(protocol, Senders::Any, &config, &kubeconfig).map(|()| 0)
            }
            Verb::Lockstep { words } => {
                let words = ["lockstep".to_owned()].into_iter().chain(words);
                scenarios::cli::Command::try_parse_from(words)?.execute().map(|outcome| outcome.0)
            }
        }
    }
}

fn own_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("this program does not know its own path")
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

impl TableArgs {
    fn execute(&self) -> anyhow::Result<u8> {
        let effort = if self.quick { Effort::QUICK } else { Effort::FULL };
        let binaries = Binaries::of_environment();
        if let Err(error) = &binaries {
            eprintln!("the real kube-apiserver is left out: {error}");
        }
        let table = table::measure(effort, &own_program()?, binaries.as_ref().ok())?;
        let text = table.markdown();
        print!("{text}");
        if let Some(file) = &self.json {
            write(file, &json(&table)?)?;
        }
        publish(self.docs.as_deref(), ("table", &text), &table, &table.plots())?;
        Ok(0)
    }
}

impl ScaleArgs {
    fn execute(&self) -> anyhow::Result<u8> {
        let curves: Vec<_> =
            Direction::ALL.iter().map(|direction| scale::measure(*direction, self.most)).collect::<Result<_, _>>()?;
        let text = scale::markdown(&curves);
        print!("{text}");
        publish(self.docs.as_deref(), ("scale", &text), &curves, &[("speed-scale.svg", scale::plot(&curves))])?;
        Ok(0)
    }
}

impl MemoryArgs {
    fn execute(&self) -> anyhow::Result<u8> {
        let peaks = memory::measure(&own_program()?, &self.runs)?;
        let text = memory::markdown(&peaks);
        print!("{text}");
        publish(self.docs.as_deref(), ("memory", &text), &peaks, &[("speed-memory.svg", memory::plot(&peaks))])?;
        Ok(0)
    }
}

impl FleetArgs {
    fn execute(&self) -> anyhow::Result<u8> {
        let extent = fleet::Extent { runs: self.runs, parts: self.parts };
        let fleet = fleet::measure(extent, &own_program()?)?;
        let text = fleet.markdown();
        print!("{text}");
        publish(self.docs.as_deref(), ("fleet", &text), &fleet, &[])?;
        Ok(0)
    }
}

fn json(figures: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(figures)? + "\n")
}

/// Writes a section of the page, its figures and its plots, if there is a folder for them.
fn publish(
    docs: Option<&Path>,
    (section, text): (&str, &str),
    figures: &impl Serialize,
    plots: &[(&'static str, String)],
) -> anyhow::Result<()> {
    let Some(docs) = docs else { return Ok(()) };
    let mut text = text.trim_end().to_owned();
    for (name, plot) in plots {
        write(&docs.join("images").join(name), plot)?;
        text += &format!("\n\n![{}](images/{name})", plot::title(plot));
    }
    write(&docs.join(format!("images/speed-{section}.json")), &json(figures)?)?;
    page::write_section(&docs.join("speed.md"), section, &text)
}

impl CountArgs {
    fn execute(&self) -> anyhow::Result<u8> {
        let program = own_program()?;
        let all = Workload::ALL.to_vec();
        let work = if self.work.is_empty() { &all } else { &self.work };
        let mut counted = Vec::new();
        for workload in work {
            eprintln!("counting {}", workload.name());
            counted.push((*workload, workload.count(&program)?));
        }
        let text = fs::read_to_string(&self.baseline);
        let known: Option<Baseline> = match &text {
            Ok(text) => Some(serde_json::from_str(text).context("the baseline is not one: renew it with --accept")?),
            Err(_) => None,
        };
        let default = known.as_ref().map_or(3.0, |known| known.tolerance_percent);
        let mut baseline = known.unwrap_or_else(|| Baseline::of(default, &[]));
        baseline.tolerance_percent = self.tolerance.unwrap_or(default);
        let compared: Vec<_> = counted.iter().map(|(workload, profile)| baseline.compare(*workload, profile)).collect();
        compared.iter().for_each(|comparison| println!("{}", comparison.text));
        if self.accept {
            baseline.workloads.extend(Baseline::of(default, &counted).workloads);
            write(&self.baseline, &json(&baseline)?)?;
            println!("these counts are the baseline now: commit {}", self.baseline.display());
            return Ok(0);
        }
        if let Err(error) = text {
            bail!("{}: {error}; make a baseline with --accept", self.baseline.display());
        }
        if compared.iter().all(|comparison| comparison.within) {
            return Ok(0);
        }
        println!("if that is worth it: `cargo run --release -p bench -- count --accept`, and commit the baseline");
        Ok(UNMET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Command::command().debug_assert();
    }
}
