//! The command line: its verbs, and the module that executes each.
//!
//! A verb is a module with `Args` and `execute`. What several verbs share has a module of its own: `options`,
//! `values`, `campaign_report`, `extent`, `part`, `failures`, `folder`, `output`, `with_progress`, `signals`.
#![deny(clippy::print_stdout, clippy::print_stderr)]
mod by_strategy;
mod campaign_report;
mod certificate;
mod compare;
mod completions;
mod confidence;
mod corpus;
mod coverage;
mod determinism;
mod digest;
mod doctor;
mod exhaust;
mod explain;
mod export;
mod extent;
mod failures;
mod fidelity;
mod folder;
mod latency;
mod list;
mod live;
mod man;
mod merge;
mod mutants;
mod options;
mod outcome;
mod output;
mod paint;
mod part;
mod print;
mod program;
mod progress;
mod replay;
mod run;
mod score;
mod serve;
mod shard;
mod shrink;
mod signals;
mod smallest;
mod tokens;
mod usage;
mod values;
mod width;
mod with_progress;

use clap::{CommandFactory, Parser, Subcommand};
pub use outcome::Outcome;
pub use print::note;
pub use signals::survive_file_size_limit;
pub use usage::explained;

/// Deterministic simulation and verification of Kubernetes services that must act exactly once.
#[derive(Debug, Parser)]
#[command(
    name = "lockstep",
    version,
    max_term_width = 120,
    after_help = "\
Exit codes:
  0  held
  1  usage or internal error
  2  a safety invariant was violated
  3  a liveness invariant was violated
  4  not deterministic: a run did not repeat itself
  5  a requirement was not met: a mutant survived, or a required fault or check never occurred
  6  inconclusive: the search did not finish, it was stopped, or a check could not be decided
  7  the gateway panicked

Examples:
  lockstep run                                           the whole catalogue, for at most 45 s
  lockstep run pair --protocol none                      a protocol with a known race
  lockstep replay lockstep-report/pair-none-one_active_request.replay"
)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(run::Args),
    Exhaust(exhaust::Args),
    #[command(alias = "bugs")]
    Mutants(mutants::Args),
    Coverage(coverage::Args),
    Replay(replay::Args),
    Shrink(shrink::Args),
    Explain(explain::Args),
    Corpus(corpus::Args),
    Export(export::Args),
    Merge(merge::Args),
    Compare(compare::Args),
    List(list::Args),
    Determinism(determinism::Args),
    Digest(digest::Args),
    Serve(serve::Args),
    Fidelity(fidelity::Args),
    Live(Box<live::Args>),
    Latency(latency::Args),
    #[command(hide = true)]
    Replica(live::replica::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Executes the verb.
    ///
    /// # Errors
    /// If the verb cannot be executed, for example because a file cannot be read or written.
    pub fn execute(self) -> anyhow::Result<Outcome> {
        match self.verb {
            Verb::Run(args) => run::execute(&args),
            Verb::Exhaust(args) => exhaust::execute(&args),
            Verb::Mutants(args) => mutants::execute(&args),
            Verb::Coverage(args) => coverage::execute(&args),
            Verb::Replay(args) => replay::execute(&args),
            Verb::Shrink(args) => shrink::execute(&args),
            Verb::Explain(args) => explain::execute(&args),
            Verb::Corpus(args) => corpus::execute(&args),
            Verb::Export(args) => export::execute(&args),
            Verb::Merge(args) => merge::execute(&args),
            Verb::Compare(args) => compare::execute(&args),
            Verb::List(args) => list::execute(&args),
            Verb::Determinism(args) => determinism::execute(&args),
            Verb::Digest(args) => digest::execute(&args),
            Verb::Serve(args) => serve::execute(&args),
            Verb::Fidelity(args) => fidelity::execute(&args),
            Verb::Live(args) => live::execute(&args),
            Verb::Latency(args) => latency::execute(&args),
            Verb::Replica(args) => live::replica::execute(&args),
            Verb::Doctor(args) => doctor::execute(&args),
            Verb::Completions(args) => completions::execute(&args, Self::command()),
            Verb::Man(args) => man::execute(&args, Self::command()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Command::command().debug_assert();
    }

    #[test]
    fn every_verb_shows_an_example() {
        for verb in Command::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("lockstep {}", verb.get_name());
            assert!(help.contains(&example), "{} has no example", verb.get_name());
        }
    }

    #[test]
    fn a_typo_is_answered_with_the_closest_name() {
        for (words, close) in [
            ("run brst", "'burst'"),
            ("run --protocol shiped-lease", "'shipped-lease'"),
            ("run --faults hostil", "'hostile'"),
            ("run --transport netwrk", "'network'"),
            ("run --strategy randm", "'random'"),
            ("exhaust pear", "'pair'"),
            ("mutants no-mrk", "'no-mark'"),
            ("mutant", "'mutants'"),
        ] {
            let typed = ["lockstep"].into_iter().chain(words.split(' '));
            let error = Command::try_parse_from(typed).expect_err("a typo").to_string();
            assert!(error.contains(close), "{words}: {error}");
        }
    }

    #[test]
    fn the_former_name_of_mutants_still_works() {
        assert!(Command::try_parse_from(["lockstep", "bugs", "no-mark"]).is_ok());
        assert!(!Command::command().render_long_help().to_string().contains("bugs"));
    }

    #[test]
    fn completions_know_every_scenario() {
        let mut script = Vec::new();
        clap_complete::generate(clap_complete::Shell::Bash, &mut Command::command(), "lockstep", &mut script);
        let script = String::from_utf8(script).expect("a script");
        for name in ["holder-crash", "shipped-lease", "no-mark", "hostile", "network"] {
            assert!(script.contains(name), "{name}");
        }
    }
}
