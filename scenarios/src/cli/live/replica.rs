//! The hidden verb that runs one replica: `lockstep live` starts it for protocols that production cannot link.
use crate::{
    cli::{outcome::Outcome, values},
    live::replica::{Senders, serve},
    protocol_name::ProtocolName,
};
use reports::exit_code;
use std::path::PathBuf;

/// Serves one replica of the gateway with a protocol by name, until SIGTERM.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  lockstep replica --protocol shipped-lease --config gw-0.yaml --kubeconfig gw-0.kubeconfig")]
pub(in crate::cli) struct Args {
    /// Protocol that handles the signals.
    #[arg(long, value_name = "NAME", value_parser = values::protocol(), hide_possible_values = true)]
    protocol: ProtocolName,
    /// Accepts signals of any sender, to measure what access control costs.
    #[arg(long)]
    any_sender: bool,
    /// Configuration of the gateway.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Kubeconfig of its cluster.
    #[arg(long, value_name = "FILE")]
    kubeconfig: PathBuf,
}

pub(in crate::cli) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let senders = if args.any_sender { Senders::Any } else { Senders::Authorised };
    serve(args.protocol, senders, &args.config, &args.kubeconfig)?;
    Ok(Outcome(exit_code::HELD))
}
