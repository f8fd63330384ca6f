//! Serves a router on any listener: a socket, with TLS or without, or a simulated network.
//!
//! `axum::serve` is not used: it sets no timer, so that a half-sent header would hold its connection for ever, and it
//! stamps every answer with the machine's clock. Connections are tasks of this future, so that dropping it ends them
//! all. Deliberately absent: HTTP/2 (Alertmanager's webhook client does not need it).
use crate::layers::client::Peer;
use axum::{Router, extract::Request, serve::Listener};
use futures::future::{Either, select};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use std::{future::Future, io, pin::pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinSet,
};

/// How long a client may take to send a request's header, and to agree on encryption. A connection that is idle for
/// this time ends, too.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest header of a request, in bytes. Together with the number of connections it bounds what clients that send
/// no request can take up.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;
/// How many connections may be open at the same time; more wait in the listener's backlog.
pub const CONNECTIONS_MAX: usize = 4096;
/// How long requests in flight may take after `shutdown` completed.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(22);

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
pub async fn serve<L: Listener>(listener: L, router: Router, shutdown: impl Future<Output = ()>) {
    let http = Http::new(router);
    serve_each(listener, shutdown, |io, _, watcher| {
        let http = http.clone();
        async move { http.serve(io, None, watcher).await }
    })
    .await;
}

/// The same on a socket, with the client's address among the request's extensions.
pub async fn serve_tcp(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let http = Http::new(router);
    serve_each(listener, shutdown, |io, peer, watcher| {
        let http = http.clone();
        async move { http.serve(io, Some(Peer(peer.ip())), watcher).await }
    })
    .await;
}

/// The same over TLS. A client that does not speak it is disconnected.
#[cfg(feature = "bin")]
pub async fn serve_tls(
    listener: TcpListener,
    tls: std::sync::Arc<tokio_rustls::rustls::ServerConfig>,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let (http, acceptor) = (Http::new(router), tokio_rustls::TlsAcceptor::from(tls));
    serve_each(listener, shutdown, |io, peer, watcher| {
        let (http, accepted) = (http.clone(), acceptor.accept(io));
        async move {
            match tokio::time::timeout(HEADER_READ_TIMEOUT, accepted).await {
                Ok(Ok(io)) => http.serve(io, Some(Peer(peer.ip())), watcher).await,
                Ok(Err(error)) => tracing::debug!(%error, client = %peer, "TLS was not agreed on"),
                Err(_) => tracing::debug!(client = %peer, "TLS was not agreed on in time"),
            }
        }
    })
    .await;
}

/// Accepts connections, each served by a task of its own, which `connection` gives.
async fn serve_each<L, F>(
    mut listener: L,
    shutdown: impl Future<Output = ()>,
    connection: impl Fn(L::Io, L::Addr, Watcher) -> F,
) where
    L: Listener,
    F: Future<Output = ()> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (io, peer) = match select(&mut shutdown, pin!(next(&mut listener, &mut connections))).await {
            Either::Left(_) => break,
            Either::Right((accepted, _)) => accepted,
        };
        connections.spawn(connection(io, peer, graceful.watcher()));
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests were still in flight at the end of the drain");
    }
}

/// The next connection, accepted when fewer than [`CONNECTIONS_MAX`] are open.
async fn next<L: Listener>(listener: &mut L, connections: &mut JoinSet<()>) -> (L::Io, L::Addr) {
    while connections.try_join_next().is_some() {}
    while connections.len() >= CONNECTIONS_MAX {
        connections.join_next().await;
    }
    listener.accept().await
}

/// The protocol and the service of every connection.
#[derive(Clone)]
struct Http {
    builder: http1::Builder,
    service: TowerToHyperService<Router>,
}

impl Http {
    fn new(router: Router) -> Self {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT).auto_date_header(false);
        builder.max_buf_size(HEADER_BYTES_MAX);
        Self { builder, service: TowerToHyperService::new(router) }
    }

    async fn serve<I>(self, io: I, peer: Option<Peer>, watcher: Watcher)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|mut request: Request<Incoming>| {
            if let Some(peer) = peer {
                request.extensions_mut().insert(peer);
            }
            self.service.call(request)
        });
        if let Err(error) = watcher.watch(self.builder.serve_connection(TokioIo::new(io), service)).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
