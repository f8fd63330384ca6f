//! One gateway as a process.
use anyhow::Context;
use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use scenarios::{
    live::{
        ports,
        process::{Launch, Process},
    },
    objects::NAMESPACE,
};
use std::path::Path;

/// A gateway's process and its addresses.
pub(super) struct Replica {
    _process: Process,
    url: String,
    probe: http::Uri,
}

impl Replica {
    /// Starts the process; its files are beside the kubeconfig.
    pub(super) fn start(index: usize, program: &Path, kubeconfig: &Path) -> anyhow::Result<Self> {
        let free = ports::free(2).context("no free ports")?;
        let (name, directory) = (format!("gateway-{index}"), kubeconfig.parent().context("no folder")?);
        let config = directory.join(format!("{name}.yaml"));
        let (signals, probes) = (format!("127.0.0.1:{}", free[0]), format!("127.0.0.1:{}", free[1]));
        let text = format!("server: {{listenAddr: \"{signals}\", healthAddr: \"{probes}\"}}\n");
        std::fs::write(&config, text).context("cannot write a configuration")?;
        let path = |path: &Path| path.display().to_string();
        let arguments =
            ["replica".to_owned(), "--config".to_owned(), path(&config), "--kubeconfig".to_owned(), path(kubeconfig)];
        let environment = [
            ("POD_NAME", name.clone()),
            ("POD_NAMESPACE", NAMESPACE.to_owned()),
            ("KUBERNAUT_CONTROLLER_NAMESPACE", NAMESPACE.to_owned()),
        ];
        let (arguments, environment) = (&arguments[..], &environment[..]);
        let launch = Launch { program, arguments, environment, directory, name: &name, keeps_directory: true };
        let probe = format!("http://{probes}/readyz").parse()?;
        Ok(Self { _process: launch.start()?, url: format!("http://{signals}"), probe })
    }

    /// URL that takes signals.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn is_ready(&self) -> bool {
        let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        client.get(self.probe.clone()).await.is_ok_and(|answer| answer.status().is_success())
    }
}
