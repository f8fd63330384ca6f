//! The simulated API server on a real socket: for kubectl, for clients in any language, for a look by hand.
//!
//! The same [`ApiServer`] that a run has, behind one lock, with the machine's clock as its time: requests commit one after the
//! other, and watches hear of a commit at once. Each connection is told from its first byte: TLS, as kubectl wants it before it
//! sends a token, with HTTP/2 for clients that ask for it, or plain HTTP/1.1. Real time and randomness are in this module and
//! nowhere else in the crate.
//!
//! Deliberately absent: GOAWAY to spread clients over servers; cutting off slow watchers, whose place in the log is kept for as
//! long as they take; storage that outlives the process.
use apiserver::ApiServer;
use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

mod answer;
mod client;
mod controllers;
mod etcd;
mod kubeconfig;
mod shared;
mod tls;
mod watch;

pub use client::{Remote, RemoteError, RemoteStream, Trust};
pub use kubeconfig::kubeconfig;
use shared::Shared;
pub use tls::{CertificateError, Certificates};

/// How long a client may take for its first byte and for a request's header; also ends connections idle for as long.
const HEADER_TIMEOUT: Duration = Duration::from_secs(90);
/// How long requests in flight may take after the shutdown began.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How many requests one connection carries at once (k8s.io/apiserver/pkg/server/secure_serving.go).
const STREAMS: u32 = 100;
/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, not of this machine, or not permitted.
    #[error("cannot listen on {address}: {why}; choose another address, or port 0 for any free one")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        why: io::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate for {address}: {message}")]
    Certificate {
        /// What it was for.
        address: SocketAddr,
        /// What the TLS library said.
        message: String,
    },
}

/// An API server that listens.
#[derive(Debug)]
pub struct Server {
    shared: Shared,
    listener: TcpListener,
    address: SocketAddr,
    certificates: Certificates,
}

impl Server {
    /// Listens on an address, with a certificate made for it. Nothing is answered until [`Self::run`]. Controllers that are switched on
    /// work while it runs.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn bind(mut api: ApiServer, address: SocketAddr) -> Result<Self, ServeError> {
        let listen = |why| ServeError::Listen { address, why };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let bound = listener.local_addr().map_err(listen)?;
        let certificates = Certificates::new(bound.ip())
            .map_err(|error| ServeError::Certificate { address: bound, message: error.to_string() })?;
        api.set_auto_advance(true);
        Ok(Self { shared: Shared::new(api), listener, address: bound, certificates })
    }

    /// Where it listens: the port is known even if any was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL from this machine, with TLS.
    pub fn url(&self) -> String {
        let host = match self.address.ip() {
            ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        format!("https://{}", SocketAddr::new(host, self.address.port()))
    }

    /// The certificate that clients must trust, in PEM.
    pub fn certificate_authority(&self) -> &str {
        self.certificates.authority()
    }

    /// Answers requests until `shutdown` completes; then watches end and requests in flight are answered, for five seconds at
    /// most. Dropping the future ends every connection at once.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { shared, listener, certificates, .. } = self;
        let acceptor = certificates.acceptor();
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        if shared.has_controllers() {
            connections.spawn(controllers::work(shared.clone()));
        }
        let mut shutdown = pin!(shutdown);
        loop {
            while connections.try_join_next().is_some() {}
            let next = pin!(listener.accept());
            let stream = match futures::future::select(&mut shutdown, next).await {
                futures::future::Either::Left(_) => break,
                futures::future::Either::Right((Ok((stream, _)), _)) => stream,
                // Out of descriptors, or a client that gave up: what is open goes on.
                futures::future::Either::Right((Err(_), _)) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            let (shared, acceptor, watcher) = (shared.clone(), acceptor.clone(), graceful.watcher());
            // A connection that ends early is its client's affair.
            connections.spawn(async move { _ = connection(shared, acceptor, stream, watcher).await });
        }
        drop(listener);
        shared.end_watches();
        _ = tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await;
    }
}

type Watcher = hyper_util::server::graceful::Watcher;

async fn connection(shared: Shared, acceptor: TlsAcceptor, stream: TcpStream, watcher: Watcher) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut first = [0];
    tokio::time::timeout(HEADER_TIMEOUT, stream.peek(&mut first)).await??;
    if first[0] == HANDSHAKE {
        let stream = tokio::time::timeout(HEADER_TIMEOUT, acceptor.accept(stream)).await??;
        if stream.get_ref().1.alpn_protocol() == Some(tls::HTTP_2) {
            serve_streams(shared, stream, watcher).await;
        } else {
            serve(shared, stream, watcher).await;
        }
    } else {
        serve(shared, stream, watcher).await;
    }
    Ok(())
}

async fn serve(shared: Shared, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let service = service_fn(move |request| answer::answer(shared.clone(), request));
    _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
}

async fn serve_streams(shared: Shared, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new()).keep_alive_interval(HEADER_TIMEOUT).max_concurrent_streams(STREAMS);
    let service = service_fn(move |request| answer::answer(shared.clone(), request));
    _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
}
