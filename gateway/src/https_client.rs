//! A client of services outside of Kubernetes, over plain HTTP or over TLS with authorities from a file.
//!
//! Kubernetes replaces the file, so it is read again.
use crate::watch_file::WatchedFile;
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::sync::{Mutex, PoisonError};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// A client with the authorities of one moment.
pub(crate) type Connected = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client whose authorities follow their file.
pub(crate) struct HttpsClient(Mutex<State>);

struct State {
    client: Connected,
    authorities: Option<WatchedFile>,
}

/// The file of authorities cannot be read, or has none.
#[derive(Debug, thiserror::Error)]
#[error("server.tls.caFile: {path}: {reason}")]
pub struct AuthoritiesError {
    /// The file.
    path: String,
    /// The reason.
    reason: String,
}

impl HttpsClient {
    /// A client that trusts the authorities in `ca_file`, if there is one. It connects with its first request.
    pub(crate) fn new(ca_file: Option<&str>) -> Result<Self, AuthoritiesError> {
        let Some(path) = ca_file else {
            let state = State { client: connected(RootCertStore::empty()), authorities: None };
            return Ok(Self(Mutex::new(state)));
        };
        let failed = |reason: String| AuthoritiesError { path: path.to_owned(), reason };
        let content = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let client = connected(authorities(&content).map_err(failed)?);
        Ok(Self(Mutex::new(State { client, authorities: Some(WatchedFile::new(path.into(), content)) })))
    }

    /// The client, with the authorities as they are now.
    pub(crate) fn current(&self) -> Connected {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(changed) = state.authorities.as_mut().and_then(WatchedFile::changed) {
            match changed.map_err(|error| error.to_string()).and_then(|content| authorities(&content)) {
                Ok(roots) => state.client = connected(roots),
                Err(reason) => {
                    tracing::error!(reason, "the changed certificate authorities cannot be used: the old ones stay");
                }
            }
        }
        state.client.clone()
    }
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() { Err("it has no certificate".to_owned()) } else { Ok(roots) }
}

fn connected(roots: RootCertStore) -> Connected {
    let config = ClientConfig::builder_with_provider(ring::default_provider().into());
    let config = config.with_safe_default_protocol_versions().expect("ring speaks the default versions");
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
    // What was sent twice may be stored twice: only the sender decides what is sent again.
    Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector)
}
