//! The DataStorage service over HTTP, with this pod's service account as the sender.
//!
//! Kubernetes replaces the file of the token, so it is read again.
use super::transport::{Answer, Transport};
use crate::{
    config::Storage,
    https_client::{AuthoritiesError, HttpsClient},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Uri, header};
use http_body_util::{BodyExt, Full};

const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// The way to the service.
pub struct HttpTransport {
    events: Uri,
    client: HttpsClient,
}

/// Why the service cannot be reached at all.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address is not a URL.
    #[error("datastorage.url: {0} is not a URL")]
    Url(String),
    /// The file of authorities cannot be read, or has none.
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
}

impl HttpTransport {
    /// Connects when the first batch is sent.
    ///
    /// # Errors
    /// [`TransportError`] if the configuration cannot be used.
    pub fn new(storage: &Storage) -> Result<Self, TransportError> {
        let url = format!("{}/api/v1/audit/events/batch", storage.url.trim_end_matches('/'));
        let events = url.parse().map_err(|_| TransportError::Url(storage.url.clone()))?;
        Ok(Self { events, client: HttpsClient::new(storage.ca_file.as_deref())? })
    }
}

impl Transport for HttpTransport {
    fn send(&self, batch: Bytes) -> BoxFuture<'_, Answer> {
        let mut request = Request::post(self.events.clone()).header(header::CONTENT_TYPE, "application/json");
        if let Ok(token) = std::fs::read_to_string(TOKEN) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.trim()));
        }
        let client = self.client.current();
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
