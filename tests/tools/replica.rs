//! One replica of the gateway as a process of its own, for tests that kill it: the application that production serves,
//! with a protocol by name, for senders without tokens.
use clap::Parser;
use scenarios::live::replica::Senders;
use std::path::PathBuf;

/// Serves one replica, with POD_NAME, POD_NAMESPACE and KUBERNAUT_CONTROLLER_NAMESPACE from the environment.
#[derive(Debug, Parser)]
struct Args {
    /// Name of the protocol.
    #[arg(long)]
    protocol: String,
    /// Configuration of the gateway.
    #[arg(long)]
    config: PathBuf,
    /// Kubeconfig of its cluster.
    #[arg(long)]
    kubeconfig: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let Args { protocol, config, kubeconfig } = Args::parse();
    let protocol = protocol.parse().map_err(anyhow::Error::msg)?;
    scenarios::live::replica::serve(protocol, Senders::Any, &config, &kubeconfig)
}
