//! The burst on a real API server: etcd and kube-apiserver, and three processes of the gateway, all on this machine.
//!
//! The gateways are those of a simulated run: the application that production serves, for senders without tokens. No
//! proxy stands between them and the API server.
mod replica;

use crate::{
    meter,
    work::{self, Done, Work},
};
use anyhow::{Context, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use http::{Method, Request, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use replica::Replica;
use scenarios::{
    live::{
        cluster::Api,
        control_plane::{ADMIN_TOKEN, Binaries, ControlPlane, Options},
    },
    objects::requests_path,
    workload::Payload,
};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::runtime::Runtime;

const REPLICAS: usize = 3;
const SIGNALS: usize = 15;
/// Bursts that one cluster has Deployments for.
const BURSTS: u16 = 64;
const POLL: Duration = Duration::from_millis(20);
/// Longest time until a definition is served and a gateway is ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A control plane with three gateways. Dropping it ends the processes.
pub struct Cluster {
    // Gateways end before their control plane.
    replicas: Vec<Replica>,
    api: Api,
    runtime: Runtime,
    kubeconfig: PathBuf,
    _plane: ControlPlane,
}

impl Cluster {
    /// Starts everything; `program` is this command's own program, which becomes the gateways.
    ///
    /// # Errors
    /// If a process does not start, or the API server refuses what a burst needs.
    pub fn start(binaries: &Binaries, program: &Path) -> anyhow::Result<Self> {
        let plane = ControlPlane::start(binaries, &Options::default())?;
        let kubeconfig = plane.directory().join("kubeconfig");
        std::fs::write(&kubeconfig, plane.kubeconfig(0, ADMIN_TOKEN)).context("cannot write a kubeconfig")?;
        let runtime = Runtime::new().context("cannot start a runtime")?;
        let api = runtime.block_on(Api::connect(&kubeconfig))?;
        runtime.block_on(furnish(&api))?;
        let start = |index| Replica::start(index, program, &kubeconfig);
        let replicas = (0..REPLICAS).map(start).collect::<anyhow::Result<Vec<_>>>()?;
        let cluster = Self { replicas, api, runtime, kubeconfig, _plane: plane };
        let ready = async {
            for replica in &cluster.replicas {
                while !replica.is_ready().await {
                    tokio::time::sleep(POLL).await;
                }
            }
        };
        let in_time = cluster.runtime.block_on(async { tokio::time::timeout(PATIENCE, ready).await });
        in_time.with_context(|| format!("the gateways were not ready within {PATIENCE:?}"))?;
        Ok(cluster)
    }

    /// A kubeconfig of the API server.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// One burst on a fingerprint of its own, and the time from the first request to the last answer.
    ///
    /// # Errors
    /// If a signal was not answered.
    pub fn burst(&self, number: u64) -> anyhow::Result<(Done, Duration)> {
        let number = u16::try_from(number)?;
        ensure!(number < BURSTS, "a cluster has Deployments for {BURSTS} bursts");
        let alert = Payload::Distinct(number);
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let (answers, took) = self.runtime.block_on(async {
            let began = meter::now();
            let deliver = |signal: usize| deliver(&client, self.replicas[signal % REPLICAS].url(), alert);
            let answers = try_join_all((0..SIGNALS).map(deliver)).await?;
            Ok::<_, anyhow::Error>((answers, meter::now() - began))
        })?;
        let accepted = answers.iter().filter(|accepted| **accepted).count();
        let list = self.runtime.block_on(self.api.get(&requests_path()))?;
        let fingerprint = &*alert.alerts()[0].fingerprint;
        let of_this = |request: &&Value| request["spec"]["signalFingerprint"] == *fingerprint;
        let requests: Vec<&Value> = list["items"].as_array().into_iter().flatten().filter(of_this).collect();
        let work = Work::of(accepted, &requests);
        ensure!(work == Work::BURST, "a burst on the real API server left {work:?}");
        Ok((Done { work, api_calls: 0, simulated: Duration::ZERO }, took))
    }
}

/// Whether one delivery was accepted.
async fn deliver(client: &Client<HttpConnector, Full<Bytes>>, url: &str, alert: Payload) -> anyhow::Result<bool> {
    let request = Request::post(format!("{url}{}", alert.path())).header(CONTENT_TYPE, "application/json");
    let answer = client.request(request.body(Full::new(alert.body(jiff::Timestamp::UNIX_EPOCH)))?).await?;
    let accepted = answer.status().is_success();
    answer.into_body().collect().await?;
    Ok(accepted)
}

/// Creates the definition, the namespaces and the Deployments.
async fn furnish(api: &Api) -> anyhow::Result<()> {
    let definition = serde_json::to_value(gateway::api::crd())?;
    define(api, &definition).await?;
    let (namespaces, deployments): (Vec<_>, Vec<_>) =
        work::fixtures().into_iter().partition(|object| object["kind"] == "Namespace");
    for namespace in &namespaces {
        api.demand(Method::POST, "/api/v1/namespaces", Some(namespace)).await?;
    }
    for number in 0..BURSTS {
        let mut deployment = Payload::Distinct(number).objects().remove(0);
        deployment["metadata"]["labels"] = deployments[0]["metadata"]["labels"].clone();
        api.demand(Method::POST, "/apis/apps/v1/namespaces/payments/deployments", Some(&deployment)).await?;
    }
    Ok(())
}

/// Creates a definition, and waits until its resource is served.
async fn define(api: &Api, definition: &Value) -> anyhow::Result<()> {
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    api.demand(Method::POST, path, Some(definition)).await?;
    let served = async {
        while !api.call(Method::GET, &requests_path(), None).await.is_ok_and(|answer| answer.status == 200) {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, served).await.context("RemediationRequests are not served")?;
    // A resource is listed before it can be written (k8s.io/apiextensions-apiserver, the establishing controller).
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok(())
}
