//! The connection to a real cluster.
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use std::{fmt, path::Path};

/// A client of the cluster that a kubeconfig names.
///
/// # Errors
/// A sentence when the file cannot be used.
pub(crate) async fn client(kubeconfig: &Path, namespace: &str) -> Result<Client, String> {
    let sentence = |error: &dyn fmt::Display| format!("{}: {error}", kubeconfig.display());
    let read = Kubeconfig::read_from(kubeconfig).map_err(|error| sentence(&error))?;
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
    let mut config = config.map_err(|error| sentence(&error))?;
    config.default_namespace = namespace.to_owned();
    Client::try_from(config).map_err(|error| sentence(&error))
}
