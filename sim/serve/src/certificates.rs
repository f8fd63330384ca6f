//! TLS certificates of a server: a new authority and a server certificate for every server, stored nowhere.
//!
//! kubectl sends no token over plain HTTP (client-go's clientcmd leaves credentials out of insecure configurations), so
//! a server with users needs TLS.
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{fmt, net::IpAddr, sync::Arc};
use tokio_rustls::TlsAcceptor;

/// ALPN protocol name of HTTP/2, which client-go requests.
pub(super) const HTTP_2: &[u8] = b"h2";

/// A server's certificate, and the authority that clients must trust.
pub struct Certificates {
    authority: String,
    config: Arc<ServerConfig>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

/// Reason why a server has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The certificate cannot be created.
    #[error(transparent)]
    Create(#[from] rcgen::Error),
    /// The certificate cannot be used.
    #[error(transparent)]
    Use(#[from] rustls::Error),
}

impl Certificates {
    /// New certificates for a server at this address and at localhost.
    ///
    /// # Errors
    /// If the machine has no source of randomness.
    pub fn new(address: IpAddr) -> Result<Self, CertificateError> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, "lockstep-ca");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "127.0.0.1", "::1"];
        let names = names.map(str::to_owned).into_iter().chain([address.to_string()]);
        let mut params = CertificateParams::new(names.collect::<Vec<_>>())?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &authority)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone(), authority.der().clone()], key)?;
        config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
        Ok(Self { authority: authority.pem(), config: Arc::new(config) })
    }

    /// The authority's certificate in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Accepts TLS connections with the certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}
