//! A sender as Alertmanager is: connections that stay open, a bearer token, one alert per delivery.
use crate::live::workload::notification::{Notification, PATH};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

/// Time after which a request has failed.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Begin of every alert.
const SINCE: &str = "2026-01-01T00:00:00Z";

/// Sends alerts to gateways in turn. Clones share connections.
#[derive(Clone)]
pub(super) struct Sender {
    http: Client<HttpConnector, Full<Bytes>>,
    urls: Arc<[String]>,
    turn: Arc<AtomicUsize>,
    targets: Arc<str>,
}

impl Sender {
    /// To these gateways, with alerts about the Deployments of a namespace.
    pub(super) fn new(urls: &[String], targets: Arc<str>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Self { http, urls: urls.into(), turn: Arc::default(), targets }
    }

    /// Delivers an alert about a Deployment; the status of the answer, or `None` without one.
    pub(super) async fn deliver(&self, app: u16, token: &HeaderValue) -> Option<StatusCode> {
        let body = Notification::firing(app).body(&self.targets, SINCE);
        let url = &self.urls[self.turn.fetch_add(1, Relaxed) % self.urls.len()];
        let request = Request::post(format!("{url}{PATH}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, token)
            .body(Full::new(body))
            .ok()?;
        let whole = async {
            let answer = self.http.request(request).await.ok()?;
            let status = answer.status();
            answer.into_body().collect().await.ok()?;
            Some(status)
        };
        tokio::time::timeout(TIMEOUT, whole).await.ok().flatten()
    }
}
