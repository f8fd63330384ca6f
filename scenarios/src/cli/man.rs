//! `lockstep man`: manual pages.
use super::{outcome::Outcome, print};
use anyhow::Context;
use std::path::PathBuf;

/// Prints the manual page, or writes a page per verb to a directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep man | man -l -
  lockstep man --out /usr/local/share/man/man1")]
pub(super) struct Args {
    /// Directory for lockstep.1 and a page per verb.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn execute(args: &Args, command: clap::Command) -> anyhow::Result<Outcome> {
    match &args.out {
        Some(directory) => {
            std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
            clap_mangen::generate_to(command, directory)
                .with_context(|| format!("cannot write to {}", directory.display()))?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).context("cannot render the manual page")?;
            print::bytes(&page)?;
        }
    }
    Ok(Outcome(reports::exit_code::HELD))
}
