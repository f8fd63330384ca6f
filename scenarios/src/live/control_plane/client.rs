//! A plain HTTPS client with a bearer token. It sends requests as given: it does not retry, parse or refuse anything.
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{io, path::PathBuf, sync::Arc, time::Duration};

const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// There is no client, or no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The certificate is missing: the server has not been ready.
    #[error("cannot read {path}: {source}; the first server writes it when it starts")]
    Authority {
        /// Expected path of the certificate.
        path: PathBuf,
        /// Underlying I/O error.
        source: io::Error,
    },
    /// The certificate is not a valid one.
    #[error("the server's certificate is not usable: {0}")]
    Certificate(String),
    /// HTTP does not allow the method, path or header.
    #[error("not a request: {0}")]
    Request(#[from] http::Error),
    /// The connection failed before the answer.
    #[error("no answer: {0}")]
    Connection(#[from] legacy::Error),
    /// The connection failed within the answer.
    #[error("half an answer: {0}")]
    Body(#[from] hyper::Error),
}

/// A client of one server. Clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// For `https://HOST:PORT`, whose certificate is signed by one of the PEM `authority`; an empty token is not sent.
    ///
    /// # Errors
    /// If the certificates or the token are not usable.
    pub fn new(url: &str, authority: &str, token: &str) -> Result<Self, ClientError> {
        let unusable = |e: &dyn std::fmt::Display| ClientError::Certificate(e.to_string());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            roots.add(certificate.map_err(|e| unusable(&e))?).map_err(|e| unusable(&e))?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable(&e))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_only();
        let connector = builder.enable_http1().wrap_connector(tcp);
        let http = legacy::Client::builder(TokioExecutor::new()).build(connector);
        let client = Self { http, url: url.to_owned(), authorization: None };
        client.with_token(token)
    }

    /// The same connections with another token, or none if it is empty.
    ///
    /// # Errors
    /// If the token is not a valid header value.
    pub fn with_token(&self, token: &str) -> Result<Self, ClientError> {
        let value = |token| HeaderValue::try_from(format!("Bearer {token}")).map_err(http::Error::from);
        let authorization = if token.is_empty() { None } else { Some(value(token)?) };
        Ok(Self { authorization, ..self.clone() })
    }

    /// Sends a request whose target is a path with a query, and returns the answer with its body unread. A header
    /// `authorization` of the request replaces the token.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Incoming>, ClientError> {
        let (mut parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        parts.uri = format!("{}{target}", self.url).parse().map_err(http::Error::from)?;
        if let Some(value) = &self.authorization {
            parts.headers.entry(header::AUTHORIZATION).or_insert_with(|| value.clone());
        }
        Ok(self.http.request(Request::from_parts(parts, Full::new(body))).await?)
    }

    /// As [`Self::send`], with the whole body.
    ///
    /// # Errors
    /// If there is no answer, or only a part of one.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ClientError> {
        let (parts, body) = self.send(request).await?.into_parts();
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }
}

/// Whether a GET is answered with 200, in a runtime of its own.
pub(super) fn probe(client: &Client, path: &str) -> bool {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return false };
    let Ok(request) = Request::get(path).body(Bytes::new()) else { return false };
    let answer = runtime.block_on(async { tokio::time::timeout(PROBE_TIMEOUT, client.call(request)).await });
    answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status() == http::StatusCode::OK))
}
