//! `lockstep completions`: completion scripts for shells.
use super::{outcome::Outcome, print};
use clap_complete::Shell;

/// Prints a completion script for a shell: verbs, options and every name.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep completions bash > ~/.local/share/bash-completion/completions/lockstep
  lockstep completions zsh > ~/.zfunc/_lockstep
  lockstep completions fish > ~/.config/fish/completions/lockstep.fish")]
pub(super) struct Args {
    /// Shell to complete in.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn execute(args: &Args, mut command: clap::Command) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "lockstep", &mut script);
    print::bytes(&script)?;
    Ok(Outcome(reports::exit_code::HELD))
}
