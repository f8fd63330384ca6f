//! The DataStorage service over HTTP, with this pod's service account as the sender.
//!
//! Token and certificate authorities are files that Kubernetes replaces, so both are read again.
use super::transport::{Answer, Transport};
use crate::{config::Storage, watch_file::WatchedFile};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Uri, header};
use http_body_util::{BodyExt, Full};
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

const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// The way to the service.
pub struct HttpTransport {
    events: Uri,
    state: Mutex<State>,
}

type Connected = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

struct State {
    client: Connected,
    authorities: Option<WatchedFile>,
}

/// Why the service cannot be reached at all.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address is not a URL.
    #[error("datastorage.url: {0} is not a URL")]
    Url(String),
    /// The file of authorities cannot be read, or has none.
    #[error("server.tls.caFile: {path}: {reason}")]
    Authorities {
        /// The file.
        path: String,
        /// The reason.
        reason: String,
    },
}

impl HttpTransport {
    /// Connects when the first batch is sent.
    ///
    /// # Errors
    /// [`TransportError`] if the configuration cannot be used.
    pub fn new(storage: &Storage) -> Result<Self, TransportError> {
        let url = format!("{}/api/v1/audit/events/batch", storage.url.trim_end_matches('/'));
        let events = url.parse().map_err(|_| TransportError::Url(storage.url.clone()))?;
        let Some(path) = &storage.ca_file else {
            let state = State { client: connected(RootCertStore::empty()), authorities: None };
            return Ok(Self { events, state: Mutex::new(state) });
        };
        let failed = |reason: String| TransportError::Authorities { path: path.clone(), reason };
        let content = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let client = connected(authorities(&content).map_err(failed)?);
        let state = State { client, authorities: Some(WatchedFile::new(path.into(), content)) };
        Ok(Self { events, state: Mutex::new(state) })
    }

    /// The client, with the authorities as they are now.
    fn client(&self) -> Connected {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
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
    // A batch that was stored twice is two events: only the sender decides what is sent again.
    Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector)
}

impl Transport for HttpTransport {
    fn send(&self, batch: Bytes) -> BoxFuture<'_, Answer> {
        let mut request = Request::post(self.events.clone()).header(header::CONTENT_TYPE, "application/json");
        if let Ok(token) = std::fs::read_to_string(TOKEN) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.trim()));
        }
        let client = self.client();
        Box::pin(async move {
            let request = match request.body(Full::from(batch)) {
                Ok(request) => request,
                Err(error) => return Answer::Unreachable(error.to_string()),
            };
            match client.request(request).await {
                Ok(response) => {
                    let status = response.status().as_u16();
                    // Read to its end, so that the connection can be used again.
                    drop(response.into_body().collect().await);
                    Answer::of_status(status)
                }
                Err(error) => Answer::Unreachable(error.to_string()),
            }
        })
    }
}
