//! The certificate of the API's port: `tls.crt` and `tls.key` of a directory, replaced when they change.
//!
//! Connections that are open keep the old one. A new pair that cannot be used is not taken, and the old one is served
//! until a usable pair appears.
use crate::{
    config::{Tls, TlsVersion},
    watch_file::WatchedFile,
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio_rustls::rustls::{
    self, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path} cannot be read: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Underlying error.
        source: io::Error,
    },
    /// A file is not PEM, or has no certificate or key.
    #[error("{path} is not a PEM file of the right kind: {reason}", path = path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The key is of another certificate, or of a kind that is not supported.
    #[error("the key does not fit the certificate: {0}")]
    Mismatched(#[from] rustls::Error),
}

/// The certificate that is served.
pub struct Certificate {
    files: [WatchedFile; 2],
    directory: PathBuf,
    served: Arc<Served>,
}

#[derive(Debug)]
struct Served(Mutex<Arc<CertifiedKey>>);

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Certificate {
    /// Loads the pair, and configures a server that serves it.
    ///
    /// # Errors
    /// [`TlsError`] if it cannot be used.
    pub fn load(tls: &Tls) -> Result<(Self, Arc<ServerConfig>), TlsError> {
        let pair = Pair::read(&tls.cert_dir)?;
        let served = Arc::new(Served(Mutex::new(Arc::new(pair.key()?))));
        let versions: &[_] = match tls.oldest {
            TlsVersion::V1_2 => &[&rustls::version::TLS12, &rustls::version::TLS13],
            TlsVersion::V1_3 => &[&rustls::version::TLS13],
        };
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_protocol_versions(versions)?.with_no_client_auth();
        let mut config = builder.with_cert_resolver(served.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let [certificate, key] = paths(&tls.cert_dir);
        let files = [WatchedFile::new(certificate, pair.certificate), WatchedFile::new(key, pair.key)];
        Ok((Self { files, directory: tls.cert_dir.clone(), served }, Arc::new(config)))
    }

    /// Serves the pair of the directory from now on, if it has changed; gives whether it has.
    ///
    /// # Errors
    /// [`TlsError`] if the changed pair cannot be used; the old one stays.
    pub fn refresh(&mut self) -> Result<bool, TlsError> {
        let changed = self.files.each_mut().map(|file| file.changed().is_some());
        if changed == [false, false] {
            return Ok(false);
        }
        let key = Pair::read(&self.directory)?.key()?;
        *self.served.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
        Ok(true)
    }
}

fn paths(directory: &Path) -> [PathBuf; 2] {
    [directory.join("tls.crt"), directory.join("tls.key")]
}

/// The two files.
struct Pair {
    directory: PathBuf,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Pair {
    fn read(directory: &Path) -> Result<Self, TlsError> {
        let read = |path: PathBuf| std::fs::read(&path).map_err(|source| TlsError::Unreadable { path, source });
        let [certificate, key] = paths(directory);
        Ok(Self { directory: directory.to_owned(), certificate: read(certificate)?, key: read(key)? })
    }

    fn key(&self) -> Result<CertifiedKey, TlsError> {
        let [certificate, key] = paths(&self.directory);
        let not_pem = |path: PathBuf, reason: String| TlsError::NotPem { path, reason };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.map_err(|error| not_pem(certificate.clone(), error.to_string()))?;
        if chain.is_empty() {
            return Err(not_pem(certificate, "it has no certificate".to_owned()));
        }
        let private = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| not_pem(key, error.to_string()))?;
        let certified = CertifiedKey::new(chain, ring::sign::any_supported_type(&private)?);
        certified.keys_match()?;
        Ok(certified)
    }
}
