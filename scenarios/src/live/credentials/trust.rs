//! The certificates that senders trust at present, and the token that they show: both may change during a run, and
//! connections that are open keep what they had.
use http::HeaderValue;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The senders' credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The text is not PEM, or not of certificates.
    #[error("the certificates that gateways are to have are not usable: {0}; give PEM with at least one certificate")]
    Certificates(String),
    /// The token has characters that a header cannot have.
    #[error("the token is not a header's value: give one line, as `kubectl create token` prints it")]
    Token,
}

/// Credentials of senders. Clones share them.
#[derive(Clone)]
pub struct Trust {
    current: Arc<Mutex<Current>>,
}

struct Current {
    connector: HttpsConnector<HttpConnector>,
    authorization: Option<HeaderValue>,
}

impl Trust {
    /// A token, if there is one, and certificates (PEM) that the gateways' are signed with, for https.
    ///
    /// # Errors
    /// If they cannot be used.
    pub fn new(token: Option<&str>, certificates: &str) -> Result<Self, TrustError> {
        let current = Current { connector: connector(certificates)?, authorization: token.map(bearer).transpose()? };
        Ok(Self { current: Arc::new(Mutex::new(current)) })
    }

    /// The same certificates as these are now, with another token.
    ///
    /// # Errors
    /// If it is not a header's value.
    pub fn with_token(&self, token: &str) -> Result<Self, TrustError> {
        let current = Current { connector: self.connector(), authorization: Some(bearer(token)?) };
        Ok(Self { current: Arc::new(Mutex::new(current)) })
    }

    /// Trusts these certificates (PEM) from now on, and no others.
    ///
    /// # Errors
    /// If they cannot be used; nothing changes then.
    pub fn accept(&self, certificates: &str) -> Result<(), TrustError> {
        let connector = connector(certificates)?;
        self.lock().connector = connector;
        Ok(())
    }

    /// Shows this token from now on.
    ///
    /// # Errors
    /// If it is not a header's value; nothing changes then.
    pub fn show(&self, token: &str) -> Result<(), TrustError> {
        let authorization = bearer(token)?;
        self.lock().authorization = Some(authorization);
        Ok(())
    }

    /// Opens connections that trust what is trusted now.
    pub fn connector(&self) -> HttpsConnector<HttpConnector> {
        self.lock().connector.clone()
    }

    /// Value of the header `authorization`.
    pub fn authorization(&self) -> Option<HeaderValue> {
        self.lock().authorization.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bearer(token: &str) -> Result<HeaderValue, TrustError> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim())).map_err(|_| TrustError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

fn connector(certificates: &str) -> Result<HttpsConnector<HttpConnector>, TrustError> {
    let unusable = |error: &dyn std::fmt::Display| TrustError::Certificates(error.to_string());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(certificates.as_bytes()) {
        roots.add(certificate.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build())
}
