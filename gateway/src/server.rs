//! Serves a router on any listener: a socket, or a simulated network.
//!
//! `axum::serve` is not used: it sets no timer, so that a half-sent header would hold its connection for ever, and it
//! stamps every answer with the machine's clock. Connections are tasks of this future, so that dropping it ends them
//! all. Deliberately absent: HTTP/2 (Alertmanager's webhook uses HTTP/1.1 for plain-text servers) and TLS.
use axum::{Router, serve::Listener};
use futures::future::{Either, select};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{future::Future, io, pin::pin, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};

/// How long a client may take to send a request's header. A connection that is idle for this time ends, too.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How many connections may be open at the same time; more wait in the listener's backlog.
pub const CONNECTIONS_MAX: usize = 4096;
/// How long requests in flight may take after `shutdown` completed.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);

/// Listens on `host:port`. Without a host it listens on every address, IPv6 and IPv4 if the node has both.
pub async fn bind(address: &str) -> io::Result<TcpListener> {
    let every_address = address.starts_with(':');
    let host = if every_address { "[::]" } else { "" };
    let bound = match TcpListener::bind(format!("{host}{address}")).await {
        Err(_) if every_address => TcpListener::bind(format!("0.0.0.0{address}")).await,
        bound => bound,
    };
    bound.map_err(|error| io::Error::new(error.kind(), format!("{address} cannot be listened on: {error}")))
}

/// Serves `router` until `shutdown` completes. Then it accepts no more connections, and ends when every request in
/// flight is answered, at the latest after [`DRAIN_TIMEOUT`].
pub async fn serve<L: Listener>(mut listener: L, router: Router, shutdown: impl Future<Output = ()>) {
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT).auto_date_header(false);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let io = match select(&mut shutdown, pin!(next(&mut listener, &mut connections))).await {
            Either::Left(_) => break,
            Either::Right((io, _)) => io,
        };
        let connection = graceful.watch(http.serve_connection(TokioIo::new(io), service.clone()));
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests were still in flight at the end of the drain");
    }
}

/// The next connection, accepted when fewer than [`CONNECTIONS_MAX`] are open.
async fn next<L: Listener>(listener: &mut L, connections: &mut JoinSet<()>) -> L::Io {
    while connections.try_join_next().is_some() {}
    while connections.len() >= CONNECTIONS_MAX {
        connections.join_next().await;
    }
    listener.accept().await.0
}
