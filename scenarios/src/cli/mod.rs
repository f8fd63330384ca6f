//! The command line: what the user typed, and which verb does it.
mod determinism;
mod exhaust;
mod fidelity;
mod list;
mod mutants;
mod output;
mod progress;
mod replay;
mod run;
mod serve;
mod shard;
mod tokens;

use clap::{Parser, Subcommand, ValueEnum};

/// The process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome(pub u8);

/// Deterministic simulation and verification of Kubernetes services that must act exactly once.
///
/// Exit codes: 0 held · 1 usage or internal error · 2 safety violated · 3 liveness violated · 4 not deterministic ·
/// 5 a planted bug was not caught, or a required fault or invariant never came into play · 6 inconclusive · 7 the gateway panicked.
#[derive(Debug, Parser)]
#[command(name = "lockstep", version, max_term_width = 120)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(run::Args),
    Exhaust(exhaust::Args),
    Bugs(mutants::Args),
    Replay(replay::Args),
    List(list::Args),
    Determinism(determinism::Args),
    Serve(serve::Args),
    Fidelity(fidelity::Args),
}

/// How a report is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Pretty,
    /// The report's schema.
    Json,
    /// For CI servers.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
}

impl Command {
    /// Does what was asked.
    ///
    /// # Errors
    /// Anything that keeps the verb from being done: wrong names, files that cannot be read or written.
    pub fn execute(self) -> anyhow::Result<Outcome> {
        match self.verb {
            Verb::Run(args) => run::execute(args),
            Verb::Exhaust(args) => exhaust::execute(&args),
            Verb::Bugs(args) => mutants::execute(&args),
            Verb::Replay(args) => replay::execute(args),
            Verb::List(args) => list::execute(&args),
            Verb::Determinism(args) => determinism::execute(&args),
            Verb::Serve(args) => serve::execute(&args),
            Verb::Fidelity(args) => fidelity::execute(&args),
        }
    }
}
