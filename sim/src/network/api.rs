//! The hosts `api-N`: an API server behind HTTP.
use super::{caches, headers, shared::Shared};
use crate::service::{BrokenConnection, CallResult, wire};
use apiserver::{ServerId, status};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;
use turmoil::net::TcpListener;

/// Port of every API server.
pub(super) const PORT: u16 = 80;

/// Name of an API server's host.
pub(super) fn name(server: ServerId) -> String {
    format!("api-{}", server.0)
}

/// Serves the API until the run ends.
pub(super) async fn run(shared: Shared, server: ServerId) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    tokio::spawn(caches::follow(shared.clone(), server));
    let mut http = http1::Builder::new();
    // No Date header: it would show the machine's clock. No timer: idle connections must not break by themselves.
    http.auto_date_header(false);
    loop {
        let (stream, _) = listener.accept().await?;
        let shared = shared.clone();
        let service = service_fn(move |request| answer(shared.clone(), server, request));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        // A connection that ends early concerns its client only.
        tokio::spawn(async move { _ = connection.await });
    }
}

/// An error ends the connection without an answer.
async fn answer(shared: Shared, server: ServerId, request: http::Request<Incoming>) -> CallResult {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| BrokenConnection)?.to_bytes();
    let Some(call) = headers::received(server, parts, body) else {
        return wire(status::unauthorized().answer()).0;
    };
    let (caller, answer) = oneshot::channel();
    tokio::spawn(shared.handle(call, caller));
    answer.await.unwrap_or(Err(BrokenConnection))
}
