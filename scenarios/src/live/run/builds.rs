//! Builds of the gateways of a run, as their metrics say: the digest of the report that verified each.
use crate::live::fleet::Replica;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{sync::Arc, time::Duration};

const TIMEOUT: Duration = Duration::from_secs(2);

/// The build of one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Name or URL of the gateway.
    pub gateway: String,
    /// Digest of its verification report, or `unverified`; `None` if its metrics do not say.
    pub verification: Option<String>,
}

/// Builds of local replicas.
pub(super) async fn of_replicas(replicas: &[Arc<Replica>]) -> Vec<Build> {
    let mut builds = Vec::new();
    for replica in replicas {
        builds.push(Build { gateway: replica.name(), verification: ask(&replica.metrics_url()).await });
    }
    builds
}

/// Builds of gateways whose metrics are at these URLs.
pub(super) async fn of(urls: &[String]) -> Vec<Build> {
    let mut builds = Vec::new();
    for url in urls {
        builds.push(Build { gateway: url.clone(), verification: ask(url).await });
    }
    builds
}

async fn ask(url: &str) -> Option<String> {
    let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let whole = async {
        let answer = client.get(url.parse().ok()?).await.ok()?;
        Some(answer.into_body().collect().await.ok()?.to_bytes())
    };
    let body = tokio::time::timeout(TIMEOUT, whole).await.ok().flatten()?;
    verification(&String::from_utf8_lossy(&body)).map(str::to_owned)
}

/// The label `verification` of the build's metric.
fn verification(metrics: &str) -> Option<&str> {
    let line = metrics.lines().find(|line| line.split('{').next().is_some_and(|name| name.ends_with("build_info")))?;
    line.split_once("verification=\"")?.1.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_of_the_build_is_found() {
        let metrics = gateway::metrics::Metrics::new().encode();
        assert_eq!(verification(&metrics), Some(gateway::provenance::VERIFICATION), "{metrics}");
        assert_eq!(verification("# HELP x_build_info a verification=\"b\"\nx 1\n"), None);
    }
}
