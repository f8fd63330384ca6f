//! API servers of a run, and the settings of its replicas.
use super::plan::{Cluster, Local, Plan, RunError, Subject};
use crate::live::{
    cluster::Api,
    control_plane::{ADMIN_TOKEN, Binaries, ControlPlane, ControlPlaneError, Options},
    faults::Plane,
    fleet::Settings,
    history::Journal,
    proxy::Faults,
};
use std::sync::{Arc, Mutex};

/// Connections to the API servers of a run.
pub(super) struct Servers {
    /// For lockstep itself.
    pub(super) api: Api,
    /// For the gateways, by way of their proxies.
    pub(super) of_gateways: Api,
    plane: Option<Plane>,
}

impl Servers {
    /// Connects; starts the control plane if the run has one of its own.
    pub(super) async fn of(subject: &Subject) -> Result<Self, RunError> {
        let kubeconfig = match subject {
            Subject::Running { kubeconfig, .. } => kubeconfig,
            Subject::Local(Local { cluster: Cluster::Running(kubeconfig), .. }) => kubeconfig,
            Subject::Local(Local { cluster: Cluster::Own(binaries), .. }) => return Self::start(binaries).await,
        };
        let api = Api::connect(kubeconfig).await?;
        Ok(Self { of_gateways: Api::connect(kubeconfig).await?, api, plane: None })
    }

    async fn start(binaries: &Binaries) -> Result<Self, RunError> {
        let options = Options { observer: true, ..Options::default() };
        let plane = tokio::task::block_in_place(|| ControlPlane::start(binaries, &options))?;
        let mut connections = Vec::new();
        for server in 0..plane.servers() {
            let path = plane.directory().join(format!("kubeconfig-{server}"));
            let text = plane.kubeconfig(server, ADMIN_TOKEN);
            std::fs::write(&path, text).map_err(|source| ControlPlaneError::Prepare { path: path.clone(), source })?;
            connections.push(Api::connect(&path).await?);
        }
        let [of_gateways, api] = <[Api; 2]>::try_from(connections).unwrap_or_else(|_| unreachable!("two servers"));
        Ok(Self { api, of_gateways, plane: Some(Arc::new(Mutex::new(plane))) })
    }

    /// The control plane that the run started.
    pub(super) fn plane(&self) -> Option<Plane> {
        self.plane.clone()
    }

    /// Whether the cluster ends with the run.
    pub(super) fn is_own(&self) -> bool {
        self.plane.is_some()
    }
}

impl Local {
    pub(super) fn settings(&self, plan: &Plan, journal: &Journal, api: &Api, faults: &Arc<Faults>) -> Settings {
        Settings {
            program: self.program.clone(),
            namespace: Arc::clone(&plan.namespace),
            directory: self.directory.clone(),
            api: api.clone(),
            faults: Arc::clone(faults),
            journal: journal.clone(),
        }
    }
}

/// The faults of a run's proxies, switched off.
pub(super) fn proxy_faults(plan: &Plan, journal: &Journal) -> Arc<Faults> {
    Arc::new(Faults::new(plan.faults.of_proxies(), plan.extent.seed, journal.clone()))
}
