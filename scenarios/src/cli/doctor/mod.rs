//! `lockstep doctor`: what is installed, what each test suite needs, and how to install what is missing.
mod suites;
mod tools;

use super::{outcome::Outcome, print};
use crate::{
    catalogue::bursts::PAIR,
    protocol_name::ProtocolName,
    runner::{Overrides, Prepared, Subject, Transport},
};
use clap::ValueEnum;
use model::verdict::Verdict;
use reports::exit_code::{HELD, USAGE_OR_INTERNAL};
use sim::engine::{Choices, Detail, Random};
use std::fmt::Write;
use suites::SUITES;
use tools::Tool;

/// Checks what is installed, and what each test suite needs.
///
/// It exits with 0 if the main job, `lockstep run`, works here; missing tools only limit the tests.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep doctor
  lockstep doctor --format json")]
pub(super) struct Args {
    /// Format of the result.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "pretty")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people.
    Pretty,
    /// One JSON object.
    Json,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let main_job = main_job();
    let tools = tools::probe();
    match args.format {
        Format::Pretty => print::line(text(&main_job, &tools).trim_end())?,
        Format::Json => print::line(&serde_json::to_string_pretty(&json(&main_job, &tools))?)?,
    }
    Ok(Outcome(if main_job.is_ok() { HELD } else { USAGE_OR_INTERNAL }))
}

/// Makes one run of a small scenario: if it holds, `lockstep run` works here.
fn main_job() -> Result<(), String> {
    let subject = Subject::new(PAIR, ProtocolName::FencedLease, Transport::Direct, Overrides::default());
    let run = Prepared::new(subject, Detail::Chain).run(Choices::new(Random::new(1)), false);
    match run.map(|run| run.verdict) {
        Ok(Verdict::Held) => Ok(()),
        Ok(_) => Err("a run of `pair` did not hold".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn text(main_job: &Result<(), String>, tools: &[Tool]) -> String {
    let mut text = String::new();
    let _ = match main_job {
        Ok(()) => writeln!(text, "main job\n  ok       `lockstep run` works here"),
        Err(why) => writeln!(text, "main job\n  FAILED   {why}"),
    };
    let _ = writeln!(text, "\ntools");
    for Tool { name, purpose, install, found } in tools {
        let _ = match found {
            Some(version) => writeln!(text, "  ok       {name:14} {version}"),
            None => writeln!(text, "  missing  {name:14} {purpose}\n{:26}install: {install}", ""),
        };
    }
    let _ = writeln!(text, "\ntest suites");
    for suite in SUITES {
        let missing = suite.missing(tools);
        let _ = if missing.is_empty() {
            writeln!(text, "  ok       {:38} {}", suite.name, suite.command)
        } else {
            writeln!(text, "  limited  {:38} needs {}", suite.name, missing.join(", "))
        };
    }
    text
}

fn json(main_job: &Result<(), String>, tools: &[Tool]) -> serde_json::Value {
    let tool = |tool: &Tool| {
        serde_json::json!({
            "name": tool.name, "purpose": tool.purpose, "install": tool.install, "found": tool.found,
        })
    };
    let suite = |suite: &suites::Suite| {
        serde_json::json!({
            "name": suite.name, "command": suite.command, "needs": suite.needs, "missing": suite.missing(tools),
        })
    };
    serde_json::json!({
        "schema": reports::report::SCHEMA,
        "command": "doctor",
        "version": env!("CARGO_PKG_VERSION"),
        "main_job": { "ok": main_job.is_ok(), "problem": main_job.as_ref().err() },
        "tools": tools.iter().map(tool).collect::<Vec<_>>(),
        "suites": SUITES.iter().map(suite).collect::<Vec<_>>(),
    })
}
