//! What the user typed and what the pod's environment says; nothing derived.
use crate::config::Identity;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Where Kubernetes tells a pod its namespace.
const SERVICE_ACCOUNT_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Kubernaut's signal gateway: Alertmanager webhooks and Kubernetes events in, one RemediationRequest per fault out.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = "Example: gateway --config config.yaml")]
pub struct Args {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The configuration, as YAML.
    #[arg(long, value_name = "FILE", default_value = "/etc/gateway/config.yaml")]
    pub config: PathBuf,
    /// The cluster to use; without it, the one that KUBECONFIG names or that this pod runs in.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// This pod's name.
    #[arg(long, env = "POD_NAME", default_value = "", hide_default_value = true)]
    pub pod_name: String,
    /// This pod's namespace: where Leases are.
    #[arg(long, env = "POD_NAMESPACE", default_value = "kubernaut-system")]
    pub pod_namespace: String,
    /// Where RemediationRequests are; without it, the service account's namespace.
    #[arg(long, env = "KUBERNAUT_CONTROLLER_NAMESPACE", default_value = "", hide_default_value = true)]
    pub controller_namespace: String,
}

/// What the program does besides serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Print the CustomResourceDefinition as YAML.
    Crd,
}

impl Args {
    /// Who this gateway is. What is missing is empty, for [`Config`](crate::config::Config) to refuse.
    pub fn identity(&self) -> Identity {
        let namespace = if self.controller_namespace.is_empty() {
            std::fs::read_to_string(SERVICE_ACCOUNT_NAMESPACE).unwrap_or_default().trim().to_owned()
        } else {
            self.controller_namespace.clone()
        };
        Identity { pod: self.pod_name.clone(), lock_namespace: self.pod_namespace.clone(), namespace }
    }
}
