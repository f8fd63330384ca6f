//! The collector over HTTP. The exporter runs in a thread of its own, without a runtime: each request is a task of the
//! gateway's.
use crate::https_client::{AuthoritiesError, HttpsClient};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use opentelemetry_http::{HttpClient, HttpError};
use std::{fmt, sync::Arc, time::Duration};
use tokio::runtime::Handle;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A client of the collector.
pub(super) struct Client {
    client: Arc<HttpsClient>,
    runtime: Handle,
}

impl Client {
    /// Sends on the runtime that this is called in.
    pub(super) fn new(ca_file: Option<&str>) -> Result<Self, AuthoritiesError> {
        Ok(Self { client: Arc::new(HttpsClient::new(ca_file)?), runtime: Handle::current() })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Client")
    }
}

impl HttpClient for Client {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> BoxFuture<'b, Result<Response<Bytes>, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        let client = self.client.clone();
        let exchanged = async move {
            let response = client.current().request(request.map(Full::from)).await?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
            Ok(Response::from_parts(parts, body))
        };
        let task = self.runtime.spawn(async move { tokio::time::timeout(TIMEOUT, exchanged).await });
        Box::pin(async move { task.await?? })
    }
}
