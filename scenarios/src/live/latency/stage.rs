//! The stage of a measurement: etcd, one kube-apiserver, and what gateways and senders need in it.
use super::{
    delivery::Sender,
    floor::{self, Floor},
    part::Request,
};
use crate::live::{
    LiveError,
    cluster::{
        Account, Accounts, Api,
        fixtures::{Fixtures, Place},
    },
    control_plane::{ADMIN_TOKEN, ControlPlane, Options},
};
use futures::future::BoxFuture;
use http::{HeaderValue, StatusCode};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, Ordering::Relaxed},
    },
};

/// Namespace of the Deployments that alerts are about.
const TARGETS: &str = "latency-targets";

/// The servers, and what is in them. The servers end with it.
pub(super) struct Stage<'a> {
    pub(super) request: &'a Request,
    pub(super) api: Api,
    fixtures: Fixtures,
    plane: Arc<Mutex<ControlPlane>>,
    directory: tempfile::TempDir,
    next_app: AtomicU16,
    progress: &'a (dyn Fn(&str) + Sync),
}

impl<'a> Stage<'a> {
    pub(super) async fn set(request: &'a Request, progress: &'a (dyn Fn(&str) + Sync)) -> Result<Self, LiveError> {
        let directory = tempfile::Builder::new()
            .prefix("latency-")
            .tempdir()
            .map_err(|source| LiveError::Files { path: std::env::temp_dir(), source })?;
        let plane = tokio::task::block_in_place(|| ControlPlane::start(&request.binaries, &Options::default()))?;
        let kubeconfig = directory.path().join("admin.kubeconfig");
        write(&kubeconfig, &plane.kubeconfig(0, ADMIN_TOKEN))?;
        let api = Api::connect(&kubeconfig).await?;
        let place = Place {
            namespace: floor::NAMESPACE.into(),
            allowed: false,
            targets: TARGETS.into(),
            deployments: 0,
            local: true,
        };
        let fixtures = Fixtures::create(&api, place).await?;
        let plane = Arc::new(Mutex::new(plane));
        Ok(Self { request, api, fixtures, plane, directory, next_app: AtomicU16::new(0), progress })
    }

    pub(super) fn say(&self, what: &str) {
        (self.progress)(what);
    }

    pub(super) fn plane(&self) -> MutexGuard<'_, ControlPlane> {
        self.plane.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kubeconfig for a token, as a file.
    pub(super) fn kubeconfig(&self, name: &str, token: &str) -> Result<PathBuf, LiveError> {
        let path = self.directory.path().join(format!("{name}.kubeconfig"));
        write(&path, &self.plane().kubeconfig(0, token))?;
        Ok(path)
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn targets(&self) -> Arc<str> {
        TARGETS.into()
    }

    /// A namespace with the accounts of gateways and senders.
    pub(super) async fn namespace(&self, name: &str, protocol: &str) -> Result<Accounts, LiveError> {
        self.fixtures.namespace(name, false).await?;
        let accounts = Accounts::new(self.api.clone(), name.into());
        accounts.create_gateway(protocol).await?;
        accounts.create_sender().await?;
        Ok(accounts)
    }

    /// So many new Deployments: the number of the first.
    pub(super) async fn apps(&self, count: usize) -> Result<u16, LiveError> {
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        let first = self.next_app.fetch_add(count, Relaxed);
        let Some(end) = first.checked_add(count) else {
            return Err(LiveError::Unusable("there are more fingerprints than one run can have".to_owned()));
        };
        self.fixtures.deployments(first..end).await?;
        Ok(first)
    }

    /// Bare writes like those that a gateway has made in a namespace.
    pub(super) async fn floor(&self, namespace: &str) -> Result<Floor, LiveError> {
        let client = self.plane().client(0, ADMIN_TOKEN);
        Floor::like(&self.api, namespace, client).await
    }

    /// The header of a new token of a sender.
    pub(super) async fn sender_token(accounts: &Accounts) -> Result<HeaderValue, LiveError> {
        let token = accounts.token(Account::Sender).await?;
        HeaderValue::try_from(format!("Bearer {}", token.text))
            .map_err(|_| LiveError::Unusable("the API server's token is not a header's value".to_owned()))
    }
}

/// Delivers an alert about the Deployment of each number; whether it was answered as expected: 201 for a new signal,
/// 202 for a duplicate.
pub(super) fn deliver<A: Fn(usize) -> u16 + Clone + Send + 'static>(
    sender: &Sender,
    token: &HeaderValue,
    expected: StatusCode,
    app: A,
) -> impl Fn(usize) -> BoxFuture<'static, bool> + Clone + Send + use<A> + 'static {
    let (sender, token) = (sender.clone(), token.clone());
    move |number| {
        let (sender, token, app) = (sender.clone(), token.clone(), app(number));
        Box::pin(async move { sender.deliver(app, &token).await == Some(expected) })
    }
}

fn write(path: &Path, text: &str) -> Result<(), LiveError> {
    std::fs::write(path, text).map_err(|source| LiveError::Files { path: path.to_owned(), source })
}
