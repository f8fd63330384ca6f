//! Follows a replica's readiness, as a load balancer does.
use super::replica::Replica;
use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_millis(150);
/// Time after which a replica that does not answer is not ready: it may be paused.
const TIMEOUT: Duration = Duration::from_millis(800);

/// Asks for ever.
pub(super) async fn follow(replica: Arc<Replica>) {
    // Without idle connections: each probe meets the process that runs now.
    let client: Client<HttpConnector, Empty<Bytes>> =
        Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let Ok(uri) = replica.probe_url().parse::<http::Uri>() else { return };
    loop {
        let asked = replica.incarnation();
        let answer = tokio::time::timeout(TIMEOUT, client.get(uri.clone())).await;
        let ready = answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success()));
        replica.observed(asked, ready);
        tokio::time::sleep(EVERY).await;
    }
}
