//! A second service that must act exactly once: an orchestrator that runs one workflow at a time on each target.
//!
//! `cargo run --release -p lockstep-sim --example orchestrator -- --help` says what can be run. A test compares the
//! figures with docs/orchestrator.md, which has the protocol and the argument.
mod campaign;
mod controller;
mod document;
mod invariants;
mod live;
mod mutants;
mod observed;
mod scenario;
mod simulation;
mod tally;
mod workload;

use campaign::{Budget, Campaign};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Runs of each scenario that docs/orchestrator.md reports.
const RUNS: u64 = 40;
/// Runs within which each mutant must be caught.
const SEARCHED: u64 = 400;

/// Searches the interleavings of a small orchestrator, as it ships and with its mistakes.
#[derive(Debug, Parser)]
#[command(
    name = "orchestrator",
    after_help = "Examples:\n  orchestrator                          every scenario and every mutant\n  \
                  orchestrator --only pauses --runs 2000\n  \
                  orchestrator --only lease-is-the-fence\n  \
                  orchestrator --write-doc docs/orchestrator.md\n  \
                  orchestrator live --kubeconfig ~/.kube/config\n\n\
                  Exit codes: 0 everything is as it must be; 1 a scenario does not hold, a mutant is not caught, or a \
                  required fault never took effect; 2 wrong arguments, a cluster that cannot be used, or a live run \
                  that is inconclusive."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Real>,
    /// Only the scenarios and mutants whose name has this part.
    #[arg(long, value_name = "PART", default_value = "")]
    only: String,
    /// Runs of each scenario, and of each mutant's control.
    #[arg(long, value_name = "N", default_value_t = RUNS, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Print the names of the scenarios and mutants.
    #[arg(long)]
    list: bool,
    /// Write the document to this file.
    #[arg(long, value_name = "FILE")]
    write_doc: Option<PathBuf>,
}

/// What runs on a real cluster.
#[derive(Debug, Subcommand)]
enum Real {
    /// Run processes of the orchestrator on a real cluster, kill and pause them, and judge what they do. It makes a
    /// namespace of its own and installs the two kinds; nothing else is written.
    #[command(after_help = "Example:\n  orchestrator live --kubeconfig ~/.kube/config --targets 4 --remediations 60 \
                      --disturb-every 2")]
    Live(live::Size),
    /// Be one process of the orchestrator.
    Serve(live::Process),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(real) = &arguments.command {
        return on_a_cluster(real);
    }
    if arguments.list {
        list();
        return ExitCode::SUCCESS;
    }
    let budget = Budget { held: arguments.runs, searched: SEARCHED };
    let campaign = campaign::run(budget, &arguments.only, |name| eprintln!("{name} …"));
    let mut wrong = campaign.wrong.clone();
    wrong.extend(report(&arguments, &campaign).err());
    for why in &wrong {
        eprintln!("{why}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn on_a_cluster(real: &Real) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done = runtime.block_on(async {
        match real {
            Real::Serve(process) => live::serve(process).await.map(|()| true),
            Real::Live(size) => live::run(size).await.map(|report| {
                print!("{report}");
                report.violations.is_empty()
            }),
        }
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn list() {
    for scenario in scenario::SCENARIOS {
        println!("{:26} {}", scenario.name, scenario.story);
    }
    for mutant in mutants::MUTANTS {
        println!("{:26} {}", mutant.name, mutant.about);
    }
}

/// Prints the figures, or writes the document if all is as it must be.
fn report(arguments: &Arguments, campaign: &Campaign) -> Result<(), String> {
    match &arguments.write_doc {
        None => print!("{}", document::figures(campaign)?),
        Some(path) if campaign.wrong.is_empty() => std::fs::write(path, document::document(campaign)?)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?,
        Some(path) => return Err(format!("{} is not written", path.display())),
    }
    Ok(())
}

#[test]
fn every_mutant_is_caught_and_the_document_is_current() {
    let campaign = campaign::run(Budget { held: RUNS, searched: SEARCHED }, "", |_| {});
    assert!(campaign.wrong.is_empty(), "{}", campaign.wrong.join("\n"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/orchestrator.md");
    let fresh = document::document(&campaign).expect("a story that repeats");
    let stored = std::fs::read_to_string(path).expect("docs/orchestrator.md");
    assert!(fresh == stored, "docs/orchestrator.md is stale: {}", document::COMMAND);
}
