//! The command line and the pod's environment, as given.
use crate::{
    config::{Environment, Identity},
    provenance,
};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// The file in which Kubernetes gives a pod its namespace.
const SERVICE_ACCOUNT_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Kubernaut's signal gateway: Alertmanager webhooks and Kubernetes events in, one RemediationRequest per fault out.
#[derive(Debug, Parser)]
#[command(version = provenance::version(), args_conflicts_with_subcommands = true)]
#[command(after_help = "Example: gateway --config config.yaml")]
pub struct Args {
    /// Command to run instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Path of the configuration, as YAML.
    #[arg(long, value_name = "FILE", default_value = "/etc/gateway/config.yaml")]
    pub config: PathBuf,
    /// Path of a kubeconfig; without it, the cluster that KUBECONFIG names or that this pod runs in.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Name of this pod.
    #[arg(long, env = "POD_NAME", default_value = "", hide_default_value = true)]
    pub pod_name: String,
    /// Namespace of this pod, and of the Leases.
    #[arg(long, env = "POD_NAMESPACE", default_value = "kubernaut-system")]
    pub pod_namespace: String,
    /// Namespace of the RemediationRequests; without it, the service account's namespace.
    #[arg(long, env = "KUBERNAUT_CONTROLLER_NAMESPACE", default_value = "", hide_default_value = true)]
    pub controller_namespace: String,
}

/// A command other than serving.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Print the CustomResourceDefinition as YAML.
    Crd,
    /// Check a configuration: print every mistake in it, and the keys that have no effect.
    CheckConfig {
        /// Path of the configuration, as YAML.
        file: PathBuf,
    },
}

impl Args {
    /// The environment of this gateway. A missing part of the identity is empty, and
    /// [`Config`](crate::config::Config) refuses it.
    pub fn environment(&self) -> Environment {
        let namespace = if self.controller_namespace.is_empty() {
            std::fs::read_to_string(SERVICE_ACCOUNT_NAMESPACE).unwrap_or_default().trim().to_owned()
        } else {
            self.controller_namespace.clone()
        };
        let identity = Identity { pod: self.pod_name.clone(), lock_namespace: self.pod_namespace.clone(), namespace };
        let environment = Environment::of(identity).with_variables(|name| std::env::var(name).ok());
        let checks = matches!(self.command, Some(Command::CheckConfig { .. }));
        Environment { identity_required: !checks, ..environment }
    }
}
