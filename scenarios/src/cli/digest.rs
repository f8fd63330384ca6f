//! `lockstep digest`: the digest of a verification report, for the build of the gateway that it verified.
use super::{outcome::Outcome, print};
use anyhow::Context;
use reports::{digest::NotVerified, exit_code, json};
use std::path::PathBuf;

/// Prints the digest of a report that held, to be built into the gateway.
///
/// The digest covers what the report claims (scenarios, runs, invariants, faults, the identity of the code), and not
/// its times: the same runs of the same code have the same digest everywhere. A report that did not hold has none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep run --runs 1000 --seed 7 --report verification
  GATEWAY_VERIFICATION=$(lockstep digest verification/report.json) cargo build --profile dist -p gateway")]
pub(super) struct Args {
    /// The report, as JSON.
    #[arg(value_name = "REPORT.json")]
    report: PathBuf,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let path = args.report.display();
    let text = std::fs::read_to_string(&args.report).with_context(|| format!("cannot read {path}"))?;
    let report = json::parse(&text).with_context(|| format!("{path} is not a report of this version"))?;
    match reports::digest(&report) {
        Ok(digest) => {
            print::line(&digest)?;
            Ok(Outcome(exit_code::HELD))
        }
        Err(NotVerified(code)) => {
            print::note(&format!(
                "{path} verifies nothing: a build may name only a report that held, of a run that ended"
            ));
            Ok(Outcome(code))
        }
    }
}
