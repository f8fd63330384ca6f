//! The listening server: accepts connections, and shuts down gracefully.
use crate::{
    certificates::Certificates,
    compaction, connection, controllers,
    shared::{self, Shared},
};
use apiserver::ApiServer;
use hyper_util::server::graceful::GracefulShutdown;
use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};

/// Time for requests in flight to finish after the shutdown began.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Reason why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is in use, not one of this machine, or not permitted.
    #[error("cannot listen on {address}: {why}; choose another address, or port 0 for any free one")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// Underlying I/O error.
        why: io::Error,
    },
    /// The service `kubernetes` cannot be created.
    #[error("cannot create the service kubernetes: {message}; the registry needs services")]
    Announce {
        /// Refusal of the API server.
        message: String,
    },
    /// The certificate cannot be created.
    #[error("cannot create a certificate for {address}: {message}")]
    Certificate {
        /// The address in the certificate.
        address: SocketAddr,
        /// Error of the TLS library.
        message: String,
    },
}

/// A listening API server.
#[derive(Debug)]
pub struct Server {
    shared: Shared,
    listener: TcpListener,
    address: SocketAddr,
    certificates: Certificates,
    compaction_interval: Option<Duration>,
}

impl Server {
    /// Listens on an address, with a new certificate for it. Requests are answered once [`Self::run`] is called; the
    /// controllers run too if they are switched on.
    ///
    /// # Errors
    /// If the server cannot listen on the address.
    pub async fn bind(mut api: ApiServer, address: SocketAddr) -> Result<Self, ServeError> {
        let listen = |why| ServeError::Listen { address, why };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let bound = listener.local_addr().map_err(listen)?;
        let certificates = Certificates::new(bound.ip())
            .map_err(|error| ServeError::Certificate { address: bound, message: error.to_string() })?;
        api.set_auto_advance(true);
        api.provide_namespace_contents(certificates.authority());
        api.announce(bound, shared::now()).map_err(|error| ServeError::Announce { message: error.to_string() })?;
        Ok(Self { shared: Shared::new(api), listener, address: bound, certificates, compaction_interval: None })
    }

    /// Compacts the store at this interval, as kube-apiserver's `--etcd-compaction-interval`: a version can be read for
    /// one to two intervals after the next write. A store is not compacted otherwise, nor by an interval of zero.
    #[must_use]
    pub fn compact_every(self, interval: Duration) -> Self {
        Self { compaction_interval: Some(interval).filter(|interval| !interval.is_zero()), ..self }
    }

    /// The address, with the actual port if 0 was requested.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's URL on this machine, with TLS.
    pub fn url(&self) -> String {
        let host = match self.address.ip() {
            ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        format!("https://{}", SocketAddr::new(host, self.address.port()))
    }

    /// The certificate authority that clients must trust, in PEM.
    pub fn certificate_authority(&self) -> &str {
        self.certificates.authority()
    }

    /// Answers requests until `shutdown` completes; then ends watches and finishes requests in flight, for five seconds
    /// at most. Dropping the future closes every connection at once.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { shared, listener, certificates, compaction_interval, .. } = self;
        let acceptor = certificates.acceptor();
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        if shared.has_controllers() {
            connections.spawn(controllers::run(shared.clone()));
        }
        if let Some(interval) = compaction_interval {
            connections.spawn(compaction::run(shared.clone(), interval));
        }
        let mut shutdown = pin!(shutdown);
        loop {
            while connections.try_join_next().is_some() {}
            let next = pin!(listener.accept());
            let stream = match futures::future::select(&mut shutdown, next).await {
                futures::future::Either::Left(_) => break,
                futures::future::Either::Right((Ok((stream, _)), _)) => stream,
                // Out of file descriptors, or the client aborted: existing connections are not affected.
                futures::future::Either::Right((Err(_), _)) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            let (shared, acceptor, watcher) = (shared.clone(), acceptor.clone(), graceful.watcher());
            // Errors of a connection concern only its client.
            connections.spawn(async move { _ = connection::serve(shared, acceptor, stream, watcher).await });
        }
        drop(listener);
        shared.end_watches();
        _ = tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await;
    }
}
