//! A relay between a real Alertmanager and the gateways: it records each notification, forwards it, and returns the
//! gateway's answer, or closes the connection where there is none.
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use scenarios::{live::workload::sender::Sender, workload::payload::fingerprint};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Notifications of the Alertmanagers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relayed {
    /// Notifications that were accepted.
    pub(crate) accepted: u32,
    /// Notifications of resolved alerts.
    pub(crate) resolved: u32,
    /// Notifications without an answer, or answered 5xx.
    pub(crate) failed: u32,
    /// Names of the peers, by the path that each POSTs to.
    pub(crate) peers: BTreeSet<String>,
}

/// A relay that runs. Dropping it ends it.
pub(crate) struct Relay {
    address: SocketAddr,
    task: JoinHandle<()>,
}

#[derive(Debug, thiserror::Error)]
#[error("no gateway answered")]
struct Unanswered;

impl Relay {
    pub(crate) async fn start(sender: Sender, namespace: &'static str, seen: Arc<Mutex<Relayed>>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else { continue };
                let (sender, seen) = (sender.clone(), Arc::clone(&seen));
                let service = service_fn(move |request| relay(sender.clone(), namespace, Arc::clone(&seen), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        Ok(Self { address, task })
    }

    /// URL of the relay; each peer appends its name.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(
    sender: Sender,
    namespace: &'static str,
    seen: Arc<Mutex<Relayed>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Unanswered> {
    let peer = request.uri().path().trim_matches('/').to_owned();
    let body = request.into_body().collect().await.map_err(|_| Unanswered)?.to_bytes();
    let notification: Value = serde_json::from_slice(&body).map_err(|_| Unanswered)?;
    let alerts = notification["alerts"].as_array().cloned().unwrap_or_default();
    let alerts: Vec<_> = alerts.iter().map(|alert| expected(namespace, alert)).collect();
    let answer = sender.relay(body, &alerts).await;
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.peers.insert(peer);
    match answer {
        Some(answer) => {
            seen.accepted += u32::from(answer.status().is_success());
            seen.failed += u32::from(answer.status().is_server_error());
            seen.resolved += u32::from(notification["status"] == "resolved");
            Ok(answer.map(Full::new))
        }
        None => {
            seen.failed += 1;
            Err(Unanswered)
        }
    }
}

/// The fingerprint of an alert, computed without the gateway's code, and whether it is resolved.
fn expected(namespace: &str, alert: &Value) -> (Arc<str>, bool) {
    let deployment = alert["labels"]["deployment"].as_str().unwrap_or_default();
    (fingerprint(&format!("{namespace}:Deployment:{deployment}")), alert["status"] == "resolved")
}
