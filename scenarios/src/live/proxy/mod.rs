//! A proxy between one process of a gateway and its API server. It sees each call, and delivers faults.
//!
//! It listens on loopback without TLS, so that it can read what it forwards, and passes the gateway's token on. Every
//! start of a replica gets a proxy of its own: a call is thereby known to be of that process, and the version in the
//! answer to a write says which commit it made. Calls are forwarded by tasks of their own, so that a killed replica's
//! calls are executed all the same: that is the worst case, and the commit's writer stays known.
mod call;
mod faults;

pub use faults::{COLD_CACHE, Faults, PROXY_FAULTS};

use crate::live::{
    cluster::Api,
    history::{Client, Journal},
};
use call::Described;
use faults::{Answering, Forwarding};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use kube::client::Body;
use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Time after which a forwarded call is given up: longer than any caller waits.
const CALL_LIFE: Duration = Duration::from_secs(120);

type AnswerBody = UnsyncBoxBody<bytes::Bytes, hyper::Error>;

/// Closes the caller's connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without an answer")]
struct Closed;

/// A proxy that runs. Dropping it closes its socket; calls under way are still executed.
pub struct Proxy {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// State of all connections of a proxy.
struct Shared {
    api: Api,
    journal: Journal,
    by: Client,
    faults: Arc<Faults>,
}

impl Proxy {
    /// Starts a proxy for one process.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(api: Api, journal: Journal, by: Client, faults: Arc<Faults>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { api, journal, by, faults });
        Ok(Self { address, task: tokio::spawn(accept(listener, shared)) })
    }

    /// URL of the proxy, for a kubeconfig.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
            // A connection ends early when its replica is killed, or when a fault closes it.
            let _ = connection.await;
        });
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<AnswerBody>, Closed> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let described = Described::of(&parts, &body);
    let mut forwarded = Request::new(Body::from(body.to_vec()));
    *forwarded.method_mut() = parts.method;
    *forwarded.uri_mut() =
        parts.uri.path_and_query().map_or("/", |target| target.as_str()).parse().map_err(|_| Closed)?;
    *forwarded.headers_mut() = parts.headers;
    for name in [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING] {
        forwarded.headers_mut().remove(name);
    }
    if described.is_watch {
        described.record_watch(&shared.journal, shared.by);
        return watch(&shared, forwarded).await;
    }
    match shared.faults.forwarding(&described) {
        Forwarding::AsItIs => {}
        Forwarding::After(pause) => tokio::time::sleep(pause).await,
        Forwarding::Never => return Err(Closed),
        Forwarding::Instead(status) => return Ok(refusal(status)),
        Forwarding::Unheard(pause) => {
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                let faults = Arc::clone(&shared.faults);
                if let Some((status, _)) = call(shared, described, forwarded).await {
                    faults.executed_late(status);
                }
            });
            return Err(Closed);
        }
    }
    let faults = Arc::clone(&shared.faults);
    // Also executed when the caller is killed meanwhile.
    let (status, response) =
        tokio::spawn(call(shared, described.clone(), forwarded)).await.map_err(|_| Closed)?.ok_or(Closed)?;
    match faults.answering(&described, status) {
        Answering::AsItIs => Ok(response),
        Answering::After(pause) => {
            tokio::time::sleep(pause).await;
            Ok(response)
        }
        Answering::Never => Err(Closed),
    }
}

/// Executes a call, and records it.
async fn call(
    shared: Arc<Shared>,
    described: Described,
    request: Request<Body>,
) -> Option<(u16, Response<AnswerBody>)> {
    let from = shared.journal.now();
    let whole = async {
        let (parts, body) = shared.api.forward(request).await.ok()?.into_parts();
        Some((parts, body.collect().await.ok()?.to_bytes()))
    };
    let answer = tokio::time::timeout(CALL_LIFE, whole).await.ok().flatten();
    let answered = answer.as_ref().map(|(parts, body)| (parts.status.as_u16(), body));
    described.record(&shared.journal, shared.by, from, answered);
    let (mut parts, body) = answer?;
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.remove(header::CONNECTION);
    let status = parts.status.as_u16();
    Some((status, Response::from_parts(parts, whole_body(body))))
}

fn whole_body(bytes: bytes::Bytes) -> AnswerBody {
    http_body_util::Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// The answer of an API server that is overloaded or broken.
fn refusal(status: u16) -> Response<AnswerBody> {
    let (reason, message) = match status {
        429 => ("TooManyRequests", "too many requests, please try again later"),
        500 => ("InternalError", "an error on the server has prevented the request from succeeding"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        _ => ("Timeout", "the request timed out"),
    };
    let body = serde_json::json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": status,
    });
    let mut response = Response::new(whole_body(body.to_string().into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if status == 429 {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    }
    response
}

/// Forwards a watch: its events may be held back, and its stream cut.
async fn watch(shared: &Arc<Shared>, request: Request<Body>) -> Result<Response<AnswerBody>, Closed> {
    let (mut parts, body) = shared.api.forward(request).await.map_err(|_| Closed)?.into_parts();
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.remove(header::CONNECTION);
    let faults = Arc::clone(&shared.faults);
    if parts.status == StatusCode::GONE {
        faults.found_cold_cache();
    }
    let held = futures::stream::unfold((body, faults), |(mut body, faults)| async move {
        let frame = body.frame().await?.ok()?;
        let is_event = frame.is_data();
        if frame.data_ref().is_some_and(is_expired) {
            faults.found_cold_cache();
        }
        match faults.watch_event() {
            Answering::AsItIs => {}
            Answering::After(pause) if is_event => tokio::time::sleep(pause).await,
            Answering::After(_) => {}
            Answering::Never => return None,
        }
        Some((Ok::<_, hyper::Error>(frame), (body, faults)))
    });
    Ok(Response::from_parts(parts, http_body_util::StreamBody::new(held).boxed_unsync()))
}

/// Whether the first event of a frame says that the version to continue from is no longer known.
fn is_expired(frame: &bytes::Bytes) -> bool {
    let line = frame.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.starts_with(br#"{"type":"ERROR""#)
        && serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|event| event["object"]["code"] == 410)
}
