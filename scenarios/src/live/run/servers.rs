//! API servers of a run, and the settings of its replicas.
use super::plan::{Cluster, Local, Plan, Subject};
use crate::live::{
    LiveError,
    cluster::{Account, Accounts, Api, Token},
    control_plane::{ADMIN_TOKEN, Binaries, ControlPlane, ControlPlaneError, Options},
    credentials::ServingCertificate,
    faults::{Plane, write_token},
    fleet::Settings,
    history::Journal,
    proxy::Faults,
};
use std::sync::{Arc, Mutex};

/// Connections to the API servers of a run.
pub(super) struct Servers {
    /// For lockstep itself.
    pub(super) api: Api,
    /// For local gateways, by way of their proxies: without credentials.
    pub(super) of_gateways: Option<Api>,
    plane: Option<Plane>,
}

impl Servers {
    /// Connects; starts the control plane if the run has one of its own.
    pub(super) async fn of(subject: &Subject) -> Result<Self, LiveError> {
        let kubeconfig = match subject {
            Subject::Running { kubeconfig, .. } => kubeconfig,
            Subject::Local(Local { cluster: Cluster::Running(kubeconfig), directory, .. }) => {
                let file = directory.join("cluster.kubeconfig");
                let of_gateways = Api::connect_without_credentials(kubeconfig, &file).await?;
                return Ok(Self { api: Api::connect(kubeconfig).await?, of_gateways: Some(of_gateways), plane: None });
            }
            Subject::Local(Local { cluster: Cluster::Own(binaries), .. }) => return Self::start(binaries).await,
        };
        Ok(Self { api: Api::connect(kubeconfig).await?, of_gateways: None, plane: None })
    }

    async fn start(binaries: &Binaries) -> Result<Self, LiveError> {
        let options = Options { observer: true, ..Options::default() };
        let plane = tokio::task::block_in_place(|| ControlPlane::start(binaries, &options))?;
        let connect = async |server: usize, token: &str| {
            let path = plane.directory().join(format!("kubeconfig-{server}"));
            let text = plane.kubeconfig(server, token);
            std::fs::write(&path, text).map_err(|source| ControlPlaneError::Prepare { path: path.clone(), source })?;
            Ok::<_, LiveError>(Api::connect(&path).await?)
        };
        let (of_gateways, api) = (connect(0, "").await?, connect(plane.servers() - 1, ADMIN_TOKEN).await?);
        Ok(Self { api, of_gateways: Some(of_gateways), plane: Some(Arc::new(Mutex::new(plane))) })
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
    /// Settings of the replicas: a certificate is issued, and a token is written for them.
    pub(super) async fn settings(
        &self,
        plan: &Plan,
        journal: &Journal,
        (api, accounts): (&Api, &Accounts),
        faults: &Arc<Faults>,
    ) -> Result<(Settings, Token), LiveError> {
        let files = |source| LiveError::Files { path: self.directory.clone(), source };
        std::fs::create_dir_all(&self.directory).map_err(files)?;
        // A relative path in a kubeconfig would begin at the kubeconfig's own directory.
        let directory = std::path::absolute(&self.directory).map_err(files)?;
        let certificate = ServingCertificate::issue(directory.join("tls")).map_err(files)?;
        accounts.create_gateway(&self.program.protocol).await?;
        let (token, file) = (accounts.token(Account::Gateway).await?, directory.join("gateway.token"));
        write_token(&file, &token).map_err(files)?;
        let settings = Settings {
            program: self.program.clone(),
            namespace: Arc::clone(&plan.namespace),
            directory,
            certificate: Arc::new(certificate),
            token: file,
            api: api.clone(),
            faults: Arc::clone(faults),
            journal: journal.clone(),
        };
        Ok((settings, token))
    }
}

/// The faults of a run's proxies, switched off.
pub(super) fn proxy_faults(plan: &Plan, journal: &Journal) -> Arc<Faults> {
    Arc::new(Faults::new(plan.faults.of_proxies(), plan.extent.seed, journal.clone()))
}
