//! Verification of a server's certificate by the client.
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        VerifierBuilderError, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{
        CertificateDer, ServerName, UnixTime,
        pem::{self, PemObject},
    },
    server::ParsedCertificate,
};
use std::sync::Arc;

/// The server certificates that a client accepts.
#[derive(Debug, Clone, Copy)]
pub enum Trust<'a> {
    /// Certificates signed by an authority, given as PEM, or given themselves.
    Authority(&'a str),
    /// Any certificate: the server's identity is not verified.
    Anyone,
}

/// Reason why an authority cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum TrustError {
    /// A certificate is not valid.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// The certificates cannot be authorities.
    #[error(transparent)]
    Verifier(#[from] VerifierBuilderError),
    /// The text is not valid PEM.
    #[error("{0}")]
    Pem(#[from] pem::Error),
    /// The text contains no certificate.
    #[error("it contains no certificate")]
    Empty,
}

/// The TLS configuration of a client.
///
/// # Errors
/// If the authority cannot be used.
pub(super) fn client_config(trust: Trust<'_>) -> Result<Arc<ClientConfig>, TrustError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let bundle = match trust {
        Trust::Authority(pem) => Some(Bundle::parse(pem, Arc::clone(&provider))?),
        Trust::Anyone => None,
    };
    let verifier = Arc::new(Verifier { provider, bundle });
    Ok(Arc::new(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
}

/// Certificates that are trusted.
#[derive(Debug)]
struct Bundle {
    certificates: Vec<CertificateDer<'static>>,
    /// Verifies what is signed by one of them.
    signed: Arc<WebPkiServerVerifier>,
}

impl Bundle {
    fn parse(pem: &str, provider: Arc<CryptoProvider>) -> Result<Self, TrustError> {
        let certificates = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>()?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone())?;
        }
        if roots.is_empty() {
            return Err(TrustError::Empty);
        }
        let signed = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
        Ok(Self { certificates, signed })
    }
}

/// Accepts what Go's crypto/x509 accepts with the certificates of a bundle as its roots: certificates signed by one of
/// them, and each of them itself, signed by any authority. The latter are not checked for their dates. Without a bundle
/// it accepts any certificate. The handshake's signature is verified with the certificate either way.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    bundle: Option<Bundle>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(bundle) = &self.bundle else { return Ok(ServerCertVerified::assertion()) };
        if !bundle.certificates.contains(certificate) {
            return bundle.signed.verify_server_cert(certificate, between, name, ocsp, now);
        }
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
    use rustls::{ServerConfig, pki_types::PrivateKeyDer};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    /// The certificate of a server at localhost, as PEM, and its acceptor. An authority that nobody trusts signed it.
    fn server() -> (String, TlsAcceptor) {
        let issuer = CertifiedIssuer::self_signed(CertificateParams::default(), KeyPair::generate().expect("a key"));
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &issuer.expect("an authority")).expect("a certificate");
        let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
        let config = builder.with_single_cert(vec![certificate.der().clone()], private).expect("a configuration");
        (certificate.pem(), TlsAcceptor::from(Arc::new(config)))
    }

    async fn accepts(bundle: &str, name: &'static str, acceptor: &TlsAcceptor) -> bool {
        let (near, far) = tokio::io::duplex(1 << 16);
        let config = client_config(Trust::Authority(bundle)).expect("a configuration");
        let name = ServerName::try_from(name).expect("a name");
        let connector = TlsConnector::from(config);
        let (connected, _) = tokio::join!(connector.connect(name, near), acceptor.accept(far));
        connected.is_ok()
    }

    #[tokio::test]
    async fn a_certificate_of_the_bundle_is_trusted_by_its_name() {
        let ((own, acceptor), (other, _)) = (server(), server());
        assert!(accepts(&own, "localhost", &acceptor).await);
        assert!(accepts(&format!("{other}{own}"), "localhost", &acceptor).await);
        assert!(!accepts(&own, "elsewhere", &acceptor).await, "it is of another name");
        assert!(!accepts(&other, "localhost", &acceptor).await, "it is not in the bundle");
    }
}
