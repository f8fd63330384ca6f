//! A server for clients: the simulated one on a socket, or the real one, with the same users and the same kinds.
use apiserver::{ApiServer, Registry, TokenTable};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, Config,
    api::{Patch, PatchParams},
    config::{KubeConfigOptions, Kubeconfig},
    runtime::{conditions, wait::await_condition},
};
use serve::Server;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
};
use tempfile::TempDir;
use tests::real_server::{ADMIN_TOKEN, RealServer, USER_TOKEN};

const TOKENS: &str = "conf-admin-token,admin,admin-uid,\"system:masters\"\nconf-user-token,conf-user,conf-user-uid\n";

/// Address of a server for clients. The server ends with this, or with the test process.
#[derive(Debug)]
pub(crate) struct Endpoint {
    url: String,
    files: TempDir,
    /// Dropping it stops the simulated server.
    _running: Option<tokio::sync::oneshot::Sender<()>>,
}

fn definition() -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/crd.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the corpus has a definition")).expect("it is JSON")
}

impl Endpoint {
    /// The simulated server, on a port and in a thread of its own.
    #[expect(clippy::disallowed_methods, reason = "clients block, and run in real time; this is not part of a run")]
    pub(crate) fn simulated() -> Self {
        let (announce, announced) = mpsc::channel();
        let (running, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let registry = Registry::builtin().with_crd(&definition()).expect("the definition is served");
                let mut api = ApiServer::new(Arc::new(registry), 1, 11);
                let tokens = TokenTable::parse(TOKENS).expect("a token file");
                api.set_tokens(tokens, jiff::Timestamp::now()).expect("roles");
                let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let server = Server::bind(api, any).await.expect("a free port");
                announce.send((server.url(), server.certificate_authority().to_owned())).expect("the test waits");
                server.run(async { drop(stopped.await) }).await;
            });
        });
        let (url, authority) = announced.recv().expect("the server starts");
        Self::new(url, &authority, Some(running))
    }

    /// The real server, with the definition that the simulated one has from the beginning.
    pub(crate) async fn real() -> Self {
        let plane = RealServer::shared();
        let endpoint = Self::new(plane.url(0), &plane.authority().expect("it runs"), None);
        let api: Api<CustomResourceDefinition> = Api::all(endpoint.client().await);
        let definition = definition();
        let name = definition["metadata"]["name"].as_str().expect("a name").to_owned();
        let mine = PatchParams::apply("clients").force();
        api.patch(&name, &mine, &Patch::Apply(&definition)).await.expect("the definition is accepted");
        await_condition(api, &name, conditions::is_crd_established()).await.expect("it is established");
        endpoint
    }

    fn new(url: String, authority: &str, running: Option<tokio::sync::oneshot::Sender<()>>) -> Self {
        let endpoint = Self { url, files: TempDir::new().expect("a directory"), _running: running };
        std::fs::write(endpoint.files.path().join("ca.crt"), authority).expect("a file");
        std::fs::write(endpoint.kubeconfig(), endpoint.configuration("default")).expect("a file");
        endpoint
    }

    /// `https://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The kubeconfig of an administrator; its user `conf-user` may do nothing yet.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.files.path().join("kubeconfig")
    }

    /// A kubeconfig with another namespace; and a home, so that no client's cache outlives its server.
    pub(crate) fn within(&self, namespace: &str) -> (PathBuf, PathBuf) {
        let home = self.files.path().join(namespace);
        std::fs::create_dir_all(&home).expect("a directory");
        let config = home.join("kubeconfig");
        std::fs::write(&config, self.configuration(namespace)).expect("a file");
        (config, home)
    }

    fn configuration(&self, namespace: &str) -> String {
        let (url, authority) = (&self.url, self.files.path().join("ca.crt"));
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
             clusters: [{{name: here, cluster: {{server: \"{url}\", certificate-authority: \"{}\"}}}}]\n\
             users: [{{name: admin, user: {{token: {ADMIN_TOKEN}}}}}, \
             {{name: conf-user, user: {{token: {USER_TOKEN}}}}}]\n\
             contexts: [{{name: here, context: {{cluster: here, user: admin, namespace: {namespace}}}}}]\n",
            authority.display()
        )
    }

    /// kube-rs' client of it.
    pub(crate) async fn client(&self) -> Client {
        let config = Kubeconfig::read_from(self.kubeconfig()).expect("a kubeconfig");
        let config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.expect("a context");
        Client::try_from(config).expect("a client")
    }
}
